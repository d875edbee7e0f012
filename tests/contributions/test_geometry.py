"""Geometries of all types are guarded before a library sees them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.contributions.geometry import MOST_VERTICES, parse_geometry
from geoplatform.query.geojson import LEVELS
from tests import make

pytestmark = pytest.mark.django_db
RING = [[11.01, 53.01], [11.02, 53.01], [11.02, 53.02], [11.01, 53.01]]
LINE = [[11.01, 53.01], [11.02, 53.02]]
BY_TYPE = {
    "Point": [11.01, 53.01],
    "MultiPoint": LINE,
    "LineString": LINE,
    "MultiLineString": [LINE],
    "Polygon": [RING],
    "MultiPolygon": [[RING]],
}


@pytest.fixture(autouse=True)
def town(db):
    make.town()


def layer(kind):
    return next(each for each in registry.layers() if each.geometry_type == kind.upper())


def parse(kind, coordinates, wanted=None, **more):
    return parse_geometry({"type": kind, "coordinates": coordinates, **more}, layer(wanted or kind))


def refused(kind, coordinates, wanted=None, **more):
    with translation.override("en"), pytest.raises(ValidationError) as error:
        parse(kind, coordinates, wanted, **more)
    return error.value.messages[0]


KINDS = sorted(
    kind for kind in LEVELS if any(e.geometry_type == kind.upper() for e in registry.layers())
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_that_a_layer_has(kind):
    made = parse(kind, BY_TYPE[kind])
    assert (made.geom_type, made.srid, made.hasz) == (kind, 4326, False)


@pytest.mark.parametrize("kind", KINDS)
def test_single_for_many_and_many_of_one_for_single(kind):
    other = kind.removeprefix("Multi") if kind.startswith("Multi") else f"Multi{kind}"
    coordinates = BY_TYPE[other] if other != "MultiPoint" else [BY_TYPE["Point"]]
    assert parse(other, coordinates, wanted=kind).geom_type == kind


def test_many_for_single_are_refused():
    assert "Polygon" in refused("MultiPolygon", [[RING], [RING]], "Polygon")


def test_heights_are_dropped():
    ring = [[*position, 3] for position in RING]
    assert not parse("Polygon", [ring], "MultiPolygon").hasz


@pytest.mark.parametrize(
    ("coordinates", "words"),
    [
        (None, "nested"),
        ([], "nested"),
        ([[]], "nested"),
        (RING, "finite|list of longitude"),
        ([[RING]], "list of longitude"),
        ([RING[:3]], "four"),
        ([[*RING[:3], [11.0, 53.05]]], "four"),
        ([[[11.01, float("nan")], *RING[1:]]], "finite"),
        ([[[11.01, 10**400], *RING[1:]]], "finite"),
        ([[["11", "53"], *RING[1:]]], "finite"),
        ([[[11.01, 91], *RING[1:]]], "between"),
        ([[[11, 53], [11.1, 53.1], [11.1, 53], [11, 53.1], [11, 53]]], "crosses"),
        ([[[0, 0], [1, 0], [1, 1], [0, 0]]], "no municipality"),
        ([[[53.01, 11.01], [53.01, 11.02], [53.02, 11.02], [53.01, 11.01]]], "swapped"),
        ([[[11.01 + n / 1e6, 53.01] for n in range(MOST_VERTICES + 1)]], "5000 vertices"),
        ([[]] * 1_000_000, "5000 vertices|nested"),
    ],
)
def test_hostile_polygons(coordinates, words):
    import re

    assert re.search(words, refused("Polygon", coordinates, "MultiPolygon"))


def test_collections_and_crs_members():
    green = layer("MultiPolygon")
    nested = {"type": "GeometryCollection", "geometries": []}
    for _depth in range(1000):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    for geometry in (nested, None, [], "POINT(11 53)", {"type": []}, {"type": "Polygon"}):
        with pytest.raises(ValidationError):
            parse_geometry(geometry, green)
    assert "crs" in refused("Polygon", [RING], "MultiPolygon", crs={"type": "name"})


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None, database=None)
@given(kind=st.sampled_from(sorted(LEVELS)), coordinates=json)
def test_whatever_comes_is_a_geometry_or_a_sentence(kind, coordinates):
    for wanted in KINDS:
        with suppress(ValidationError):
            assert parse(kind, coordinates, wanted).valid
