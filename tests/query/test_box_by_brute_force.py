"""A box finds exactly the points that lie in it, on its edge included, whichever numbers are thrown at it."""

import random

import pytest
from django.contrib.gis.geos import Point
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query.feature_query import (
    FeatureQuery,
    QueryError,
    parse_bbox,
    parse_equals,
    parse_integer,
)
from geoplatform.query.select import count, features
from layers.plants import Plant
from tests import make

LAYER = registry.get("trees")
longitudes = st.floats(-180, 180, allow_nan=False)
latitudes = st.floats(-85, 85, allow_nan=False)


@pytest.fixture
def points(db):
    """Points all over the world; some share a coordinate to the last bit."""
    chance = random.Random(7)
    species = make.species()
    found = [
        (
            round(chance.uniform(-180, 180), chance.choice([0, 2, 12])),
            round(chance.uniform(-85, 85), chance.choice([0, 2, 12])),
        )
        for _ in range(150)
    ]
    for longitude, latitude in found:
        Plant.objects.create(
            location=Point(longitude, latitude, srid=4326), source=make.source(), species=species
        )
    return found


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_box_finds_what_lies_in_it(points, data):
    some_x = st.one_of(longitudes, st.sampled_from([x for x, _y in points]))
    some_y = st.one_of(latitudes, st.sampled_from([y for _x, y in points]))
    west, east = data.draw(some_x), data.draw(some_x)
    south, north = sorted((data.draw(some_y), data.draw(some_y)))
    inside = sum(
        south <= y <= north and (west <= x <= east if west <= east else x >= west or x <= east)
        for x, y in points
    )
    query = FeatureQuery(layer=LAYER, bbox=(west, south, east, north), limit=None)
    assert count(query) == len(list(features(query))) == inside


def complaint(ask):
    """Which parameter the answer complains of, None when it has nothing to complain of."""
    try:
        ask()
    except QueryError as error:
        return error.parameter
    return None


@given(st.text(max_size=60))
def test_any_text_is_a_box_or_a_message(text):
    assert complaint(lambda: parse_bbox(text)) in (None, "bbox")


@given(longitudes, latitudes, longitudes, latitudes)
def test_a_box_is_read_as_it_was_written(west, south, east, north):
    south, north = sorted((south, north))
    assert parse_bbox(f"{west!r},{south!r},{east!r},{north!r}") == (west, south, east, north)


@given(st.text(max_size=30))
def test_any_text_is_a_number_within_bounds_or_a_message(text):
    found = []
    complaint_of = complaint(
        lambda: found.append(parse_integer("limit", text, low=1, high=100, clamp=True))
    )
    assert complaint_of == "limit" or 1 <= found[0] <= 100


@given(
    st.sampled_from(
        ["height_m", "edible", "number_of_plants", "last_confirmed", "changed", "note"]
    ),
    st.text(max_size=60),
)
def test_any_value_is_typed_or_a_message(name, text):
    assert complaint(lambda: parse_equals(LAYER, {name: text})) in (None, name)
