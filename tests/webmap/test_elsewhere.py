"""The addresses that the map offers for use in other programs."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.webmap.elsewhere import elsewhere
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("layer", registry.map_layers(), ids=lambda layer: layer.name)
def test_every_address_is_absolute_and_answers(layer, rf):
    make.town()
    make.plant(species=make.species())
    ways = elsewhere(rf.get("/", headers={"host": "localhost"}), layer)
    found = [*ways["copy"], *ways["files"]]
    assert len(found) >= 7
    for way in found:
        assert way["address"].startswith("http://localhost/")
        path = way["address"].removeprefix("http://localhost")
        if path == "/wms":
            path += "?SERVICE=WMS&REQUEST=GetCapabilities"
        response = Client().get(path)
        assert response.status_code == 200, path
        b"".join(response) if response.streaming else response.content  # one answer at a time


def test_they_stand_on_the_map_beside_their_layer():
    html = unescape(Client().get("/en/").content.decode())
    for layer in registry.map_layers():
        assert f"<code>http://testserver/tiles/{layer.name}.json</code>" in html
        assert f"the layer {layer.name}." in html
    assert len(re.findall('class="elsewhere"', html)) == len(registry.map_layers())
