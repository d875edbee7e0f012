"""What the script needs that draws an area into a form's field (static/planning/area.js)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.pages.place import start_box
from geoplatform.pages.smallmap import small_map


def map_settings() -> dict[str, Any]:
    """Its settings: corners snap to the outlines of quarters."""
    return small_map(
        start_box(),
        style="/styles/geoplatform.json",
        outlines=[registry.by_role("quarter").name],
        words={
            "drawing": _(
                "Click corner by corner, the first one again to close it. Corners can be moved then."
            ),
            "corners": _("%(count)s corners."),
            "noMap": _("Your browser cannot draw the map: write the area into the field."),
        },
    )
