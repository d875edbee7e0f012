"""How to use a layer: commands to copy, and questions to click on."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties
from geoplatform.query.crs import supported
from geoplatform.services.negotiation import absolute


def programs(request: HttpRequest, layer: Layer) -> list[dict[str, str]]:
    """What to paste where, with this server's own address."""
    api = absolute(request, "/api/")
    items = absolute(request, f"/api/collections/{layer.name}/items")
    variable = layer.name.replace("-", "_")
    return [
        {
            "title": "QGIS",
            "note": _(
                "Layer → Add layer → Add WFS / OGC API – Features layer → New: paste this address."
            ),
            "code": api,
        },
        {
            "title": "GDAL",
            "note": _("Into a GeoPackage, all pages of it:"),
            "code": f'ogr2ogr {variable}.gpkg "OAPIF:{api.rstrip("/")}" {layer.name}',
        },
        {
            "title": "Python",
            "note": _("With geopandas, in the right coordinate system:"),
            "code": f'import geopandas; {variable} = geopandas.read_file("OAPIF:{api.rstrip("/")}",'
            f' layer="{layer.name}")',
        },
        {
            "title": "curl",
            "note": _("The first ten features as GeoJSON:"),
            "code": f'curl "{items}?f=json&limit=10"',
        },
    ]


def questions(request: HttpRequest, layer: Layer, body: dict[str, Any]) -> list[dict[str, str]]:
    """Questions to this layer that have an answer here, each with its address."""
    choice = _choice(layer)
    found: list[tuple[str, dict[str, str]]] = []
    if box := body.get("extent", {}).get("spatial", {}).get("bbox", [None])[0]:
        found.append((_("What lies in a box (west, south, east, north)"), {"bbox": middle(box)}))
    if layer.geometry:
        metric = next(each for each in supported() if not each.degrees)
        about = _("Coordinates in metres (%s)") % metric.name
        found.append((about, {"crs": metric.uri, "limit": "10"}))
    value, words = choice.choices[0]
    about = f"{choice.title}: {words}"
    found.append((about, {choice.name: str(value)}))
    found.append((_("What was changed last"), {"sortby": "-changed", "limit": "10"}))
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    at = yesterday.strftime("%Y-%m-%dT00:00:00Z")
    found.append((_("The layer as it was yesterday"), {"datetime": at}))
    # Where the layer says what can be asked for, it also takes CQL2 (OGC 19-079r2, clause 6).
    if any(link["rel"].endswith("queryables") for link in body["links"]):
        chosen = ", ".join(f"'{value}'" for value, _words in choice.choices[:2])
        about = _("A question of your own in CQL2")
        found.append((about, {"filter": f"{choice.name} IN ({chosen}) AND version >= 1"}))
    address = f"/api/collections/{layer.name}/items"
    return [
        {
            "about": about,
            "text": "&".join(f"{name}={value}" for name, value in asked.items()),
            "address": absolute(request, f"{address}?{urlencode(asked)}"),
        }
        for about, asked in found
    ]


def _choice(layer: Layer) -> Property:
    """The first property with a list of values; `status`, which all features have, if none."""
    return next(each for each in properties(layer) if each.choices)


def middle(box: tuple[float, float, float, float]) -> str:
    """The middle quarter of a box, as text for `bbox`."""
    west, south, east, north = box
    x, y = (west + east) / 2, (south + north) / 2
    width, height = (east - west) / 4, (north - south) / 4
    return ",".join(f"{each:.4f}" for each in (x - width, y - height, x + width, y + height))
