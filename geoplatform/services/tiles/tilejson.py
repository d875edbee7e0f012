"""TileJSON 3.0: what a client must know before it asks for tiles."""

from __future__ import annotations

import math
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties
from geoplatform.pyramid.render import ALONE_FROM
from geoplatform.query.feature_query import Box
from geoplatform.query.mvt import carried, counts_of, has_names, names_of
from geoplatform.query.select import attributions
from geoplatform.services.extents import bounds

# Beyond, clients draw the last tiles larger: coordinates are exact to a few centimetres by then.
LAST_ZOOM = 18


def tilejson(layer: Layer, address: str) -> dict[str, Any]:
    """The document of one layer; `address` is the absolute template of its tiles."""
    zooms = {"minzoom": layer.zooms[0], "maxzoom": min(layer.zooms[1], LAST_ZOOM)}
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.description,
        "scheme": "xyz",
        "tiles": [address],
        **zooms,
        "vector_layers": [
            {"id": layer.name, "description": layer.description, "fields": _fields(layer), **zooms}
        ],
    }
    if has_pyramid(layer) and layer.zooms[0] <= DEEPEST:
        body["vector_layers"].append(
            {
                "id": counts_of(layer),
                "description": _("How many there are, block by block of an eighth of a tile"),
                "fields": {"n": _("number")},
                "minzoom": layer.zooms[0],
                "maxzoom": min(layer.zooms[1], ALONE_FROM - 1),
            }
        )
    if has_names(layer):
        label = next(each for each in properties(layer) if each.name == layer.label)
        about = {
            "id": names_of(layer),
            "description": _("Where the names stand"),
            "fields": {label.name: label.title},
            **zooms,
        }
        body["vector_layers"].append(about)
    if whom := attributions(layer):
        # Clients show it as HTML.
        body["attribution"] = escape(" · ".join(whom))
    if box := bounds(layer):
        body["bounds"] = box
        body["center"] = _center(box, **zooms)
    return body


def _fields(layer: Layer) -> dict[str, Any]:
    """Attributes of the tiles; those that come later than the layer say from which zoom on."""
    fields: dict[str, Any] = {"id": _("identifier (UUID)")}
    first = _first_zooms(layer)
    for each in properties(layer):
        if each.name in first:
            late = first[each.name] > layer.zooms[0]
            fields[each.name] = (
                _("%(title)s (from zoom %(zoom)d)")
                % {"title": each.title, "zoom": first[each.name]}
                if late
                else each.title
            )
    return fields


def _first_zooms(layer: Layer) -> dict[str, int]:
    first: dict[str, int] = {}
    for z in range(layer.zooms[0], min(layer.zooms[1], LAST_ZOOM) + 1):
        for each in carried(layer, z):
            first.setdefault(each.name, z)
    return first


def _center(box: Box, minzoom: int, maxzoom: int) -> tuple[float, float, int]:
    """Longitude, latitude and the zoom at which the box fills about two tiles (512 pixels)."""
    west, south, east, north = box
    width = max(east - west, 360 / 2**22)
    zoom = int(math.log2(360 / width)) + 1
    return (west + east) / 2, (south + north) / 2, min(max(zoom, minzoom), maxzoom)
