"""What is no filter gets a sentence and the place where it went wrong, and costs next to nothing."""

import json

import cql2
import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query.cql2 import FilterError, parse_filter
from geoplatform.query.cql2 import text as reader
from geoplatform.query.errors import QueryError
from geoplatform.services.features.schemas import CONFORMANCE

TREES = registry.get("trees")


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def refused(text, lang="cql2-text"):
    with pytest.raises(FilterError) as caught:
        parse_filter(text, lang=lang, layer=TREES)
    assert caught.value.parameter == "filter"
    return caught.value


TEXTS = [
    # text, position of the mistake counted from 1, a part of the message
    ("height_m ==  1", 11, "expected"),
    ("height_m = 1 AND", 17, "expected"),
    ("height_m = 1 edible", 14, "operator"),
    ("THIS IS NOT A FILTER", 6, "operator"),
    ("note = 'never closed", 8, "quotation"),
    ("(edible", 1, "not closed"),
    ("edible)", 7, "never opened"),
    ("edible AND (height_m > 1 AND crown_m >)", 39, "expected"),
    ("edible\nAND\n  (height_m >)", 25, "expected"),
    ("edible AND nothing = 1", 12, "no property nothing"),
    ("edible AND own_edible", 12, "no property own_edible"),
    ("source_key = 'k1'", 1, "no property source_key"),
    ("fid > 1", 1, "no property fid"),
    ("edible = edible AND height_m = 'high'", 32, "cannot be compared"),
    ("height_m > DATE('2026-05-01')", 12, "cannot be compared"),
    ("last_confirmed > '2026-05-01'", 18, "DATE('2026-05-01')"),
    ("changed > DATE('2026-05-01')", 11, "TIMESTAMP("),
    ("last_confirmed = DATE('2026-02-30')", 18, "written as"),
    ("changed = TIMESTAMP('2026-05-01')", 11, "written as"),
    ("note + 1 = 2", 1, "Only numbers"),
    ("height_m", 1, "expected"),
    ("edible AND 'yes'", 12, "expected"),
    ("height_m LIKE '1%'", 1, "LIKE compares texts"),
    ("note LIKE 'a\\'", 11, "escapes nothing"),
    ("note LIKE species", 11, "pattern"),
    ("casei(height_m) = 'a'", 1, "take a text"),
    ("note = NULL", 8, "IS NULL"),
    ("height_m = 1e400", 12, "finite"),
    ("height_m * 1e200 > 1", 12, "between 1e-12"),
    ("id = 'x'", 6, "UUID"),
    ("location = 'x'", 12, "cannot be compared"),
    ("location = location", 1, "S_INTERSECTS"),
    ("pg_sleep(10)", 1, "no function PG_SLEEP"),
    ("edible AND S_INTERSECTS(note, POINT(1 2))", 25, "expected"),
    ("S_INTERSECTS(location, BBOX(1000000,1000000,2000000,2000000))", 24, "Longitude"),
    ("S_INTERSECTS(location, BBOX(11,54,12,53))", 24, "lower left"),
    ("S_INTERSECTS(location, POLYGON((0 0,1 1,1 0,0 1,0 0)))", 24, "not valid"),
    ("S_INTERSECTS(location, POLYGON((0 0,1 1)))", 24, "ring"),
    ("S_INTERSECTS(location, POINT EMPTY)", 30, "empty"),
    ("S_WITHIN(location, GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4)))", 20, "collection"),
    ("S_DWITHIN(location, POINT(11 53), -1)", 36, "metres"),
    ("S_DWITHIN(location, POINT(11 53), 1e9)", 35, "metres"),
    ("S_DWITHIN(location, POINT(11 53))", 1, "arguments"),
    ("T_DURING(changed, INTERVAL('..','..'))", 1, "T_INTERSECTS"),
    ("T_AFTER(last_confirmed, INTERVAL('2026-05-01','2025-05-01'))", 25, "after its end"),
    ("T_AFTER(last_confirmed, INTERVAL('2026-05-01','2025-05-01T00:00:00Z'))", 25, "Both ends"),
    ("T_AFTER(note, DATE('2026-05-01'))", 9, "time"),
    ("a_contains(note, ('a','b'))", 12, "a list of half months is expected"),
    ("edible AND " + "1+" * 30 + "1 > 1", None, "20 levels"),
    ("planted_year IN (" + ",".join(["1"] * 250) + ")", None, "200 parts"),
    ("(" * 25 + "edible" + ")" * 25, 25, "nested too deeply"),
    ("edible AND " + "edible OR " * 500, None, "4096"),
    ("   ", None, "empty"),
    ("note = '\x00'", 9, "character"),
    ("note = '\ud800'", 9, "character"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "part"), TEXTS, ids=[text[:60] for text, _p, _m in TEXTS]
)
def test_text(text, place, part):
    error = refused(text)
    assert part in str(error)
    if place is not None:
        assert error.position == place
        assert f"position {place} " in str(error)


TREES_OF_JSON = [
    ("{", 2, "not JSON"),
    ("NaN", None, "no number"),
    ("[" * 4000, None, "nested too deeply"),
    ("[]", "", "list"),
    ('{"op":"and","args":[true]}', "", "two conditions"),
    ('{"op":"and","args":[true,{"property":"x"}]}', "/args/1", "no property x"),
    ('{"op":"=","args":[{"property":["id"]},1]}', "/args/0", "no property"),
    ('{"op":"=","args":[{"property":"height_m","x":1},1]}', "/args/0", "no expression"),
    ('{"op":"=","args":[{"property":"height_m"}]}', "", "2 arguments"),
    ('{"op":"=","args":[{"property":"height_m"},1e999]}', "/args/1", "finite"),
    ('{"op":"=","args":[{"property":"height_m"},' + "9" * 3000 + "]}", "/args/1", "finite"),
    ('{"op":"=","args":[{"property":"note"},"\\u0000"]}', "/args/1", "NUL"),
    ('{"op":"in","args":[{"property":"note"},[]]}', "/args/1", "one value"),
    ('{"op":"in","args":[{"property":"note"},["a",["b"]]]}', "/args/1/1", "list"),
    ('{"op":"=","args":[{"property":"note"},null]}', "/args/1", "IS NULL"),
    ('{"function":{"name":"pg_sleep","args":[1]}}', "", "no expression"),
    ('{"op":"not","args":' * 30 + "[true]" + "}" * 30, "", "20 levels"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "part"), TREES_OF_JSON, ids=[t[:60] for t, _p, _m in TREES_OF_JSON]
)
def test_json(text, place, part):
    if "not" in text[:10]:
        text = '{"op":"not","args":[' * 30 + "true" + "]}" * 30
        place = None
    error = refused(text, "cql2-json")
    assert part in str(error)
    if place is not None:
        assert error.position == place


def test_language():
    with pytest.raises(QueryError) as caught:
        parse_filter("edible", lang="sql", layer=TREES)
    assert caught.value.parameter == "filter-lang"


BROKEN = ["a =", "a = 1, 2 =", "1, (2 =", "f(a =", "a IN (1, ", "NOT ", ""]


@pytest.mark.parametrize("inner", BROKEN)
@pytest.mark.parametrize("opening", ["(", "f((", "a IN (", "NOT (", "(1 + (", "((1,2),"])
def test_brackets_cost_nothing(monkeypatch, opening, inner):
    """No group within a group is ever tried by the parser before it is known to be right: else the time doubles."""
    asked = []
    parse = cql2.parse_text
    monkeypatch.setattr(
        reader.cql2, "parse_text", lambda text: (asked.append(text), parse(text))[1]
    )
    times = 20 // opening.count("(")
    refused(opening * times + inner + ")" * (times * opening.count("(")))
    # All but a last one, which is tried when every group is right, hold one level of groups.
    assert all(text.count("(") <= 2 for text in asked)
    assert sum(map(len, asked)) < 4096 * 30


def outcome(text, lang):
    """A filter, or a sentence."""
    try:
        return parse_filter(text, lang=lang, layer=TREES)
    except FilterError as error:
        return str(error)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["(", ")", ",", "'", '"', " ", "NOT ", " AND ", " OR ", "=", "<", "-", "+", "^", "height_m", "note",
             "edible",
             "1", "2.5", "'a'", "%", " IN ", " LIKE ", " BETWEEN ", " IS NULL", "CASEI(", "S_INTERSECTS(", "location",
             "POINT(", "POLYGON((", "11 53", "BBOX(", "DATE('2026-05-01')", "INTERVAL(", "'..'", "T_AFTER(", "\n", "ß"]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
def test_any_text_is_a_filter_or_a_message(text):
    assert outcome(text, "cql2-text")


leaves = st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5))
names = st.sampled_from(
    [
        "op",
        "args",
        "property",
        "date",
        "timestamp",
        "interval",
        "bbox",
        "type",
        "coordinates",
        "geometries",
    ]
)
words = st.sampled_from(
    ["and", "or", "not", "=", "like", "in", "between", "isNull", "casei", "s_intersects", "t_after", "^", "note",
     "location", "Point", "Polygon", "GeometryCollection", "2026-05-01", ".."]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.one_of(leaves, words),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(names, inner, max_size=3),
            st.fixed_dictionaries({"op": words, "args": st.lists(inner, max_size=3)}),
        ),
        max_leaves=15,
    )
)
def test_any_json_is_a_filter_or_a_message(tree):
    assert outcome(json.dumps(tree), "cql2-json")


def test_vertices_are_counted():
    ring = [[11 + n / 1e4, 53] for n in range(1001)]
    tree = {
        "op": "s_intersects",
        "args": [{"property": "location"}, {"type": "MultiPoint", "coordinates": ring}],
    }
    text = json.dumps(tree, separators=(",", ":"))
    from geoplatform.query.cql2 import geometry
    from geoplatform.query.crs import CRS84

    assert len(text) > 4096, "the length of the filter refuses it first"
    with pytest.raises(geometry.GeometryError, match="1000 positions"):
        geometry.parse_geometry(tree["args"][1], CRS84)


def test_conformance_is_said_once():
    assert len(CONFORMANCE) == len(set(CONFORMANCE))
