"""The small map beside tables: what its script is told (static/api/smallmap.js), and the legend."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages.frame import worker
from geoplatform.rendering.legend import legend

GROUND = ("municipality", "quarter")  # roles; what a reader finds their way by


def map_settings(layer: Layer, box: Any, features: str | None = None) -> dict[str, Any]:
    """For a map of a whole layer by its tiles, or of the `features` at an address of GeoJSON.

    box  west, south, east, north in degrees: where the map opens, unless features say so
    """
    ground = [each for each in registry.map_layers() if each.role in GROUND and each is not layer]
    return {
        "style": f"/styles/{layer.name}.json",
        "ground": [f"/styles/{each.name}.json" for each in ground],
        "features": features,
        "box": box,
        "worker": worker(),
        "texts": {
            "Map.Title": _("Map"),
            "NavigationControl.ZoomIn": _("Zoom in"),
            "NavigationControl.ZoomOut": _("Zoom out"),
            "AttributionControl.ToggleAttribution": _("Show or hide sources"),
            "ScaleControl.Meters": "m",
            "ScaleControl.Kilometers": "km",
            "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl to zoom by wheel"),
            "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ to zoom by wheel"),
            "CooperativeGesturesHandler.MobileHelpText": _("Move the map with two fingers"),
        },
    }


def legends(layer: Layer) -> list[dict[str, Any]]:
    """Label and swatch of each category."""
    return [
        {"label": each.label, "svg": mark_safe(each.svg)}  # noqa: S308  made by ourselves
        for each in legend(layer)
    ]
