"""Tiles as PostGIS made them; TileJSON and styles with absolute addresses, since clients resolve no others."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from isal import igzip

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.formats.compression import IDENTITY, whole
from geoplatform.pyramid.render import render
from geoplatform.query.cql2 import Filter, parse_filter
from geoplatform.query.facets import Choices, parse_facets, simplified
from geoplatform.rendering.maplibre import style
from geoplatform.services.negotiation import absolute, accepts, json_response, known_etags
from geoplatform.services.problems import Problem, problems, refuse_parameters
from geoplatform.services.tiles import store
from geoplatform.services.tiles.tilejson import tilejson as make_tilejson

MVT = "application/vnd.mapbox-vector-tile"
# A tile is asked for again each time and answered by 304 while it is the same: an edit is seen at once by everybody.
REVALIDATE = "no-cache"


def _layer(name: str) -> Layer:
    layer = registry.get(name)
    if layer is None or not layer.geometry:
        raise Problem(404, _("There is no map layer %s.") % name)
    return layer


def _variant(choices: Choices) -> str | None:
    """How a choice is called in the store; None for one that is too rare to be kept: several facets or values."""
    if not choices:
        return ""
    if len(choices) > 1 or len(choices[0].values) > 1:
        return None
    return json.dumps([choices[0].facet.name, *choices[0].values], default=str)


@problems("GET", "HEAD")
def tile(request: HttpRequest, name: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile, empty where nothing stands: 200 without a body, which MapLibre and GDAL take for an empty tile."""
    layer = _layer(name)
    if z > 22 or x >= 2**z or y >= 2**z:
        raise Problem(
            404, _("There is no such tile: zoom 0 to 22, columns and rows below two to the zoom.")
        )
    condition, choices = _narrowed(layer, request.GET.dict())
    known = known_etags(request)
    found = store.tile(
        layer,
        z,
        x,
        y,
        facets=_variant(choices) if condition is None else None,
        known=known,
        make=lambda: render(layer, z, x, y, choices, condition),
    )
    headers = {
        # Weak: the same tile is sent compressed or not (RFC 9110, 8.8.1).
        "ETag": f'W/"{found.etag}"',
        "Cache-Control": REVALIDATE,
        "Vary": "Accept-Encoding",
    }
    if found.body is None or "*" in known:
        return HttpResponseNotModified(headers=headers)
    body = found.body
    if body and accepts(request, "gzip"):
        headers["Content-Encoding"] = "gzip"
    elif body:
        body = igzip.decompress(body)
    headers["Content-Length"] = str(len(body))
    return HttpResponse(body, content_type=MVT, headers=headers)


def _narrowed(layer: Layer, parameters: dict[str, str]) -> tuple[Filter | None, Choices]:
    """What `filter` and facets as parameters of their own let through; as choices, as far as they are no more."""
    text = parameters.pop("filter", None)
    condition = parse_filter(text, layer=layer) if text is not None else None
    return simplified(condition, parse_facets(layer, parameters))


def _tile_address(request: HttpRequest, layer: Layer) -> str:
    # The braces of the template must reach the client as they are.
    address = absolute(request, f"/tiles/{layer.name}/") + "{z}/{x}/{y}.mvt"
    return f"{address}?{request.GET.urlencode()}" if request.GET else address


@problems("GET", "HEAD")
def tilejson(request: HttpRequest, name: str) -> HttpResponse:
    """Of the whole layer, or of what the parameters of its tiles leave of it: they are checked here already."""
    layer = _layer(name)
    _narrowed(layer, request.GET.dict())
    return _answer(request, make_tilejson(layer, _tile_address(request, layer)))


@problems("GET", "HEAD")
def whole_style(request: HttpRequest) -> HttpResponse:
    return _style(request, registry.map_layers(), _("Open green map"))


@problems("GET", "HEAD")
def layer_style(request: HttpRequest, name: str) -> HttpResponse:
    layer = _layer(name)
    return _style(request, [layer], str(layer.title))


def _style(request: HttpRequest, layers: list[Layer], name: str) -> HttpResponse:
    body = style(layers, lambda layer: absolute(request, f"/tiles/{layer.name}.json"), name)
    hidden = {layer.name for layer in layers if not layer.visible}
    for each in body["layers"]:
        if each.get("source") in hidden:
            each["layout"]["visibility"] = "none"
    return _revalidated(request, body)


def _revalidated(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    refuse_parameters(request)
    return _answer(request, body)


def _answer(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """The document, or 304 to who has it; a language or a host of its own makes a text of its own."""
    response = json_response(body)
    etag = blake2b(response.content, digest_size=12).hexdigest()
    headers = {
        "ETag": f'W/"{etag}"',
        "Cache-Control": REVALIDATE,
        "Vary": f"{response.headers['Vary']}, Accept-Encoding",
    }
    if known_etags(request) & {etag, "*"}:
        return HttpResponseNotModified(headers=headers)
    response.content, coding = whole(response.content, request.headers.get("Accept-Encoding"))
    if coding != IDENTITY:
        headers["Content-Encoding"] = coding
    for name, value in {**headers, "Content-Length": str(len(response.content))}.items():
        response.headers[name] = value
    return response
