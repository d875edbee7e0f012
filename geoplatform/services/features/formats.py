"""The formats that features are answered in."""

from __future__ import annotations

from geoplatform.services.negotiation import HTML, Offer

GEOJSON = "application/geo+json"
# `json` is what QGIS and GDAL ask for by name.
ITEMS = (
    Offer("json", GEOJSON, "GeoJSON", aliases=("geojson",)),
    HTML,
)
ITEM = ITEMS[:2]
