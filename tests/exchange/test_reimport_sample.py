"""Real cadastres loaded again after a thousand edits of people: no edit lost, every disagreement in the queue."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.contributions.models import Proposal
from geoplatform.exchange.fixtures import load_with_species
from geoplatform.exchange.load import Request
from geoplatform.exchange.mapping import read_mapping
from geoplatform.exchange.report import Summary
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.species import Species
from tests import make
from tests.contributions import people
from tests.exchange.test_sample_data import MAPPINGS, load, versions

pytestmark = [pytest.mark.prove, pytest.mark.usefixtures("fresh_database")]
EDITS, UNSEEN, ADDED = 1000, 500, 100
Row = dict[str, str]


@dataclass
class City:
    """A cadastre: its file, how a row's key reads, and what the source may say next year, by the part it is about."""

    file: str
    mapping: str
    layout: dict[str, Any]
    key: Callable[[Row], str]
    says: dict[str, Callable[[Row], None]]
    new: Callable[[Row, int], None]
    rows: list[Row] = field(default_factory=list)

    def read(self, folder: Path) -> None:
        path = folder / self.file
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = text.decode(self.layout["encoding"]).splitlines()
        self.rows = list(csv.DictReader(lines, delimiter=self.layout["delimiter"]))

    def write(self, path: Path, rows: list[Row]) -> Path:
        with path.open("w", encoding=self.layout["encoding"], newline="") as file:
            table = csv.DictWriter(file, list(self.rows[0]), delimiter=self.layout["delimiter"])
            table.writeheader()
            table.writerows(rows)
        return path


LINZ = City(
    "linz/baeume-alle.csv",
    "linz-trees",
    {"encoding": "latin-1", "delimiter": ";"},
    key=lambda row: f"{row['Fläche']}/{row['BaumNr']}",
    says={
        "species": lambda row: row.update(Gattung="Ginkgo", Art="biloba", Sorte=""),
        "move": lambda row: row.update(XPos=str(int(row["XPos"]) + 7)),
        "height": lambda row: row.update(Höhe="44"),
    },
    new=lambda row, number: row.update(Fläche="999999", BaumNr=str(number)),
)
BONN = City(
    "bonn/bonn_trees.csv.gz",
    "bonn-trees",
    {"encoding": "utf-8", "delimiter": ","},
    key=lambda row: row["id"],
    says={
        "species": lambda row: row.update(latin_name="Ginkgo biloba"),
        "move": lambda row: row.update(lon=str(float(row["lon"]) + 0.0001)),
    },
    new=lambda row, number: row.update(id=f"99999{number:05}"),
)
# What people do, and the part of the source's that it is about.
DONE = ("note", "species", "move", "height", "confirm", "gone", "delete")


def act(what: str, tree: Plant, species: Species) -> None:
    layer = {"layer": people.layer("trees"), "feature": tree.id}
    reviewer = act.reviewer  # type: ignore[attr-defined]
    match what:
        case "note":
            people.send("change", reviewer, values={"note": "leans"}, **layer)
        case "species":
            people.send("change", reviewer, values={"species": species, "cultivar": "Alt"}, **layer)
        case "move":
            place = people.point(tree.location.x, tree.location.y + 0.0001)
            people.send("move", reviewer, geometry=place, **layer)
        case "height":
            people.send("change", reviewer, values={"height_m": 33.0}, **layer)
        case "confirm":
            people.send("confirm", reviewer, **layer)
        case "gone":
            people.send("report", reviewer, kind="gone", **layer)
        case "delete":
            people.send("delete", reviewer, **layer)


def stands(what: str, tree: Plant | None, before: Plant) -> bool:
    """Whether an edit is there."""
    if tree is None or what == "delete":
        return tree is None and what == "delete"
    return {
        "note": tree.note == "leans",
        "species": (str(tree.species), tree.cultivar) == ("Malus domestica", "Alt"),
        "move": tree.location.y == before.location.y + 0.0001,
        "height": tree.height_m == 33.0,
        "confirm": tree.status == "confirmed" and tree.last_confirmed == timezone.localdate(),
        "gone": tree.status == "gone",
    }[what]


@pytest.mark.parametrize("city", [LINZ, BONN], ids=["linz", "bonn"])
def test_no_edit_is_lost_and_every_disagreement_is_asked(sample_data, tmp_path, city):
    act.reviewer = people.reviewer()  # type: ignore[attr-defined]
    if city is BONN:
        assert (
            load("quarters", sample_data / "bonn" / "bonn_ortsteile.geojson", "bonn-quarters") == 0
        )
    city.read(sample_data)
    mapping = replace(read_mapping(MAPPINGS / f"{city.mapping}.toml"), complete=True)

    def load_rows(name: str, rows: list[Row]) -> Summary:
        path = city.write(tmp_path / name, [*rows])
        return load_with_species(Request(layer=registry.get("trees"), path=path, mapping=mapping))

    first = load_rows("this-year.csv", city.rows)
    assert first.read == first.inserted + first.reported
    assert not first.not_judged

    # Where the sample has no quarters, people still need to know where the city is.
    Municipality.objects.filter(outline=None).update(
        outline=make.area(14.1, 48.1, 14.6, 48.5), outline_from_quarters=False
    )

    # What people do.
    dice = random.Random(5)
    often = Counter(map(city.key, city.rows))
    loaded = {each.source_key: each for each in Plant.objects.select_related("species")}
    once = [row for row in city.rows if often[city.key(row)] == 1 and city.key(row) in loaded]
    chosen = dice.sample(once, EDITS + UNSEEN)
    combined = list(product(DONE, (None, *city.says, "drop")))
    seen = {city.key(row): combined[n % len(combined)] for n, row in enumerate(chosen[:EDITS])}
    apple = Species.objects.get(botanical_name="Malus domestica")
    for key, (done, _said) in seen.items():
        act(done, loaded[key], apple)

    # What the source says next year: also about trees that nobody touched, and trees that are new.
    words = (*city.says, "drop")
    unseen = {city.key(row): words[n % len(words)] for n, row in enumerate(chosen[EDITS:])}
    said = {**unseen, **{key: word for key, (_done, word) in seen.items()}}
    after = []
    for row in city.rows:
        row, word = dict(row), said.get(city.key(row))
        if word in city.says:
            city.says[word](row)
        if word != "drop":
            after.append(row)
    for number in range(ADDED):
        row = dict(once[number])
        city.new(row, number)
        after.append(row)
    summary = load_rows("next-year.csv", after)

    # No edit is lost; where the source says something new of another part, that stands beside it.
    now = {each.source_key: each for each in Plant.objects.select_related("species")}
    lost = [
        key for key, (done, _said) in seen.items() if not stands(done, now.get(key), loaded[key])
    ]
    assert not lost
    for key, (done, word) in seen.items():
        tree = now.get(key)
        if tree is None or done == word:
            continue
        if word == "species":
            assert str(tree.species) == "Ginkgo biloba"
        elif word == "move":
            assert tree.location.x != loaded[key].location.x
        elif word == "height":
            assert tree.height_m == 44
        elif word == "drop":
            assert (tree.status == "gone") == (done != "confirm")

    # Every disagreement is in the queue, and nothing else.
    ids = {loaded[key].id: key for key in seen}
    asked = {ids[each.feature]: each for each in Proposal.objects.filter(channel="import")}
    disagree = {key for key, (done, word) in seen.items() if done == word}
    confirmed = {key for key, pair in seen.items() if pair == ("confirm", "drop")}
    assert set(asked) == disagree | confirmed
    for key in disagree:
        names = {"species": {"species", "cultivar"}, "height": {"height_m"}, "move": set()}[
            seen[key][0]
        ]
        assert (asked[key].state, set(asked[key].fields)) == ("conflict", names)
        assert (asked[key].geometry is not None) == (seen[key][0] == "move")
    assert {asked[key].kind for key in confirmed} == {"gone"}

    # The counts add up, and each is what it must be.
    count = Counter
    assert summary.read == len(after) == (
        summary.inserted + summary.updated + summary.unchanged + summary.removed + summary.reported
    )  # fmt: skip
    assert summary.inserted == ADDED
    assert summary.removed == sum(d == "delete" and w != "drop" for d, w in seen.values())
    changed = sum(w in city.says and d not in ("delete", w) for d, w in seen.values())
    assert summary.updated == changed + sum(word in city.says for word in unseen.values())
    assert (summary.conflicts, summary.proposals) == (len(disagree), len(disagree))
    assert summary.asked == len(confirmed)
    marked = sum(w == "drop" and d not in ("delete", "gone", "confirm") for d, w in seen.values())
    assert summary.gone == marked + count(unseen.values())["drop"]

    # Once more: nothing new is written, nothing is asked again.
    written, waiting = versions(), Proposal.objects.count()
    again = load_rows("next-year.csv", after)
    assert (versions(), Proposal.objects.count()) == (written, waiting)
    assert (again.inserted, again.updated, again.conflicts, again.gone, again.asked) == (
        0,
        0,
        0,
        0,
        0,
    )
    assert again.unchanged == summary.inserted + summary.updated + summary.unchanged
