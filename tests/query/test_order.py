"""Order and the pages of an ordered answer, against sorting in Python."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query.as_of import stable
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery, parse_sortby
from geoplatform.query.order import parse_cursor, write_cursor
from geoplatform.query.select import ordered, rows
from tests import make

# Repeated and missing values, so that ties and nulls meet at every edge of a page.
PLANTS = [
    {"height_m": height, "planted_year": year, "cultivar": cultivar, "last_confirmed": day}
    for height in (None, 2.5, 10.0)
    for year in (None, 1950)
    for cultivar, day in (
        ("Ärger", None),
        ("b", dt.date(2020, 2, 29)),
        ("apfel", None),
        ("", dt.date(1999, 1, 1)),
    )
]
KEYS = ("height_m", "planted_year", "cultivar", "last_confirmed", "version", "species_de")


@pytest.fixture
def trees(db):
    make.town()
    apple, pear = make.species(), make.species("Pyrus communis", german_name="Birne")
    for n, values in enumerate(PLANTS):
        make.plant(11.01 + n / 1000, 53.05, species=apple if n % 3 else pear, **values)
    return registry.get("trees")


def pages(query, size):
    """All features page by page, as a client would fetch them, the cursor through its text each time."""
    found, beyond = [], None
    while True:
        page = list(ordered(replace(query, limit=size, beyond=beyond)))
        found += [fid for fid, *_rest in page]
        if len(page) < size:
            return found
        text = write_cursor(query.at, json.loads(page[-1][2]), page[-1][0])
        _at, beyond = parse_cursor(query.layer, query.sortby, text)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(KEYS), st.booleans()),
        min_size=1,
        max_size=3,
        unique_by=lambda s: s[0],
    ),
    size=st.integers(1, 9),
)
def test_pages_together_are_the_whole_in_order(trees, steps, size):
    text = ",".join(("-" if down else "+") + name for name, down in steps)
    query = FeatureQuery(
        layer=trees, sortby=parse_sortby(trees, text), limit=None, at=dt.datetime.now(dt.UTC)
    )
    whole = [fid for fid, *_rest in ordered(query)]
    assert len(whole) == len(set(whole)) == len(PLANTS)
    assert pages(query, size) == whole
    # And the whole is in order: by Python's own sort, one step after the other from the last to the first.
    expected = sorted(rows(FeatureQuery(layer=trees, limit=None)), key=lambda each: each["id"])
    numbers = {str(each.id): each.fid for each in trees.rows()}
    expected.sort(key=lambda each: numbers[each["id"]])
    for name, down in reversed(steps):
        known = [each for each in expected if each["properties"][name] is not None]
        unknown = [each for each in expected if each["properties"][name] is None]
        # Python's sort is stable, downwards too: among equals the lower number comes first.
        known.sort(key=lambda each: WORDS.get(v := each["properties"][name], v), reverse=down)
        expected = known + unknown
    assert whole == [numbers[each["id"]] for each in expected]


# As a German dictionary has them.
WORDS = {"": 0, "apfel": 1, "Ärger": 2, "b": 3, "Apfel": 1, "Birne": 2}


@pytest.mark.parametrize(
    "text", ["", "x", "note;", "-", "location", "source_key", "height_m,height_m", "height_m,,note"]
)
def test_only_public_properties_once_each(trees, text):
    with pytest.raises(QueryError):
        parse_sortby(trees, text)


def test_a_plus_may_arrive_as_a_space(trees):
    assert parse_sortby(trees, " height_m") == parse_sortby(trees, "+height_m")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(max_size=60))
def test_any_other_cursor_is_refused(trees, text):
    with pytest.raises(QueryError):
        parse_cursor(trees, parse_sortby(trees, "height_m,note"), text)


@pytest.mark.parametrize(
    "values",
    [
        ["x", "y"],
        [1.5, 7],
        [True, "a"],
        [1.5],
        [1.5, "a", 1],
        [None, "\x00"],
        [None, "\ud800"],
        [[], {}],
    ],
)
def test_a_cursor_with_wrong_values_is_refused(trees, values):
    text = write_cursor(stable(dt.datetime.now(dt.UTC)), values, 7)
    with pytest.raises(QueryError):
        parse_cursor(trees, parse_sortby(trees, "height_m,note"), text)
