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
from geoplatform.catalog.properties import Property, property_by_name

if TYPE_CHECKING:
    from geoplatform.query.cql2 import Filter

Box = tuple[float, float, float, float]
MAX_LIMIT = 50_000
DEFAULT_LIMIT = 100
TEXT_LIMIT = 500  # characters of a value compared with


class QueryError(ValueError):
    """A question that cannot be asked; its text is meant for people. `parameter` names what was wrong."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, kw_only=True)
class FeatureQuery:
    """Which features of `layer`.

    bbox    west, south, east, north in degrees (CRS84, longitude first); west > east crosses the antimeridian
    equals  public property -> value, already of the property's type
    filter  a condition in CQL2, already parsed for this layer
    id      one feature alone
    after   only features with a number (`fid`) above this one: the keyset of paging
    limit   at most this many, in order of their number; None for all
    """

    layer: Layer
    bbox: Box | None = None
    equals: Mapping[str, Any] = field(default_factory=dict)
    filter: Filter | None = None
    id: uuid.UUID | None = None
    after: int = 0
    limit: int | None = DEFAULT_LIMIT


def parse_bbox(text: str) -> Box:
    """`west,south,east,north` (or six numbers with heights, OGC 17-069r4 7.15.3), degrees, CRS84. Raises QueryError."""
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (4, 6) or not all(math.isfinite(n) for n in numbers):
        raise QueryError("bbox", _("bbox is four numbers: west,south,east,north in degrees."))
    if len(numbers) == 6:
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180):
        raise QueryError("bbox", _("Longitudes of bbox lie between -180 and 180 degrees."))
    if not (-90 <= south <= north <= 90):
        raise QueryError(
            "bbox", _("Latitudes of bbox lie between -90 and 90 degrees, south first.")
        )
    return west, south, east, north


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
