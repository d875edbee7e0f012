"""What the page of a scenario tells the script that draws: the map, what can be drawn, and the words for it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.analysis import overlay, reading
from geoplatform.pages.place import start_box
from geoplatform.pages.smallmap import small_map


def settings() -> dict[str, Any]:
    """For static/planning/scenario.js. `shape` is what is drawn of a layer: area, line or point."""
    shapes = {"streets": "line", "trees": "point"}
    tools = {"green": _("Park"), "gardens": _("Garden"), "streets": _("Path"), "trees": _("Trees")}
    return small_map(
        start_box(),
        style="/styles/geoplatform.json",
        subjects=[
            {
                "layer": reading.layer_name(subject),
                "title": str(reading.layer_of(reading.layer_name(subject)).title),
                "kinds": overlay.kinds(subject),
                "usual": overlay.USUAL_KINDS.get(subject, ""),
                "tool": tools[subject],
                "shape": shapes.get(subject, "area"),
            }
            for subject in overlay.SUBJECTS
        ],
        outlines=[reading.layer_name(each) for each in overlay.SUBJECTS if each != "trees"],
        words=_words(),
    )


def _words() -> dict[str, str]:
    """What the script of the drawing says."""
    return {
        "draw-area": _("Click corner by corner, the first one again to close it. Corners can be moved then."),
        "draw-line": _("Click point by point, the last one again to end it. Its ends join streets that are near."),
        "draw-point": _("Click where trees would stand."),
        "draw-there": _("Click what is to be taken away or changed."),
        "done": _("Put it into the drawing"),
        "look": _("Look what is there"),
        "corners": _("Please write one corner on each line: latitude, longitude."),
        "holes": _("This outline has holes: it can be changed as text alone."),
        "found": _("This is there:"),
        "nothing": _("Nothing is there that a scenario could change."),
        "remove": _("Take away"),
        "change": _("Change the outline"),
        "is-add": _("new"),
        "is-change": _("changed"),
        "is-remove": _("taken away"),
        "asItIs": _("as it is"),
        "busy": _("Other questions are being answered: the figures follow in a moment."),
        "offline": _("The server does not answer. What is drawn is still here."),
        "noMap": _("Your browser cannot draw the map: write corners into the field."),
    }  # fmt: skip
