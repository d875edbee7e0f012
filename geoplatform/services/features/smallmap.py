"""The small map beside tables: what its script is told (static/api/smallmap.js), and the legend."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import mark_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages.smallmap import small_map
from geoplatform.rendering.legend import legend

GROUND = ("municipality", "quarter")  # roles; what a reader finds their way by


def map_settings(layer: Layer, box: Any, features: str | None = None) -> dict[str, Any]:
    """For a map of a whole layer by its tiles, or of the `features` at an address of GeoJSON.

    box  west, south, east, north in degrees: where the map opens, unless features say so
    """
    ground = [each for each in registry.map_layers() if each.role in GROUND and each is not layer]
    return small_map(
        box,
        style=f"/styles/{layer.name}.json",
        ground=[f"/styles/{each.name}.json" for each in ground],
        features=features,
    )


def legends(layer: Layer) -> list[dict[str, Any]]:
    """Label and swatch of each category."""
    return [
        {"label": each.label, "svg": mark_safe(each.svg)}  # noqa: S308  made by ourselves
        for each in legend(layer)
    ]
