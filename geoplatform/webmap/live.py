"""What the map's scripts need in order to keep up with edits (static/webmap/live.js)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.query import changes


def settings() -> dict[str, Any]:
    """Where to ask, and the cursor of now: what the page reads afterwards and changes later is told."""
    return {"changes": reverse("changes"), "cursor": changes.cursor()}


def texts() -> dict[str, str]:
    return {
        "changedInView": _(
            "Somebody changed something in view. Map and list follow by themselves from now on."
        )
    }
