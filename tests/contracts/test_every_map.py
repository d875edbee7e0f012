"""Every layer in the WMS: drawn in every CRS, found by a click, with a legend, in the capabilities of both versions."""

from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from django.core.cache import cache
from lxml import etree
from PIL import Image
from pyproj import Transformer

from geoplatform.catalog import registry
from geoplatform.catalog.facets import facets
from geoplatform.catalog.properties import property_by_name
from geoplatform.rendering.legend import legend
from tests import make
from tests.contracts import samples
from tests.services.wms import LATITUDE_FIRST, asked, get

pytestmark = pytest.mark.django_db
CRS = ("CRS:84", "EPSG:4326", "EPSG:4258", "EPSG:3857", "EPSG:25832", "EPSG:25833")
REACH = 0.003  # degrees around a place: a quarter of a kilometre


@pytest.fixture(params=registry.map_layers(), ids=lambda layer: layer.name)
def layer(request):
    return request.param


@pytest.fixture
def feature(layer):
    cache.clear()
    make.town()
    return samples.feature(layer)


def spot(feature, layer):
    """Longitude and latitude of a place that the feature's outline or marker touches."""
    geometry = feature.__dict__[layer.geometry]
    first = geometry
    while not isinstance(first[0], float):
        first = first[0]
    return first[0], first[1]


def around(place, crs, version):
    x, y = place
    box = (x - REACH, y - REACH, x + REACH, y + REACH)
    srid = 4326 if crs == "CRS:84" else int(crs[5:])
    if srid != 4326:
        box = Transformer.from_crs(4326, srid, always_xy=True).transform_bounds(*box)
    if version == "1.3.0" and crs in LATITUDE_FIRST:
        box = (box[1], box[0], box[3], box[2])
    return ",".join(f"{each:.8f}" for each in box)


def of(layer, feature, crs, version="1.3.0", **values):
    box = around(spot(feature, layer), crs, version)
    return asked(version, crs, BBOX=box, LAYERS=layer.name, TRANSPARENT="TRUE", **values)


def opaque(values) -> int:
    response = get(values)
    assert response.headers["Content-Type"] == "image/png", response.content
    pixels = np.asarray(Image.open(BytesIO(response.content)).convert("RGBA"))
    return int((pixels[..., 3] > 0).sum())


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
@pytest.mark.parametrize("crs", CRS)
def test_it_is_drawn(layer, feature, crs, version):
    values = of(layer, feature, crs, version)
    assert opaque(values) > 10
    feature.delete()
    if layer.role is None:  # the town has quarters of its own
        assert opaque(values) == 0


@pytest.mark.parametrize("crs", CRS)
def test_a_click_finds_it(layer, feature, crs):
    values = of(layer, feature, crs, REQUEST="GetFeatureInfo", QUERY_LAYERS=layer.name)
    values |= {"I": "128", "J": "128", "FEATURE_COUNT": "10", "INFO_FORMAT": "application/json"}
    found = json.loads(get(values).content)["features"]
    (one,) = [each for each in found if each["id"] == f"{layer.name}.{feature.pk}"]
    assert list(one["properties"]) == list(property_by_name(layer))
    for form in ("text/plain", "text/html", "application/vnd.ogc.gml"):
        response = get({**values, "INFO_FORMAT": form})
        assert response.status_code == 200
        text = response.content.decode()
        if form != "text/plain":
            assert "<b>" not in text, "text is shown as text"
        if form.endswith("gml"):
            etree.fromstring(response.content)


def test_it_has_a_legend_and_one_for_each_category(layer):
    values = {"REQUEST": "GetLegendGraphic", "LAYER": layer.name, "TRANSPARENT": "TRUE"}
    assert opaque(values) > 10
    for each in legend(layer):
        if each.value:
            assert opaque({**values, "RULE": each.value}) > 10


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
def test_capabilities_tell_of_it(layer, feature, version):
    response = get(f"REQUEST=GetCapabilities&VERSION={version}&LANGUAGE=eng")
    found = {
        each.findtext("{*}Name"): each
        for each in etree.fromstring(response.content).iter("{*}Layer")
    }[layer.name]
    assert found.findtext("{*}Title")
    assert found.findtext("{*}Style/{*}Name") == "default"
    link = found.find("{*}Style/{*}LegendURL")
    address = link.find("{*}OnlineResource").get("{http://www.w3.org/1999/xlink}href")
    picture = Image.open(BytesIO(get(address.partition("?")[2]).content))
    assert (str(picture.width), str(picture.height)) == (link.get("width"), link.get("height"))
    assert {
        each.text for each in found.findall("{*}CRS" if version == "1.3.0" else "{*}SRS")
    } == set(CRS)


def test_the_filter_of_a_facet_is_that_of_the_api(layer, feature):
    """A facet as a vendor parameter, and the same in CQL2, keep the feature or leave it out alike."""
    for each in facets(layer):
        value = getattr(feature, each.name, None)
        if each.is_mask or each.stands_for_row or not isinstance(value, str) or not value:
            continue
        whole = opaque(of(layer, feature, "EPSG:25833"))
        same = {each.name.upper(): value}, {"CQL_FILTER": f"{each.name} = '{value}'"}
        for parameters in same:
            assert opaque(of(layer, feature, "EPSG:25833", **parameters)) == whole
        other = {"CQL_FILTER": f"{each.name} = 'no such value'"}
        assert opaque(of(layer, feature, "EPSG:25833", **other)) == 0
