"""What every page with a small map tells its script (static/pages/map.js)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.pages.basemap import basemap
from geoplatform.pages.frame import worker
from geoplatform.query.feature_query import Box


def small_map(box: Box | None, **more: Any) -> dict[str, Any]:
    """box: west, south, east, north in degrees, where the map opens unless what it shows says so."""
    return {"worker": worker(), "basemap": basemap(), "box": box, "texts": map_texts(), **more}


def map_texts() -> dict[str, str]:
    """Words of the map's controls, by the names that the library gives them."""
    return {
        "Map.Title": _("Map"),
        "NavigationControl.ZoomIn": _("Zoom in"),
        "NavigationControl.ZoomOut": _("Zoom out"),
        "AttributionControl.ToggleAttribution": _("Show or hide sources"),
        "ScaleControl.Meters": "m",
        "ScaleControl.Kilometers": "km",
        "CooperativeGesturesHandler.WindowsHelpText": _("Hold Ctrl to zoom by wheel"),
        "CooperativeGesturesHandler.MacHelpText": _("Hold ⌘ to zoom by wheel"),
        "CooperativeGesturesHandler.MobileHelpText": _("Move the map with two fingers"),
    }
