"""The list of features around a place, and a feature in full: what templates show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import COMMON, property_by_name
from geoplatform.catalog.symbols import GONE, STATES, UNCONFIRMED, Categorized
from geoplatform.pages import words
from geoplatform.pages.place import box_of, municipality_name
from geoplatform.query.around import closest, count_up_to
from geoplatform.query.feature_query import Box
from geoplatform.query.select import rows
from geoplatform.rendering.legend import swatches
from geoplatform.webmap.find import View

SHOWN = 50
COUNTED = 1000  # features in view; that there are more is all that a reader of a list wants to know


@dataclass(frozen=True)
class Entry:
    """One line of the list. `distance` is in metres from the place that the list is about."""

    id: str
    address: str
    title: str
    international: str
    summary: str
    swatch: str
    unconfirmed: bool
    gone: bool
    longitude: float
    latitude: float
    distance: float | None

    @property
    def distance_text(self) -> str:
        if self.distance is None:
            return ""
        if self.distance < 995:
            return f"{round(self.distance, -1):.0f} m"
        return f"{number_format(round(self.distance / 1000, 1))} km"


@dataclass(frozen=True)
class Listing:
    """The features nearest to a place, and how many there are in view: `more` than `count` where it was not counted on.

    from_place  whether distances are from the place that the reader named, not from the middle of the view
    """

    entries: list[Entry]
    count: int
    more: bool
    from_place: bool


def around(view: View, box: Box | None) -> Listing:
    """What a view shows in a box, from all of the layer without one: nearest to its place, else to the box's middle."""
    place = view.near or (middle(box) if box else None)
    query = view.query(bbox=box, limit=SHOWN)
    entries = listed(view.layer, closest(query, *place) if place else rows(query))
    count = len(entries)
    if count == SHOWN:
        count = count_up_to(replace(query, limit=None), COUNTED)
    return Listing(entries, count, count == COUNTED, view.near is not None)


def listed(layer: Layer, found: Iterable[dict[str, Any]]) -> list[Entry]:
    """A line for each row that stands somewhere."""
    looks = swatches(layer)
    return [entry_of(layer, row, looks) for row in found if row["geometry"]]


def entry_of(layer: Layer, row: dict[str, Any], looks: dict[tuple[str, str], str]) -> Entry:
    """A feature as a line of a list, with its distance where the row knows `metres`."""
    values = row["properties"]
    longitude, latitude = somewhere(row["geometry"])
    known = property_by_name(layer)
    name = words.title(layer, values)
    parts = [
        f"{line.label} {line.value}" for line in words.seasons(layer, values).values() if line.value
    ]
    parts += [
        words.words(known[n], values.get(n))
        for n in layer.editable
        if n in known and known[n].choices
    ]
    other = words.international(layer)
    symbol = layer.symbol
    category = str(values.get(symbol.field)) if isinstance(symbol, Categorized) else ""
    state = values.get("status") if values.get("status") in STATES else ""
    return Entry(
        id=row["id"],
        address=address(layer, row["id"]),
        title=name,
        international=str(values.get(other) or "") if other else "",
        summary=" · ".join(part for part in parts if part and part.lower() != name.lower()),
        swatch=looks.get((category, state)) or looks.get(("", state), ""),
        unconfirmed=state == UNCONFIRMED,
        gone=state == GONE,
        longitude=longitude,
        latitude=latitude,
        distance=row.get("metres"),
    )


def address(layer: Layer, id: str) -> str:
    return reverse("feature", args=[layer.name, id])


def somewhere(geometry: dict[str, Any]) -> tuple[float, float]:
    """Where to look for a geometry on the map: a point itself, the middle of the box of anything else."""
    west, south, east, north = box_of(geometry["coordinates"])
    return (west + east) / 2, (south + north) / 2


def middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def details(layer: Layer, row: dict[str, Any]) -> dict[str, Any]:
    """Everything that a page says about one feature."""
    values = dict(row["properties"])
    common = [entry if isinstance(entry, str) else entry.name for entry in COMMON]
    known = property_by_name(layer)
    if values.get("municipality"):
        values["municipality"] = municipality_name(values["municipality"])
    own = [name for name in known if name not in common]
    # Version and change stand in one sentence at the end; the status is a badge beside the title.
    kept = [
        name for name in common if name in known and name not in ("status", "changed", "version")
    ]
    other = words.international(layer)
    longitude, latitude = somewhere(row["geometry"]) if row["geometry"] else (None, None)
    return {
        "layer": layer,
        "id": row["id"],
        "address": address(layer, row["id"]),
        "history": reverse("history", args=[layer.name, row["id"]]),
        # By name: a browser that asks without one is led back to this page.
        "geojson": f"/api/collections/{layer.name}/items/{row['id']}?f=json",
        "title": words.title(layer, values),
        "international": str(values.get(other) or "") if other else "",
        "status": values.get("status"),
        "status_words": words.words(known["status"], values.get("status")),
        "lines": words.lines(layer, values, own),
        "origin": words.lines(layer, values, kept),
        "changed": _("Version %(version)s, changed on %(date)s")
        % {"version": values["version"], "date": words.words(known["changed"], values["changed"])},
        "longitude": longitude,
        "latitude": latitude,
        "is_point": layer.dimension == 0,
        # Close enough to tell trees apart, far enough to see a park.
        "zoom": 17 if layer.dimension == 0 else 15,
    }
