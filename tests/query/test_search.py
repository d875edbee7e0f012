"""Search by names: folded as people type, found as looking at each name in Python finds it, held to what is public."""

from __future__ import annotations

import re
import unicodedata

import pytest
from django.db import connection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.properties import property_by_name, searched_properties
from geoplatform.query.errors import QueryError
from geoplatform.query.search import CANDIDATES, LONGEST, MOST, search, searchable
from layers.gardens import Garden
from tests import make

pytestmark = pytest.mark.django_db
LETTERS = "abcdeouäöüßéèçøåÄÖÜẞ -.'1"
NAMES = st.text(LETTERS, min_size=1, max_size=12)


def folded(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT geoplatform.folded(%s)", [text])
        return cursor.fetchone()[0]


def garden(name, **values):
    return Garden.objects.create(
        name=name,
        kind="community",
        source=make.source(),
        area=make.area(11.0, 53.0, 11.01, 53.01),
        **values,
    )


def titles(text, layer="gardens"):
    return [
        hit.values["name"] for each in search(text) if each.layer.name == layer for hit in each.hits
    ]


def by_hand(text):
    """The same folding, written anew: without looking at the SQL."""
    text = unicodedata.normalize("NFKC", text).lower()
    text = text.replace("ß", "ss").replace("ø", "o").replace("æ", "ae")
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = re.sub("([aou])e", r"\1", text)
    return " ".join(re.findall(r"[^\W_]+", text))


@settings(max_examples=150, deadline=None)
@given(NAMES)
@example("Müller")
@example("Große Straße")
def test_names_are_folded(text):
    assert folded(text) == by_hand(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Müller", "Mueller"), ("Müller", "MULLER"), ("Straße", "STRASSE"), ("Goethe", "Göthe"), ("Café", "cafe"),
     ("Mu\u0308ller", "Müller"), ("Karl-Marx", "karl marx")],
)  # fmt: skip
def test_alike_names_are_one(one, other):
    assert folded(one) == folded(other)


@settings(max_examples=100, deadline=None)
@given(NAMES, st.integers(1, 12))
@example("Michael", 6)
@example("Strass", 4)
def test_what_is_typed_so_far_begins_what_will_be_typed(text, length):
    """Else a name would vanish from the suggestions while it is typed."""
    assert folded(text).startswith(folded(text[:length]))


@settings(max_examples=25, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique=True), NAMES)
@example(["Am Süßen See", "Seeweg", "Mueßer Holz"], "sußer")
@example(["Kleingarten", "Gartenstadt"], "garten")
def test_found_is_what_is_called_so(names, question):
    Garden.objects.all().delete()
    for name in names:
        garden(name)
    asked = by_hand(question)
    wanted = {
        name
        for name in names
        if len(asked) >= 2
        and (
            all(any(w.startswith(q) for w in by_hand(name).split()) for q in asked.split())
            or (len(asked) >= 3 and asked in by_hand(name))
        )
    }
    found = [each for each in search(question) if each.layer.name == "gardens" and not each.alike]
    told = {hit.values["name"] for each in found for hit in each.hits}
    # Two that are written alike in one quarter are told once.
    assert {by_hand(name) for name in told} == {by_hand(name) for name in wanted}


def test_the_best_comes_first():
    for name in ("Alter Burggarten", "Gartenfreunde Nord", "Garten", "Garten am See"):
        garden(name)
    assert titles("garten") == ["Garten", "Garten am See", "Gartenfreunde Nord", "Alter Burggarten"]


def test_a_slip_of_the_pen_finds_what_is_similar_and_says_so():
    garden("Marienplatz")
    [found] = search("Marienpltz")
    assert found.alike
    assert found.hits[0].values["name"] == "Marienplatz"
    assert [each.alike for each in search("Marienpl")] == [False]


def test_a_kind_is_found_by_each_of_its_names_and_stands_nowhere():
    make.species()
    for question in ("apfel", "apple", "malus dom"):
        [found] = search(question)
        assert found.layer.name == "species"
        assert found.hits[0].longitude is None


def test_a_hit_says_where_it_is():
    make.town()
    garden("Am Teich")
    [found] = search("teich")
    hit = found.hits[0]
    assert 11.0 <= hit.longitude <= 11.01
    assert 53.0 <= hit.latitude <= 53.01
    assert hit.values["quarter"] == "Quarter a"


def test_every_layer_is_searched_by_public_texts_of_its_own_alone():
    names = {layer.name for layer in searchable()}
    assert {"gardens", "streets", "quarters", "species"} <= names
    # A million trees are called after their kinds, which lead to them.
    assert not {"trees", "fruit-trees"} & names
    for layer in registry.layers():
        for each in searched_properties(layer):
            assert property_by_name(layer)[each.name] is each


def test_what_is_not_public_or_not_in_the_layer_is_not_found(monkeypatch):
    from django.db.models import Q

    garden("Sichtbar", operator="Geheimverein")
    garden("Sichtlos", status="gone")
    assert search("Geheimverein") == []
    assert titles("sicht") == ["Sichtbar", "Sichtlos"]
    layer = registry.get("gardens")
    from geoplatform.query import search as room
    from geoplatform.query.compose import layer_condition

    narrowed = type(layer)(
        **{f: getattr(layer, f) for f in layer.__dataclass_fields__}
        | {"where": Q(status="confirmed")}
    )
    monkeypatch.setattr(room, "searchable", lambda: (narrowed,))
    layer_condition.cache_clear()
    assert titles("sicht") == ["Sichtbar"]


@pytest.mark.parametrize(
    "question",
    ["", " ", "a", "ß'", "%", "_", "' OR 1=1 --", "\\", "&|!:*()", "x" * LONGEST, "🌳🌳"],
)
def test_odd_questions_are_answered(question):
    for each in search(question):
        assert each.hits


@pytest.mark.parametrize("question", ["x" * (LONGEST + 1), "a\x00b", "a\ud800b"])
def test_questions_that_cannot_be_asked(question):
    with pytest.raises(QueryError):
        search(question)


def test_hits_are_few_however_many_there_are():
    for number in range(MOST + 5):
        garden(f"Beet {number}")
    assert len(titles("beet")) == MOST
    assert CANDIDATES < 10_000


def test_a_name_of_hostile_length_is_stored_and_found():
    garden("ﷺ" * 200)
    garden("ä" * 200)
    assert titles("ä" * 50) == ["ä" * 200]


def test_the_index_answers():
    """Of many names: the words as one types them, parts of words, and slips of the pen."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        expression = 'coalesce("layers_street"."name", \'\')'
        for condition in (
            f"geoplatform.name_words({expression}) @@ '''schloss'':*'::tsquery"
            f" OR geoplatform.folded({expression}) LIKE '%schloss%'",
            f"'schloss' <% geoplatform.folded({expression})",
        ):
            cursor.execute(f"EXPLAIN SELECT fid FROM layers_street WHERE {condition}")
            assert "layers_street_names" in str(cursor.fetchall())
