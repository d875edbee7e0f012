"""Tiles as PostGIS made them; TileJSON and styles with absolute addresses, since clients resolve no others."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.translation import gettext as _
from isal import igzip

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties
from geoplatform.query.mvt import has_names, names_of
from geoplatform.query.mvt import tile as make_tile
from geoplatform.query.select import attributions, extent
from geoplatform.rendering.maplibre import style
from geoplatform.services.negotiation import absolute, accepts, json_response, known_etags
from geoplatform.services.problems import Problem, problems, refuse_parameters
from geoplatform.services.tiles import store

MVT = "application/vnd.mapbox-vector-tile"
# A tile is asked for again each time and answered by 304 while it is the same: an edit is seen at once by everybody.
REVALIDATE = "no-cache"


def _layer(name: str) -> Layer:
    layer = registry.get(name)
    if layer is None or not layer.geometry:
        raise Problem(404, _("There is no map layer %s.") % name)
    return layer


@problems("GET", "HEAD")
def tile(request: HttpRequest, name: str, z: int, x: int, y: int) -> HttpResponse:
    """A tile, empty where nothing stands: 200 without a body, which MapLibre, QGIS and GDAL take for an empty tile."""
    layer = _layer(name)
    if z > 22 or x >= 2**z or y >= 2**z:
        raise Problem(
            404, _("There is no such tile: zoom 0 to 22, columns and rows below two to the zoom.")
        )
    refuse_parameters(request)
    known = known_etags(request)
    found = store.tile(layer, z, x, y, known=known, make=lambda: make_tile(layer, z, x, y))
    headers = {
        # Weak: the same tile is sent compressed or not (RFC 9110, 8.8.1).
        "ETag": f'W/"{found.etag}"',
        "Cache-Control": REVALIDATE,
        "Vary": "Accept-Encoding",
    }
    if found.body is None or "*" in known:
        return HttpResponse(status=304, headers=headers)
    body = found.body
    if body and accepts(request, "gzip"):
        headers["Content-Encoding"] = "gzip"
    elif body:
        body = igzip.decompress(body)
    headers["Content-Length"] = str(len(body))
    return HttpResponse(body, content_type=MVT, headers=headers)


def _tile_address(request: HttpRequest, layer: Layer) -> str:
    # The braces of the template must reach the client as they are.
    return absolute(request, f"/tiles/{layer.name}/") + "{z}/{x}/{y}.mvt"


@problems("GET", "HEAD")
def tilejson(request: HttpRequest, name: str) -> HttpResponse:
    """TileJSON 3.0."""
    layer = _layer(name)
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [_tile_address(request, layer)],
        "minzoom": layer.zooms[0],
        # Beyond, clients draw the last tiles larger: coordinates are exact to a few centimetres by then.
        "maxzoom": min(layer.zooms[1], 18),
        "vector_layers": [
            {
                "id": layer.name,
                "description": layer.description,
                "fields": {each.name: each.title for each in properties(layer)},
            }
        ],
    }
    if whom := attributions(layer):
        # Clients show it as HTML.
        body["attribution"] = escape(" · ".join(whom))
    if has_names(layer):
        about = {
            "id": names_of(layer),
            "description": _("Where the names stand"),
            "fields": {layer.label: ""},
        }
        body["vector_layers"].append(about)
    # Where people add points no box holds tiles back: one outside of it would not be seen.
    box = None if layer.open_to_all else extent(layer)
    if box:
        body["bounds"] = box
    return _revalidated(json_response(body))


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
    return _revalidated(json_response(body))


def _revalidated(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = REVALIDATE
    return response
