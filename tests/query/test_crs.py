"""Which CRS a request means, and in which order its axes come."""

import pytest

from geoplatform.query.crs import CRS84, parse_crs, supported
from geoplatform.query.feature_query import QueryError


@pytest.mark.parametrize("crs", supported(), ids=lambda crs: crs.name)
def test_every_crs_is_found_by_its_own_uri(crs):
    assert parse_crs("crs", crs.uri) == crs


@pytest.mark.parametrize(
    ("text", "srid", "latitude_first"),
    [
        ("EPSG:25833", 25833, False),
        ("[EPSG:25832]", 25832, False),
        ("urn:ogc:def:crs:EPSG::3857", 3857, False),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", 4326, True),
        ("http://www.opengis.net/def/crs/EPSG/9.9.1/4258", 4258, True),
        ("OGC:CRS84", 4326, False),
    ],
)
def test_the_ways_clients_write_it(text, srid, latitude_first):
    found = parse_crs("crs", text)
    assert (found.srid, found.latitude_first) == (srid, latitude_first)


def test_the_default_comes_first():
    assert supported()[0] == CRS84


@pytest.mark.parametrize(
    "text", ["", "25833", "EPSG:31466", "EPSG:25833;DROP", "http://x/EPSG/0/4326", "EPSG:٢٥٨٣٣"]
)
def test_any_other_is_refused_with_the_list(text):
    with pytest.raises(QueryError, match="EPSG/0/25833"):
        parse_crs("bbox-crs", text)
