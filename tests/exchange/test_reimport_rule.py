"""The three-way rule of a re-import, part by part and round by round, against an oracle in plain Python."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.contributions.merge import merge
from geoplatform.contributions.models import Proposal
from geoplatform.exchange.load import Request, load
from geoplatform.exchange.mapping import (
    FieldRule,
    FileInfo,
    Mapping,
    MunicipalityInfo,
    Place,
    SourceInfo,
)
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db
NAMES = ("Malus domestica", "Pyrus communis")
# Few values, so that people and source often say the same.
CHOICES: dict[str, list[Any]] = {
    "species": list(NAMES),
    "cultivar": ["", "Elstar"],
    "height_m": [None, 4.0, 5.0],
    "access": ["public", "closed"],
    "x": [11.05, 11.06, 11.07],
}
PARTS = (("species", "cultivar"), ("height_m",), ("access",), ("x",))
MAPPING = Mapping(
    source=SourceInfo("cadastre", "Cadastre", "cc-zero"),
    place=Place(None, {None: MunicipalityInfo("13004000", "Town", 25833)}),
    file=FileInfo(x="x", y="y"),
    key=("id",),
    fields={
        **{
            name: FieldRule(columns=(name,))
            for name in ("species", "cultivar", "height_m", "access")
        },
        "own_growth_form": FieldRule(constant="tree"),
    },
)
words = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()})
edits = st.one_of(
    st.just({}),
    st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in CHOICES.items()}),
)
# Of each tree: what the source says first, then rounds of what people change and what the source says next.
lives = st.tuples(words, st.lists(st.tuples(edits, words), min_size=3, max_size=3))


@dataclass
class Oracle:
    """One tree: what the source said last, what stands, and the questions that wait, each a set of fields."""

    said: dict[str, Any]
    stands: dict[str, Any]
    waiting: list[frozenset[str]] = field(default_factory=list)
    conflicts: int = 0

    def hears(self, word: dict[str, Any]) -> None:
        moved: set[str] = set()
        differs: set[str] = set()
        after = dict(self.stands)
        for part in PARTS:
            base, theirs, ours = (
                [values[n] for n in part] for values in (self.said, self.stands, word)
            )
            if ours != base:
                moved |= {*part}
            if theirs not in (base, ours):
                differs |= {*part}
            if theirs == base:
                after |= {name: word[name] for name in part}
        stale = [each for each in self.waiting if each & moved]
        asked = moved & differs | frozenset().union(*stale) & differs
        self.waiting = [each for each in self.waiting if each not in stale] + (
            [frozenset(asked)] if asked else []
        )
        self.conflicts += bool(moved & differs)
        self.said, self.stands = word, after


def file_of(folder: Path, words: list[dict[str, Any]]) -> Path:
    text = StringIO()
    table = csv.writer(text)
    table.writerow(["id", *CHOICES, "y"])
    table.writerows(
        [number, *(each[name] for name in CHOICES), 53.05] for number, each in enumerate(words)
    )
    path = folder / "trees.csv"
    path.write_text(text.getvalue())
    return path


def as_columns(values: dict[str, Any], species: dict[str, Any]) -> dict[str, Any]:
    given = dict(values)
    if "x" in given:
        given["location"] = f"SRID=4326;POINT({given.pop('x')} 53.05)"
    if "species" in given:
        given["species"] = species[given["species"]]
    return given


def standing() -> list[dict[str, Any]]:
    return [
        {"species": each.species.botanical_name, "cultivar": each.cultivar, "height_m": each.height_m,
         "access": each.access, "x": each.location.x}
        for each in sorted(Plant.objects.select_related("species"), key=lambda e: int(e.source_key))
    ]  # fmt: skip


def waiting() -> dict[str, list[frozenset[str]]]:
    keys = {each.id: each.source_key for each in Plant.objects.all()}
    found: dict[str, list[frozenset[str]]] = {key: [] for key in keys.values()}
    for each in Proposal.objects.filter(channel="import", state="conflict"):
        place = ["x"] if each.geometry is not None else []
        found[keys[each.feature]].append(frozenset([*each.fields, *place]))
    return found


def play(folder: Path, trees: list[Any]) -> None:
    """Load, edit and load again, and hold what stands, waits and is counted against the oracle after each round."""
    request = {"layer": registry.get("trees"), "mapping": MAPPING}
    known = {name: make.species(name) for name in NAMES}
    oracles = [Oracle(first, first) for first, _rounds in trees]
    load(Request(path=file_of(folder, [first for first, _rounds in trees]), **request))
    for number in range(3):
        before = [each.conflicts for each in oracles]
        for key, (oracle, (_first, rounds)) in enumerate(zip(oracles, trees, strict=True)):
            edit, word = rounds[number]
            if edit:
                Plant.objects.filter(source_key=str(key)).update(**as_columns(edit, known))
                oracle.stands = {**oracle.stands, **edit}
            oracle.hears(word)
        summary = load(Request(path=file_of(folder, [each.said for each in oracles]), **request))
        assert standing() == [each.stands for each in oracles]
        found = waiting()
        for key, oracle in enumerate(oracles):
            assert sorted(map(sorted, found[str(key)])) == sorted(map(sorted, oracle.waiting))
        assert summary.conflicts == sum(e.conflicts for e in oracles) - sum(before)
        assert summary.read == len(trees) == summary.updated + summary.unchanged


def examples(folder: Path, most: int) -> None:
    # To make a failing one smaller would load for minutes.
    @settings(max_examples=most, phases=(Phase.explicit, Phase.reuse, Phase.generate))
    @given(st.lists(lives, min_size=1, max_size=25))
    def run(trees: list[Any]) -> None:
        with transaction.atomic():
            play(folder, trees)
            transaction.set_rollback(True)

    run()


@pytest.fixture(autouse=True)
def _town():
    make.town()


def test_each_part_round_by_round(tmp_path):
    examples(tmp_path, 8)


@pytest.mark.prove
def test_each_part_round_by_round_often(tmp_path):
    """About 3,000 lives of trees, of four parts and three rounds each."""
    examples(tmp_path, 250)


@given(words, words, words)
def test_the_oracle_agrees_with_the_rule_for_people(base, theirs, ours):
    """`contributions.merge` and the oracle above are two ways to say one rule."""
    oracle = Oracle(base, theirs)
    oracle.hears(ours)
    made = merge(base=base, current=theirs, wanted=ours, coupled=PARTS[:1])
    assert {**theirs, **made.apply} == oracle.stands
    asked = {name for each in made.conflicts for name in each.fields}
    assert [asked] * bool(asked) == [{*each} for each in oracle.waiting]
