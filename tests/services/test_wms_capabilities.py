"""The capabilities of both versions: valid, complete, and in the right order of axes."""

from __future__ import annotations

import math

import pytest
from django.core.cache import cache
from django.test import override_settings
from lxml import etree

from geoplatform.catalog import registry
from tests import make
from tests.services.wms import BOXES, LATITUDE_FIRST, get, parser, refusal, schema

pytestmark = pytest.mark.django_db
NAMES = {"w": "http://www.opengis.net/wms", "x": "http://www.w3.org/1999/xlink"}
INSPIRE = {
    "c": "http://inspire.ec.europa.eu/schemas/common/1.0",
    "v": "http://inspire.ec.europa.eu/schemas/inspire_vs/1.0",
}
REQUEST = "SERVICE=WMS&REQUEST=GetCapabilities"


@pytest.fixture(autouse=True)
def town():
    cache.clear()
    make.town()
    make.plant(species=make.species())


def document(text: str = REQUEST, **headers: str):
    response = get(text, **headers)
    assert response.status_code == 200
    return etree.fromstring(response.content)


def test_new_ones_are_valid():
    root = document()
    assert root.get("version") == "1.3.0"
    schema(
        "wms/1.3.0/capabilities_1_3_0.xsd",
        "sld/1.1.0/sld_capabilities.xsd",
        "inspire/inspire_vs/1.0/inspire_vs.xsd",
    ).assertValid(root)


def test_old_ones_are_valid():
    response = get(f"{REQUEST}&VERSION=1.1.1")
    assert response.headers["Content-Type"] == "application/vnd.ogc.wms_xml; charset=utf-8"
    root = etree.fromstring(response.content, parser(load_dtd=True, dtd_validation=True))
    assert root.get("version") == "1.1.1"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("", "1.3.0"),
        ("1.3.0", "1.3.0"),
        ("1.3", "1.3.0"),
        ("1.4.0", "1.3.0"),
        ("2.0.0", "1.3.0"),
        ("1.2.0", "1.1.1"),
        ("1.1.1", "1.1.1"),
        ("1.1.0", "1.1.1"),
        ("1.0.0", "1.1.1"),
        ("0.9", "1.1.1"),
    ],
)
def test_versions_are_negotiated(wanted, given):
    assert document(f"{REQUEST}&VERSION={wanted}").get("version") == given


def test_all_layers_stand_in_one_group():
    root = document()
    group = root.find("w:Capability/w:Layer", NAMES)
    assert group.findtext("w:Name", namespaces=NAMES) == "geoplatform"
    names = [each.text for each in group.findall("w:Layer/w:Name", NAMES)]
    assert names == [each.name for each in registry.map_layers()]
    assert all(each.get("queryable") == "1" for each in root.iter("{*}Layer"))


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_boxes_have_the_axes_of_version_and_crs(version):
    """Each box holds the middle of the town, whose place in each CRS is known."""
    root = document(f"{REQUEST}&VERSION={version}")
    name = "CRS" if version == "1.3.0" else "SRS"
    for layer in root.iter("{*}Layer"):
        boxes = {each.get(name): each for each in layer.findall("{*}BoundingBox")}
        assert set(boxes) == set(BOXES)
        for crs, box in boxes.items():
            low, high = (
                tuple(float(box.get(side + axis)) for axis in "xy") for side in ("min", "max")
            )
            west, south, east, north = BOXES[crs]
            middle = ((west + east) / 2, (south + north) / 2)
            if version == "1.3.0" and crs in LATITUDE_FIRST:
                middle = middle[::-1]
            assert all(a <= m <= b for a, m, b in zip(low, middle, high, strict=True)), crs


def test_scale_limits_follow_the_zooms():
    limits = {}
    for each in document().findall(".//w:Layer/w:Layer", NAMES):
        limits[each.findtext("w:Name", namespaces=NAMES)] = each.findtext(
            "w:MaxScaleDenominator", namespaces=NAMES
        )
    for layer in registry.map_layers():
        # Level 0 of WebMercatorQuad, halved at each level (OGC 17-083r4).
        wanted = 559082264.0287178 / 2 ** layer.zooms[0]
        assert math.isclose(float(limits[layer.name]), wanted, rel_tol=1e-9), layer.name


def test_addresses_are_absolute():
    root = document()
    found = [each.get(f"{{{NAMES['x']}}}href") for each in root.iter("{*}OnlineResource")]
    assert len(found) > 20
    assert all(each.startswith("http://testserver/") for each in found)


def test_both_languages():
    german, english = document(f"{REQUEST}&LANGUAGE=ger"), document(f"{REQUEST}&LANGUAGE=eng")
    assert english.xpath("//c:ResponseLanguage/c:Language/text()", namespaces=INSPIRE) == ["eng"]
    assert german.xpath("//c:ResponseLanguage/c:Language/text()", namespaces=INSPIRE) == ["ger"]
    titles = {each.text for each in english.iter("{*}Title")}
    assert "Trees" in titles
    assert "Bäume" in {each.text for each in german.iter("{*}Title")}
    by_header = document(REQUEST, **{"Accept-Language": "en"})
    assert "Trees" in {each.text for each in by_header.iter("{*}Title")}
    other = document(f"{REQUEST}&LANGUAGE=fre", **{"Accept-Language": "en"})
    assert other.xpath("//c:ResponseLanguage/c:Language/text()", namespaces=INSPIRE) == ["ger"]


def test_contact_and_licence():
    with override_settings(
        CONTACT_ORGANISATION="Amt & Söhne",
        CONTACT_EMAIL="gis@example.org",
        CONTACT_PHONE="+49 385 0",
    ):
        root = document()
        schema(
            "wms/1.3.0/capabilities_1_3_0.xsd",
            "sld/1.1.0/sld_capabilities.xsd",
            "inspire/inspire_vs/1.0/inspire_vs.xsd",
        ).assertValid(root)
    assert root.findtext(".//{*}ContactOrganization") == "Amt & Söhne"
    assert root.findtext(".//{*}ContactElectronicMailAddress") == "gis@example.org"
    assert "cc-zero" in root.findtext(".//{*}AccessConstraints")


def test_what_xml_cannot_hold_is_left_out():
    """Text of a source may be anything."""
    source = make.source()
    source.attribution = "Amt\x0b <b>&\x01"
    source.save()
    titles = [each.findtext("{*}Title") for each in document().iter("{*}Attribution")]
    assert "Amt <b>&" in titles


def test_unchanged_capabilities_are_not_sent_again():
    first = get(REQUEST)
    again = get(REQUEST, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Accept-Language" in first.headers["Vary"]
    assert not first.cookies


def test_update_sequence():
    now = document().get("updateSequence")
    assert refusal(get(f"{REQUEST}&UPDATESEQUENCE={now}"))[0] == "CurrentUpdateSequence"
    assert refusal(get(f"{REQUEST}&UPDATESEQUENCE=later"))[0] == "InvalidUpdateSequence"
    older = "0" * len(now)
    assert document(f"{REQUEST}&UPDATESEQUENCE={older}").get("updateSequence") == now
