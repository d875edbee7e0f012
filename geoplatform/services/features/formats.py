"""The formats that features are answered in."""

from __future__ import annotations

from geoplatform.formats.writers import WRITERS
from geoplatform.services.negotiation import HTML, Offer

GEOJSON = "application/geo+json"
# `json` is what QGIS and GDAL ask for by name.
ITEMS = (
    Offer("json", GEOJSON, "GeoJSON", aliases=("geojson",)),
    HTML,
    # The same that whole layers are taken away in.
    *(
        Offer(each.name, each.media_type.partition(";")[0], each.title)
        for each in WRITERS.values()
        if each.media_type != GEOJSON
    ),
)
ITEM = ITEMS[:2]
# Queryables and schema; the second for clients that accept nothing but plain JSON.
SCHEMA = (
    Offer("json", "application/schema+json", "JSON Schema"),
    Offer("plain", "application/json", "JSON"),
)
