"""The question itself: which features of a layer, in which order, how many."""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties, property_by_name
from geoplatform.query.crs import CRS84, Crs
from geoplatform.query.errors import QueryError as QueryError

if TYPE_CHECKING:
    from geoplatform.query.cql2 import Filter

Box = tuple[float, float, float, float]
MAX_LIMIT = 50_000
DEFAULT_LIMIT = 100
TEXT_LIMIT = 500  # characters of a value compared with
MAX_SORTS = 5
FAR = 1e8  # metres; beyond, projections give anything


@dataclass(frozen=True)
class Sort:
    """One step of an order: by a public property, upwards or downwards; what is unknown comes last either way."""

    by: Property
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class FeatureQuery:
    """Which features of `layer`, in which order, and how they are said.

    bbox      west, south, east, north in `bbox_crs`, longitude or easting first; in degrees, west > east crosses the
              antimeridian
    equals    public property -> value, already of the property's type
    filter    a condition in CQL2, already parsed for this layer
    id        one feature alone
    at        the layer as it was at this instant, from its history; None for now
    sortby    the order; without it, and among equals, by number (`fid`)
    after     only features with a number above this one: the keyset of paging without `sortby`
    beyond    values of `sortby` and the number of the last feature already seen: the keyset of paging with `sortby`
    limit     at most this many; None for all
    crs       of the geometries in the answer
    selected  names of the properties in the answer; None for all
    """

    layer: Layer
    bbox: Box | None = None
    bbox_crs: Crs = CRS84
    equals: Mapping[str, Any] = field(default_factory=dict)
    filter: Filter | None = None
    id: uuid.UUID | None = None
    at: dt.datetime | None = None
    sortby: tuple[Sort, ...] = ()
    after: int = 0
    beyond: tuple[Any, ...] | None = None
    limit: int | None = DEFAULT_LIMIT
    crs: Crs = CRS84
    selected: frozenset[str] | None = None

    @property
    def is_whole_layer(self) -> bool:
        """Whether nothing narrows it down: all features of today, or those after a number."""
        narrowed = (self.bbox, self.equals, self.filter, self.id, self.at, self.beyond)
        return not any(narrowed)

    @property
    def properties(self) -> tuple[Property, ...]:
        """The properties in the answer, in the order of the declaration."""
        chosen = properties(self.layer)
        if self.selected is None:
            return chosen
        return tuple(each for each in chosen if each.name in self.selected)


def parse_bbox(text: str, crs: Crs = CRS84) -> Box:
    """`west,south,east,north` (or six numbers with heights, OGC 17-069r4 7.15.3), read in the axis order of `crs`.

    Gives longitude or easting first whatever the order in `text`. Raises QueryError.
    """
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(math.isfinite(n) for n in numbers):
        raise QueryError(
            "bbox", _("bbox is four numbers: west,south,east,north, in degrees without bbox-crs.")
        )
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    if crs.latitude_first:
        numbers = [numbers[1], numbers[0], numbers[3], numbers[2]]
    west, south, east, north = numbers
    if south > north:
        raise QueryError("bbox", _("The south of bbox lies north of its north."))
    if crs.degrees:
        if not (-180 <= west <= 180 and -180 <= east <= 180):
            raise QueryError("bbox", _("Longitudes of bbox lie between -180 and 180 degrees."))
        if not (south >= -90 and north <= 90):
            raise QueryError("bbox", _("Latitudes of bbox lie between -90 and 90 degrees."))
    elif west > east:
        raise QueryError("bbox", _("The west of bbox lies east of its east."))
    elif max(map(abs, numbers)) > FAR:
        raise QueryError("bbox", _("bbox lies outside of what its bbox-crs is made for."))
    return west, south, east, north


def parse_sortby(layer: Layer, text: str) -> tuple[Sort, ...]:
    """`name`, `+name` or `-name`, separated by commas, at most MAX_SORTS. Raises QueryError."""
    allowed = property_by_name(layer)
    steps = []
    for part in text.split(","):
        # An unescaped + in an address arrives as a space.
        name = part.strip().lstrip("+-").strip()
        if name not in allowed:
            raise _unknown("sortby", name, allowed)
        steps.append(Sort(allowed[name], part.strip().startswith("-")))
    if len(steps) > MAX_SORTS or len({step.by.name for step in steps}) < len(steps):
        raise QueryError("sortby", _("sortby names at most %d properties, each once.") % MAX_SORTS)
    return tuple(steps)


def parse_selected(layer: Layer, text: str) -> frozenset[str]:
    """Names of public properties separated by commas; none at all for an empty text. Raises QueryError."""
    allowed = property_by_name(layer)
    names = [part.strip() for part in text.split(",")] if text.strip() else []
    for name in names:
        if name not in allowed:
            raise _unknown("properties", name, allowed)
    return frozenset(names)


def _unknown(parameter: str, name: str, allowed: Mapping[str, Property]) -> QueryError:
    message = _("There is no property %(name)s. This layer has: %(names)s.")
    return QueryError(parameter, message % {"name": name[:80], "names": ", ".join(sorted(allowed))})


def parse_integer(name: str, text: str, *, low: int, high: int, clamp: bool = False) -> int:
    """A whole number within bounds; above `high` it is refused, or lowered to it with `clamp`. Raises QueryError."""
    # ASCII digits only: int() would take "1_000" and other scripts' digits too.
    if not (text.isascii() and text.isdigit() and len(text) < 19) or int(text) < low:
        raise QueryError(
            name, _("%(name)s is a whole number of at least %(low)d.") % {"name": name, "low": low}
        )
    if int(text) > high and not clamp:
        raise QueryError(name, _("%(name)s is at most %(high)d.") % {"name": name, "high": high})
    return min(int(text), high)


def parse_equals(layer: Layer, values: Mapping[str, str]) -> dict[str, Any]:
    """Values of public properties as text, turned into the properties' types. Raises QueryError for any other name."""
    allowed = property_by_name(layer)
    result = {}
    for name, text in values.items():
        if name not in allowed:
            raise QueryError(
                name,
                _("Unknown parameter %(name)s. This layer has: %(names)s.")
                % {"name": name[:80], "names": ", ".join(sorted(allowed))},
            )
        result[name] = _typed(allowed[name], text)
    return result


def _typed(each: Property, text: str) -> Any:
    if "\x00" in text:
        raise QueryError(
            each.name,
            _("The value of %(name)s holds a character that no text has: NUL.")
            % {"name": each.name},
        )
    if len(text) > TEXT_LIMIT:
        raise QueryError(each.name, _("The value of %(name)s is too long.") % {"name": each.name})
    try:
        match each.json_type, each.format:
            case "boolean", _format:
                return {"true": True, "false": False}[text.lower()]
            case "integer", _format:
                number = int(text)
                if abs(number) >= 2**63:
                    raise ValueError
                return number
            case "number", _format:
                if not math.isfinite(float(text)):
                    raise ValueError
                return float(text)
            case _kind, "date":
                return dt.date.fromisoformat(text)
            case _kind, "date-time":
                return dt.datetime.fromisoformat(text)
            case _:
                return text
    except (KeyError, ValueError):
        raise QueryError(
            each.name,
            _("The value of %(name)s is no %(type)s.")
            % {"name": each.name, "type": each.format or each.json_type},
        ) from None
