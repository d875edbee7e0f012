"""Pages as the server makes them: every layer has them, in both languages, and they give nothing away."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.utils import translation

from geoplatform.catalog import registry
from geoplatform.pages import words
from tests import make

pytestmark = pytest.mark.django_db
BASEMAPS = (
    "https://tiles.example.org/{z}/{x}/{y}.png",
    "https://tiles.example.org/wms?LAYERS=grey&CRS=EPSG:3857&BBOX={bbox-epsg-3857}",
)


@pytest.fixture
def town():
    make.town()
    return make.plant(species=make.species())


def test_readers_get_no_cookie_and_a_strict_policy(town):
    for path in ("/", "/en/", "/fruit-trees/", "/fruit-trees/new", f"/fruit-trees/{town.id}"):
        response = Client().get(path)
        assert response.status_code == 200, path
        assert not response.cookies, path
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        html = response.content.decode()
        assert " style=" not in html
        assert " onclick=" not in html


@pytest.mark.parametrize("layer", registry.map_layers(), ids=lambda layer: layer.name)
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_every_layer_has_a_list_and_stands_in_the_switch(town, layer, prefix):
    assert Client().get(f"{prefix}/{layer.name}/").status_code == 200
    assert f'value="{layer.name}"' in Client().get(f"{prefix}/").content.decode()
    form = Client().get(f"{prefix}/{layer.name}/new")
    assert form.status_code == (200 if layer.editable else 404)


def test_the_map_opens_on_an_installation_without_any_data():
    response = Client().get("/")
    assert response.status_code == 200
    assert "Offene grüne Karte" in response.content.decode()


def test_one_city_gives_its_name_and_several_do_not(town, settings):
    assert "Grüne Karte Town 13004000" in Client().get("/").content.decode()
    make.municipality("05913000", name="Dortmund")
    cache.clear()
    assert "Offene grüne Karte" in Client().get("/").content.decode()
    settings.PLATFORM_NAME = "Schwerin blüht"
    assert "Schwerin blüht" in Client().get("/").content.decode()


@pytest.mark.parametrize("basemap", BASEMAPS)
def test_a_base_map_opens_exactly_its_host_and_only_for_the_map(town, basemap):
    with override_settings(BASEMAP_URL=basemap, BASEMAP_ATTRIBUTION="© Amt"):
        policy = Client().get("/").headers["Content-Security-Policy"]
        assert policy.count("https://tiles.example.org") == 2
        assert "example.org" not in Client().get("/fruit-trees/").headers["Content-Security-Policy"]


def test_text_of_people_is_shown_as_text(town):
    make.plant(species=town.species, note="<script>alert(1)</script>", cultivar="<b>fett</b>")
    for path in ("/", "/fruit-trees/"):
        assert "<script>alert" not in Client().get(path).content.decode()
    plant = make.plant(species=town.species, note="<img src=x onerror=alert(1)>")
    html = Client().get(f"/fruit-trees/{plant.id}").content.decode()
    assert "&lt;img src=x" in html
    assert "<img" not in html


@pytest.mark.parametrize("bbox", ["1,2,3", "a,b,c,d", "11,54,12,53", "nan,1,2,3", "200,0,300,1"])
def test_a_bad_box_is_said(town, bbox):
    response = Client().get("/fruit-trees/", {"bbox": bbox})
    assert response.status_code == 400
    assert "bbox" in response.content.decode()


def test_a_number_leads_to_the_page_of_its_feature(town):
    for prefix in ("", "/en"):
        response = Client().get(f"{prefix}/fruit-trees/{town.fid}")
        assert response.status_code == 302
        assert response.headers["Location"] == f"{prefix}/fruit-trees/{town.id}"
    for path in (f"/quarters/{town.fid}", "/trees/0", f"/trees/{town.fid + 1}", f"/trees/{10**30}"):
        assert Client().get(path).status_code == 404, path


def test_unknown_addresses_get_a_friendly_page(town):
    for path in (
        "/fruit-trees/00000000-0000-0000-0000-000000000000",
        "/nothing/",
        "/nothing",
        "/apifoo",
        "/nothing/new",
        "/species/",
    ):
        response = Client().get(path)
        assert response.status_code == 404
        assert "Hier wächst nichts" in response.content.decode()


@pytest.mark.parametrize("path", ["/fruit-trees", "/en", "/en/fruit-trees", "/admin"])
def test_a_forgotten_slash_is_put_right(town, path):
    response = Client().get(path)
    assert (response.status_code, response.headers["Location"]) == (301, f"{path}/")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (8.0, 10.5, "Anfang August bis Ende Oktober"),
        (9.0, 1.0, "Anfang September bis Anfang Januar"),
        (6.5, 6.5, "Ende Juni"),
        (1.0, 12.5, "ganzjährig"),
        (8.0, 7.5, "ganzjährig"),
    ],
)
def test_seasons_in_words(start, end, text):
    with translation.override("de"):
        assert words.season(start, end) == text
