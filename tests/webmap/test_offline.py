"""What the service worker is told, and what is taken along."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client, override_settings

from geoplatform.catalog import registry
from geoplatform.webmap import offline
from tests import make


def told(client=None):
    text = (client or Client()).get("/sw.js").content.decode()
    return json.loads(text[text.index("{") : text.rindex("}") + 1]), text


@pytest.mark.django_db
def test_the_worker_stands_at_one_address_and_is_never_cached(client):
    response = client.get("/sw.js")
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert {"no-cache", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert not response.cookies
    assert client.post("/sw.js").status_code == 405
    assert client.get("/en/sw.js").status_code == 404


def test_it_keeps_what_the_map_loads_by_its_hashed_names(client, monkeypatch):
    names = {
        "webmap/main.js": "webmap/main.123.js",
        "pages/site.css": "pages/site.456.css",
        "webmap/worker.js": "webmap/worker.789.js",
        "admin/css/base.css": "admin/css/base.1.css",
        "pages/vendor/maplibre-gl.LICENSE.txt": "pages/vendor/maplibre-gl.LICENSE.2.txt",
    }
    monkeypatch.setattr(staticfiles_storage._wrapped, "hashed_files", names, raising=False)
    found, _text = told(client)
    assert found["assets"] == ["/static/pages/site.css", "/static/webmap/main.js"]


def test_its_version_follows_what_it_keeps(client, monkeypatch):
    before = told(client)[0]["version"]
    assert told(client)[0]["version"] == before
    monkeypatch.setattr(
        staticfiles_storage._wrapped,
        "hashed_files",
        {"webmap/new.js": "webmap/new.1.js"},
        raising=False,
    )
    assert told(client)[0]["version"] != before


@pytest.mark.django_db
def test_what_it_keeps_from_the_start_is_there_for_everybody(client):
    """None of it depends on who asks: that is what its rule for keeping an answer goes by."""
    make.town()
    found, _text = told(client)
    assert {"/", "/en/", "/offline", "/en/offline", "/fruit-trees/new"} <= set(found["pages"])
    # Whatever the form on the map leads to, areas that have to be drawn among them.
    page = client.get("/").text
    forms = set(re.findall(r'href="(/[\w-]+/new)" data-layer=', page))
    assert len(forms) > 3
    assert forms <= set(found["pages"])
    for address in found["pages"]:
        response = client.get(address)
        assert response.status_code == 200, address
        assert "Cookie" not in response.headers.get("Vary", ""), address
        assert "private" not in response.headers.get("Cache-Control", ""), address
        assert not response.cookies


PERSONAL = ["/admin/", "/accounts/", "/accounts/login/", "/review/", "/my/", "/en/my/"]
PERSONAL += [
    "/en/review/",
    "/api/proposals",
    "/changes",
    "/sw.js",
    "/healthz",
    "/downloads/trees.csv",
]
PERSONAL += [
    "/myself/",
    "/fruit-trees/undo",
    "/planning/",
    "/fruit-trees/new/x",
    "/en/accounts/login/",
]


def test_it_names_the_addresses_it_may_keep_and_no_others(client):
    """The worker's own pattern, read from its file: whatever belongs to a person stands at another address."""
    source = (offline.Path(offline.__file__).parent / "static/webmap/worker.js").read_text()
    pattern = re.search(r"const PAGE = new RegExp\(`(.+)`\);", source)
    identifier = re.search(r'const ID = "(.+)";', source)
    assert pattern
    assert identifier
    layers = "|".join(told(client)[0]["layers"])
    text = pattern[1].replace('${told.layers.join("|")}', layers).replace("${ID}", identifier[1])
    page = re.compile(text)
    assert [each for each in PERSONAL if page.match(each)] == []
    some = "0190b8a4-0000-7000-8000-000000000001"
    for each in (
        "/",
        "/en/",
        "/fruit-trees/",
        f"/en/trees/{some}",
        f"/trees/{some}/move",
        "/offline",
    ):
        assert page.match(each), each


@pytest.mark.django_db
def test_a_quarter_is_found_by_a_place_in_it(client):
    make.town()
    found = client.get("/quarter", {"at": "11.15,53.05"}).json()
    assert found["name"] == "Quarter b"
    assert found["box"] == [11.1, 53.0, 11.2, 53.1]
    assert client.get("/quarter", {"at": "12,53"}).status_code == 404
    for wrong in ("", "11", "a,b", "11,53,4", "nan,53", "1e999,1"):
        response = client.get("/quarter", {"at": wrong})
        assert (response.status_code, bool(response.json()["detail"])) == (400, True), wrong


@pytest.mark.django_db
def test_features_are_taken_along_as_the_map_lists_and_shows_them(client):
    make.town()
    apple = make.plant(11.05, 53.05, species=make.species(), note="<script>alert(1)</script>")
    make.plant(11.15, 53.05, species=apple.species)
    found = client.get("/fruit-trees/along", {"bbox": "11.0,53.0,11.1,53.1"}).json()
    assert list(found["details"]) == [str(apple.pk)]
    assert found["list"].count("<li") == 1
    assert f'data-id="{apple.pk}"' in found["list"]
    assert "Apfel" in found["details"][str(apple.pk)]
    assert "<script>" not in json.dumps(found)
    english = client.get("/en/fruit-trees/along", {"bbox": "11.0,53.0,11.1,53.1"}).json()
    assert "Apple" in english["list"]


@pytest.mark.django_db
@pytest.mark.parametrize("layer", registry.map_layers(), ids=lambda layer: layer.name)
def test_every_layer_can_be_taken_along(client, layer):
    make.town()
    response = client.get(f"/{layer.name}/along", {"bbox": "11.0,53.0,11.1,53.1"})
    assert response.status_code == 200
    assert response.json().keys() == {"list", "details"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", ["", "1,2,3", "11,53,12,54", "-180,-90,180,90", "nan,53,11,54", "a,b,c,d"]
)
def test_what_cannot_be_taken_along_is_said(client, wrong):
    make.town()
    response = client.get("/fruit-trees/along", {"bbox": wrong})
    assert (response.status_code, bool(response.json()["detail"])) == (400, True)


@override_settings(DEBUG=True)
def test_files_served_as_they_are_are_kept_when_seen(client):
    assert told(client)[0]["assets"] == []
