"""The figures of a scenario beside those of the cities that it is laid upon, both of one state of the database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.utils.translation import gettext as _

from geoplatform.analysis import keeping, reading
from geoplatform.analysis.answer import Answer, assembled, checked
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Indicator
from geoplatform.analysis.joining import JOIN
from geoplatform.analysis.overlay import Overlay
from geoplatform.analysis.scenario import Laid, laid
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import Box


@dataclass(frozen=True)
class Moved:
    """What an indicator says without and with the overlay; `warnings` are what a reader must know of it."""

    before: Answer
    after: Answer
    warnings: tuple[str, ...]


def towns_of(overlay: Overlay) -> tuple[str, ...]:
    """Keys (AGS) of the municipalities that its shapes meet. Raises QueryError where there is none."""
    if overlay.box is None:
        return ()
    found = tuple(reading.municipalities_in(overlay.box))
    if not found:
        message = _("The drawing lies in no municipality of this platform with quarters.")
        raise QueryError("overlay", message + _swapped(overlay))
    return found


def whatif(
    indicator: Indicator,
    municipalities: Sequence[str],
    values: Mapping[str, Any] | None,
    overlay: Overlay,
    *,
    at: dt.datetime | None = None,
) -> Moved:
    """Ask an indicator of some municipalities (AGS), as they are at an instant (None: now) and as they would be.

    Raises as `answer` does; QueryError also for a part that lies beyond all of these municipalities.
    """
    asked = checked(indicator, municipalities, values, at)
    before, after, states = [], [], []
    boxes = []
    for ags in asked.towns:
        kept = keeping.current(ags, at)
        boxes.append(shapely.box(*kept.town.box))

        def change(city: City, box: Box = kept.town.box) -> City:
            felled = _felled(overlay, list(city.quarters.index), at)
            states.append(laid(city, overlay, box=box, felled=felled))
            return states[-1].city

        as_is, otherwise = keeping.would_be(kept, indicator, asked.values, change)
        before.append(as_is)
        after.append(otherwise)
    _must_be_near(overlay, boxes)
    warnings = tuple(_warnings(overlay, states))
    return Moved(assembled(asked, before), assembled(asked, after), warnings)


def _felled(overlay: Overlay, quarters: list[str], at: dt.datetime | None) -> Any:
    ids = [each.id for each in overlay.parts if each.subject == "trees" and each.act == "remove"]
    return reading.trees(quarters, at, ids=ids) if ids else None


def _must_be_near(overlay: Overlay, boxes: list[shapely.Geometry]) -> None:
    """Raises QueryError where a shape is beyond all that is read of the municipalities."""
    for number, each in enumerate(overlay.parts, 1):
        if each.shape is not None and not shapely.intersects(each.shape, boxes).any():
            message = _("Feature %d lies outside of the municipalities that are asked.") % number
            raise QueryError("overlay", message + _swapped(overlay))


def _swapped(overlay: Overlay) -> str:
    """A hint for those who wrote latitude first."""
    if overlay.box is None:
        return ""
    west, south, east, north = overlay.box
    swapped = max(abs(west), abs(east)) <= 90 and reading.municipalities_in(
        (south, west, north, east)
    )
    return " " + _("Are longitude and latitude swapped?") if swapped else ""


def _warnings(overlay: Overlay, states: list[Laid]) -> list[str]:
    known = frozenset().union(*(each.known for each in states))
    placed = frozenset().union(*(each.placed for each in states))
    # What one city's streets do not join, those beyond its border may.
    alone = [(each.placed, each.islands) for each in states]
    islands = {id for _placed, some in alone for id in some} - {
        id for placed, some in alone for id in placed - some
    }
    found = []
    for number, each in enumerate(overlay.parts, 1):
        called = {"number": number, "name": f" ({each.name})" if each.name else ""}
        if each.id in islands:
            found.append(
                _("Feature %(number)d%(name)s is an island: it comes within %(metres)d m of no street or path.")
                % {**called, "metres": JOIN}
            )  # fmt: skip
        elif each.act == "add" and each.subject == "trees" and each.id not in placed:
            found.append(_("Feature %(number)d%(name)s stands in no quarter.") % called)
        elif each.act != "add" and each.subject != "trees" and each.id not in known:
            message = _(
                "Feature %(number)d%(name)s is about something that is not there (any more)."
            )
            found.append(message % called)
    return found
