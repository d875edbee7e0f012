"""OWSLib, the Python library of spatial catalogues and portals."""

import pytest
from owslib.ogcapi.features import Features

from tests.clients.conftest import TREES


@pytest.fixture(scope="module")
def service(server):
    return Features(f"{server}/api/")


def test_it_finds_its_way(service):
    assert any(each.endswith("conf/core") for each in service.conformance()["conformsTo"])
    assert service.api()["openapi"].startswith("3.0")
    assert {"trees", "quarters"} <= set(service.feature_collections())
    found = service.collection("trees")
    assert found["storageCrs"].endswith("CRS84")
    assert any(crs.endswith("/25833") for crs in found["crs"])


def test_items_box_paging_and_properties(service):
    page = service.collection_items("trees", limit=10, bbox=[11.0, 53.0, 11.1, 53.1])
    assert (page["numberReturned"], page["numberMatched"]) == (10, 125)
    assert any(link["rel"] == "next" for link in page["links"])
    everything = service.collection_items("trees", limit=1000)
    assert everything["numberMatched"] == len(everything["features"]) == TREES


def test_one_item(service):
    first = service.collection_items("trees", limit=1)["features"][0]
    assert service.collection_item("trees", first["id"])["properties"] == first["properties"]


def test_sorting(service):
    page = service.collection_items("trees", limit=3, sortby=("height_m", "desc"))
    assert [each["properties"]["height_m"] for each in page["features"]] == [25.0, 24.9, 24.8]
