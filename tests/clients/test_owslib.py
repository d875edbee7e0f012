"""OWSLib, the Python library of spatial catalogues and portals."""

import json

import numpy as np
import pytest
from owslib.ogcapi.features import Features
from owslib.util import ServiceException
from owslib.wms import WebMapService
from PIL import Image

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


@pytest.fixture(scope="module", params=["1.3.0", "1.1.1"])
def wms(server, request):
    return WebMapService(f"{server}/wms", version=request.param)


def box(wms, crs):
    """A tenth of a degree around the first half of the trees; in 1.3.0 OWSLib turns the axes itself."""
    if crs == "EPSG:4326":
        return (11.0, 53.0, 11.1, 53.05)
    return (231000.0, 5879000.0, 239000.0, 5886000.0)


def test_wms_capabilities(wms):
    assert wms.identification.title
    assert {"trees", "quarters", "green-corridors"} <= set(wms.contents)
    trees = wms.contents["trees"]
    assert {"EPSG:25833", "EPSG:4326", "EPSG:3857"} <= set(trees.crsOptions)
    west, south, east, north = trees.boundingBoxWGS84
    assert west <= 11.0
    assert south <= 53.0
    assert east >= 11.2
    assert north >= 53.1
    assert trees.queryable
    assert trees.styles["default"]["legend"].startswith("http://")
    assert trees.timepositions
    operations = {each.name: each for each in wms.operations}
    assert "image/png" in operations["GetMap"].formatOptions
    assert "application/json" in operations["GetFeatureInfo"].formatOptions


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:25833"])
def test_wms_map_and_feature_info(wms, crs):
    common = {
        "layers": ["trees"],
        "styles": [""],
        "srs": crs,
        "bbox": box(wms, crs),
        "size": (400, 300),
        "format": "image/png",
    }
    picture = Image.open(wms.getmap(**common, transparent=True)).convert("RGBA")
    alpha = np.asarray(picture)[..., 3]
    assert alpha.any()
    rows, columns = np.nonzero(alpha)
    # Some marker's middle, or next to it: what is drawn there is found there.
    place = (int(columns[0]), int(rows[0]) + 3)
    found = wms.getfeatureinfo(
        **common, query_layers=["trees"], info_format="application/json", xy=place, feature_count=3
    )
    assert json.loads(found.read())["features"]


def test_wms_exceptions(wms):
    with pytest.raises(ServiceException, match="nothing"):
        wms.getmap(
            layers=["nothing"],
            styles=[""],
            srs="EPSG:25833",
            bbox=box(wms, "EPSG:25833"),
            size=(100, 100),
            format="image/png",
        )
