"""A box in another CRS finds exactly the points that lie in it there, by pyproj."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geoplatform.catalog import registry
from geoplatform.query.crs import supported
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery, parse_bbox
from geoplatform.query.select import rows
from tests import make

POINTS = [(11.0 + x / 40, 53.0 + y / 40) for x in range(9) for y in range(9)]
METRIC = [crs for crs in supported() if not crs.degrees]


@pytest.fixture
def trees(db):
    make.town()
    apple = make.species()
    for longitude, latitude in POINTS:
        make.plant(longitude, latitude, species=apple)
    return registry.get("trees")


@pytest.mark.parametrize("crs", METRIC, ids=lambda crs: crs.name)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(
    corner=st.tuples(st.floats(10.9, 11.3), st.floats(52.9, 53.3)),
    size=st.tuples(st.floats(1, 60_000), st.floats(1, 60_000)),
)
def test_what_lies_in_the_box(trees, crs, corner, size):
    to_there = Transformer.from_crs(4326, crs.srid, always_xy=True)
    west, south = to_there.transform(*corner)
    east, north = west + size[0], south + size[1]
    box = parse_bbox(f"{west!r},{south!r},{east!r},{north!r}", crs)
    found = rows(FeatureQuery(layer=trees, bbox=box, bbox_crs=crs, limit=None))
    inside = []
    for longitude, latitude in POINTS:
        x, y = to_there.transform(longitude, latitude)
        if west <= x <= east and south <= y <= north:
            inside.append((round(longitude, 7), round(latitude, 7)))
    assert sorted(tuple(each["geometry"]["coordinates"]) for each in found) == sorted(inside)


def test_latitude_first_where_the_authority_says_so(trees):
    by_name = {crs.name: crs for crs in supported()}
    assert parse_bbox("53,11,54,12", by_name["EPSG:4326"]) == (11, 53, 12, 54)
    assert parse_bbox("53,11,54,12", by_name["EPSG:4258"]) == (11, 53, 12, 54)
    assert parse_bbox("11,53,12,54", by_name["CRS84"]) == (11, 53, 12, 54)
    assert parse_bbox("53,11,0,54,12,9", by_name["EPSG:4326"]) == (11, 53, 12, 54)


@pytest.mark.parametrize(
    "text", ["1,2,0,3", "0,3,1,2", "0,0,1e9,1", "nan,0,1,1", "0,0,inf,1", "1,2,3", "a,b,c,d"]
)
def test_a_box_that_is_none_is_refused(text):
    with pytest.raises(QueryError):
        parse_bbox(text, METRIC[0])


def test_a_box_far_outside_of_its_crs_finds_nothing_and_breaks_nothing(trees):
    for crs in METRIC:
        box = parse_bbox("9e7,9e7,99999999,99999999", crs)
        assert rows(FeatureQuery(layer=trees, bbox=box, bbox_crs=crs)) == []
