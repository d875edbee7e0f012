"""Addresses to copy into other programs: where a layer can be had, for whom, and what to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer


@dataclass(frozen=True)
class Address:
    """One way to a layer. `path` may hold `{layer}`; `hint` says what to type where."""

    title: Any
    path: str
    hint: Any
    file: bool = False  # to be saved rather than copied


WAYS = (
    Address(
        _("Map service (WMS)"),
        "/wms",
        _("For QGIS, ArcGIS and geoportals; there choose the layer %(layer)s."),
    ),
    Address(
        _("Features (OGC API)"),
        "/api/",
        _("For QGIS (WFS / OGC API Features) and GDAL; the collection %(layer)s."),
    ),
    Address(
        _("GeoJSON"), "/api/collections/{layer}/items?f=json", _("For programs and web pages.")
    ),
    Address(
        _("Vector tiles"),
        "/tiles/{layer}.json",
        _("TileJSON, for MapLibre and QGIS."),
    ),
    Address(_("Style of the map"), "/styles/{layer}.json", _("For MapLibre and QGIS.")),
    Address(_("GeoPackage"), "/downloads/{layer}.gpkg", "", file=True),
    Address(_("CSV"), "/downloads/{layer}.csv", "", file=True),
)


def elsewhere(request: HttpRequest, layer: Layer) -> dict[str, list[dict[str, Any]]]:
    """The addresses of a layer, absolute as the reader sees this host: `copy` and `files`."""
    found: dict[str, list[dict[str, Any]]] = {"copy": [], "files": []}
    for way in WAYS:
        address = request.build_absolute_uri(way.path.format(layer=layer.name))
        each = {
            "title": way.title,
            "address": address,
            "hint": str(way.hint) % {"layer": layer.name},
        }
        found["files" if way.file else "copy"].append(each)
    return found
