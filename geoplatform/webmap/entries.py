"""The list of features around a place, and a feature in full: what templates show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import COMMON, property_by_name
from geoplatform.catalog.symbols import GONE, STATES, UNCONFIRMED, Categorized
from geoplatform.pages import words
from geoplatform.pages.place import box_of, municipality_name
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.select import rows
from geoplatform.rendering.legend import swatches

SHOWN = 50
# Of so many in view the nearest ones are looked for; a wider view is cut down around its centre first.
CONSIDERED = 1000
EARTH = 6_371_000  # metres, mean radius


@dataclass(frozen=True)
class Entry:
    """One line of the list. `distance` is in metres from the middle of the view."""

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


def around(layer: Layer, box: Box | None) -> tuple[list[Entry], int, bool]:
    """The features nearest to the middle of a box, how many were looked at, and whether there are more."""
    found = rows(FeatureQuery(layer=layer, bbox=box, limit=CONSIDERED))
    more = len(found) == CONSIDERED
    middle = _middle(box) if box else None
    while box and len(found) == CONSIDERED and box[2] - box[0] > 1e-4:
        box = _halved(box)
        closer = rows(FeatureQuery(layer=layer, bbox=box, limit=CONSIDERED))
        found = closer if len(closer) >= SHOWN else found
        if len(closer) < CONSIDERED:
            break
    by_look = swatches(layer)
    entries = [entry_of(layer, row, middle, by_look) for row in found if row["geometry"]]
    if middle:
        entries.sort(key=lambda each: each.distance or 0)
    return entries[:SHOWN], len(entries), more


def entry_of(
    layer: Layer,
    row: dict[str, Any],
    middle: tuple[float, float] | None,
    swatches: dict[tuple[str, str], str],
) -> Entry:
    """A feature as a line of a list; `middle` is the longitude and latitude that its distance is told from."""
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
        swatch=swatches.get((category, state)) or swatches.get(("", state), ""),
        unconfirmed=state == UNCONFIRMED,
        gone=state == GONE,
        longitude=longitude,
        latitude=latitude,
        distance=_metres(middle, (longitude, latitude)) if middle else None,
    )


def address(layer: Layer, id: str) -> str:
    return reverse("feature", args=[layer.name, id])


def somewhere(geometry: dict[str, Any]) -> tuple[float, float]:
    """Where to look for a geometry on the map: a point itself, the middle of the box of anything else."""
    west, south, east, north = box_of(geometry["coordinates"])
    return (west + east) / 2, (south + north) / 2


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _halved(box: Box) -> Box:
    x, y = _middle(box)
    width, height = (box[2] - box[0]) / 4, (box[3] - box[1]) / 4
    return x - width, y - height, x + width, y + height


def _metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """For sorting and for people: on a sphere, exact to half a percent."""
    x = math.radians(b[0] - a[0]) * math.cos(math.radians((a[1] + b[1]) / 2))
    return EARTH * math.hypot(x, math.radians(b[1] - a[1]))


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
