"""The QGIS project as XML: every layer of the registry, its source, its categories, its licence."""

import io
import zipfile
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.symbols import Categorized, parts
from geoplatform.rendering.qgis import NEAR, Shown, project
from tests import make

pytestmark = pytest.mark.django_db
PATH = "/downloads/geoplatform.qgz"
LAYERS = registry.listed()
IDS = [f"geoplatform-{layer.name}" for layer in LAYERS]


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()


def read(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["geoplatform.qgs"]
        return ElementTree.fromstring(archive.read("geoplatform.qgs"))


def asked(**headers):
    response = Client().get(PATH, headers=headers)
    assert response.status_code == 200
    assert response.headers["Content-Disposition"] == 'attachment; filename="geoplatform.qgz"'
    return read(response.content)


@pytest.fixture
def opened():
    make.town()
    make.species()
    make.plant(own_growth_form="tree")
    return asked(**{"Accept-Language": "de"})


def test_every_layer_is_in_it_from_the_top_of_the_map_down(opened):
    entries = opened.findall("layer-tree-group/layer-tree-layer")
    assert [each.get("id") for each in entries] == IDS
    maps = opened.findall("projectlayers/maplayer")
    assert [each.findtext("id") for each in maps] == IDS
    for each, layer in zip(maps, LAYERS, strict=True):
        assert f"url='http://testserver/api' typename='{layer.name}'" in each.findtext("datasource")
        assert each.findtext("layername") == str(layer.title)


def test_categories_are_those_declared_with_their_labels(opened):
    for layer in LAYERS:
        [made] = [
            e for e in opened.iter("maplayer") if e.findtext("id") == f"geoplatform-{layer.name}"
        ]
        drawn = made.find("renderer-v2")
        if layer.symbol is None or layer.geometry is None:
            assert drawn is None
            continue
        symbols = drawn.findall("symbols/symbol")
        if not isinstance(layer.symbol, Categorized):
            assert (drawn.get("type"), len(symbols)) == ("singleSymbol", 1)
            continue
        categories = drawn.findall("categories/category")
        declared = [str(value) for value in layer.symbol.symbols]
        assert drawn.get("attr") == layer.symbol.field
        assert [each.get("value") for each in categories] == [*declared, ""]
        assert [each.get("symbol") for each in categories] == [each.get("name") for each in symbols]
        assert len(symbols) >= len(parts(layer.symbol))
        assert all(each.get("label") for each in categories if each.get("value"))


def test_it_opens_where_the_town_is_in_its_own_crs(opened):
    assert opened.findtext("projectCrs/spatialrefsys/authid") == "EPSG:25833"
    assert opened.findtext("mapcanvas/destinationsrs/spatialrefsys/authid") == "EPSG:25833"
    west, south, east, north = (
        float(opened.findtext(f"mapcanvas/extent/{name}"))
        for name in ("xmin", "ymin", "xmax", "ymax")
    )
    assert 200_000 < west < east < 300_000
    assert 5_800_000 < south < north < 5_900_000


def test_each_layer_tells_its_licence_and_none_that_it_has_not(opened):
    told = {
        each.findtext("id"): [one.text for one in each.findall("resourceMetadata/license")]
        for each in opened.iter("maplayer")
    }
    assert told["geoplatform-trees"] == ["http://dcat-ap.de/def/licenses/cc-zero"]
    assert told["geoplatform-streets"] == []


def test_words_are_in_the_readers_language(opened):
    titles = {each.findtext("layername") for each in opened.iter("maplayer")}
    assert "Bäume" in titles
    english = {e.findtext("layername") for e in asked(**{"Accept-Language": "en"}).iter("maplayer")}
    assert "Trees" in english


def test_an_empty_platform_has_a_project_too():
    assert len(asked().findall("projectlayers/maplayer")) == len(LAYERS)


def test_a_full_layer_is_a_picture_from_afar():
    layer = registry.get("trees")
    shown = [Shown(layer=layer, full=True)]
    made = read(project(shown, title="T", base="https://x.example", box=None, srid=25832))
    features, picture = made.findall("projectlayers/maplayer")
    assert float(features.get("minScale")) == float(picture.get("maxScale")) == NEAR
    assert picture.findtext("provider") == "wms"
    assert "crs=EPSG:25832" in picture.findtext("datasource")


def test_what_a_source_is_called_breaks_nothing():
    source = make.source()
    source.attribution = 'A & B <i>"\x07'
    source.save()
    make.plant(own_growth_form="tree")
    told = [each.text for each in asked().iter("rights")]
    assert 'A & B <i>"' in told


def test_unknown_parameters_are_refused():
    assert Client().get(PATH, {"filter": "x=1"}).status_code == 400
    assert Client().post(PATH).status_code == 405
