"""How tests send the forms of the map: as a browser without JavaScript does."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.test import Client

from geoplatform.pages import guard
from layers.gardens import Garden
from tests import make

OURS = {"Sec-Fetch-Site": "same-origin"}
KEY = "k" * 43
OTHER = "o" * 43
GARDEN_BOX = (11.02, 53.02, 11.03, 53.03)


def post(path: str, layer: str = "fruit-trees", **fields: Any) -> Any:
    """A form of this layer, sent from a page of ours."""
    data = {"token": guard.token(layer), **fields}
    return Client(enforce_csrf_checks=True).post(path, data, headers=OURS)


def text(response: Any) -> str:
    """What stands on a page, without markup."""
    plain = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", plain)


def hidden(response: Any, name: str) -> str:
    """The value of a hidden field on a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    assert found, name
    return unescape(found[1])


def errors(response: Any) -> dict[str, str]:
    """Messages by the field that they stand beside."""
    html = response.content.decode()
    found = re.findall(r'<ul class="errorlist"[^>]*id="id_(\w+)_error"[^>]*>(.*?)</ul>', html, re.S)
    return {name: unescape(re.sub(r"<[^>]+>", "", words)).strip() for name, words in found}


def garden(name: str = "Am See", box: tuple[float, float, float, float] = GARDEN_BOX) -> Garden:
    return make.garden(name, box)
