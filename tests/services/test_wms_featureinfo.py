"""GetFeatureInfo: what stands where somebody clicked, in each format, version and CRS."""

from __future__ import annotations

import json

import pytest
from lxml import etree

from tests import make
from tests.services.wms import BOXES, asked, get, refusal

pytestmark = pytest.mark.django_db
FORMATS = ["text/plain", "text/html", "application/json", "application/vnd.ogc.gml"]
# The middle of the 256 pixels, half of one to the south-east of (11.05, 53.05).
MIDDLE = {"I": "128", "J": "128"}


@pytest.fixture(autouse=True)
def apple():
    make.town()
    kind = make.species(german_name="Apfel <b>&</b>")
    return make.plant(11.05, 53.05, species=kind, note="Größe")


def info(version: str = "1.3.0", crs: str = "EPSG:4326", **values: str | None) -> dict[str, str]:
    place = MIDDLE if version == "1.3.0" else {"X": "128", "Y": "128"}
    whole = {
        "REQUEST": "GetFeatureInfo",
        "QUERY_LAYERS": "trees",
        "INFO_FORMAT": "application/json",
        **place,
        **values,
    }
    return asked(version, crs, **whole)


def features(values: dict[str, str]) -> list[dict]:
    response = get(values)
    assert response.headers["Content-Type"] == "application/json; charset=utf-8", response.content
    return json.loads(response.content)["features"]


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
@pytest.mark.parametrize("crs", BOXES)
def test_every_crs_finds_the_tree_and_says_where_it_is(apple, version, crs):
    """The boxes hold the tree; its pixel follows from them."""
    west, south, east, north = BOXES[crs]
    place = apple.location.clone()
    place.transform(int(crs.rpartition(":")[2]) if crs != "CRS:84" else 4326)
    column = int((place.x - west) / (east - west) * 256)
    row = int((north - place.y) / (north - south) * 256)
    names = ("I", "J") if version == "1.3.0" else ("X", "Y")
    values = dict(zip(names, map(str, (column, row)), strict=True))
    body = json.loads(get(info(version, crs, **values)).content)
    (found,) = body["features"]
    assert found["id"] == f"trees.{apple.pk}"
    # Easting or longitude first, whatever the version; the CRS is said.
    assert found["geometry"]["coordinates"] == pytest.approx([place.x, place.y], abs=2e-3)
    name = body["crs"]["properties"]["name"]
    assert name == (
        "urn:ogc:def:crs:OGC:1.3:CRS84" if crs == "CRS:84" else f"urn:ogc:def:crs:EPSG::{crs[5:]}"
    )


@pytest.mark.parametrize("form", FORMATS)
def test_every_format(apple, form):
    response = get(info(INFO_FORMAT=form))
    text = response.content.decode()
    assert response.headers["Content-Type"] == f"{form}; charset=utf-8"
    assert "Größe" in text
    assert str(apple.pk) in text or form == "text/plain"
    if form != "text/plain":
        assert "Apfel <b>" not in text or form == "application/json"
    empty = get(info(INFO_FORMAT=form, I="5", J="5"))
    assert empty.status_code == 200
    assert str(apple.pk) not in empty.content.decode()


def test_gml_is_a_collection_of_features(apple):
    root = etree.fromstring(get(info(INFO_FORMAT="application/vnd.ogc.gml")).content)
    (member,) = root.findall("{http://www.opengis.net/gml}featureMember")
    (tree,) = member
    assert tree.get("fid") == f"trees.{apple.pk}"
    texts = {each.tag.rpartition("}")[2]: each.text for each in tree}
    assert texts["species_de"] == "Apfel <b>&</b>"
    assert texts["edible"] == "true"
    (point,) = tree.findall(".//{http://www.opengis.net/gml}coordinates")
    assert point.text == "11.05,53.05"


def test_the_page_asks_no_other_host():
    response = get(info(INFO_FORMAT="text/html"))
    text = response.content.decode()
    assert "src=" not in text
    assert "@import" not in text
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not response.cookies


def test_only_what_is_public_is_told(apple):
    (found,) = features(info())
    assert "own_edible" not in found["properties"]
    assert "source_key" not in found["properties"]


def test_nearest_first_and_no_more_than_asked_for():
    for n in range(1, 6):
        make.plant(11.05 + n * 2e-5, 53.05, cultivar=f"number {n}", own_growth_form="tree")
    assert len(features(info())) == 1
    found = features(info(FEATURE_COUNT="4", I="127", BUFFER="10"))
    steps = [each["geometry"]["coordinates"][0] for each in found]
    assert len(found) == 4
    assert steps == sorted(steps)
    assert len(features(info(FEATURE_COUNT="1000000", BUFFER="40"))) == 6


@pytest.mark.parametrize("name", ["BUFFER", "RADIUS", "FI_POINT_TOLERANCE"])
def test_tolerance(name):
    away = {"I": "148"}  # twenty pixels
    assert features(info(**away)) == []
    assert len(features(info(**away, **{name: "25"}))) == 1
    assert features(info(I="200", **{name: "100000"})) == [], "there is a cap"


def test_several_layers_the_upper_first():
    values = info(LAYERS="quarters,trees,fruit-trees", QUERY_LAYERS="quarters,trees,fruit-trees")
    kinds = [each["id"].split(".")[0] for each in features(values)]
    assert kinds == ["fruit-trees", "trees", "quarters"]
    group = features(info(LAYERS="geoplatform", QUERY_LAYERS="geoplatform"))
    assert {"municipalities", "quarters", "trees"} <= {each["id"].split(".")[0] for each in group}


def test_filters_and_time_count_as_on_the_map():
    assert features(info(CQL_FILTER="status = 'gone'")) == []
    assert features(info(CQL_FILTER="height_m > 3")) == []
    assert len(features(info(CQL_FILTER="status = 'confirmed' AND edible = true"))) == 1
    assert features(info(ACCESS="closed")) == []
    assert features(info(TIME="2001-01-01")) == []
    both = info(
        LAYERS="quarters,trees", QUERY_LAYERS="quarters,trees", CQL_FILTER="INCLUDE;status='gone'"
    )
    assert [each["id"].split(".")[0] for each in features(both)] == ["quarters"]


def test_a_layer_that_is_not_drawn_at_this_scale_is_silent():
    assert features(info(BBOX="40,0,65,25")) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"I": "256"}, "InvalidPoint"),
        ({"J": "-1"}, "InvalidPoint"),
        ({"I": "NaN"}, "InvalidPoint"),
        ({"I": None}, "MissingParameterValue"),
        ({"INFO_FORMAT": "text/xml"}, "InvalidFormat"),
        ({"QUERY_LAYERS": "nothing"}, "LayerNotDefined"),
        ({"QUERY_LAYERS": "quarters"}, "LayerNotDefined"),
        ({"QUERY_LAYERS": None}, "MissingParameterValue"),
        ({"FEATURE_COUNT": "0"}, "InvalidParameterValue"),
        ({"BUFFER": "nan"}, "InvalidParameterValue"),
    ],
)
def test_refusals(values, code):
    assert refusal(get(info(**values)))[0] == code


def test_far_outside_of_a_projection_nothing_is_found():
    for crs, box in [
        ("EPSG:25832", "9e8,9e8,9.9e8,9.9e8"),
        ("EPSG:3857", "-9e8,-9e8,-8e8,-8e8"),
        ("EPSG:4326", "500,500,600,600"),
        ("EPSG:4258", "-900,-900,-800,-800"),
    ]:
        assert (
            features(info(crs=crs, BBOX=box, LAYERS="geoplatform", QUERY_LAYERS="geoplatform"))
            == []
        )
    close = (
        ("EPSG:25832", "-5e6,-5e6,-4999999.9,-4999999.9"),
        ("EPSG:4326", "91,200,91.0001,200.0001"),
    )
    for crs, box in close:
        assert features(info(crs=crs, BBOX=box)) == []
