"""Geometries written in a filter: guarded before GEOS and PostGIS see them, and brought to the stored EPSG:4326.

A parser cannot be interrupted by a statement timeout, and a hostile geometry has brought a backend down before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy
import shapely
from django.utils.translation import gettext as _
from pyproj import Transformer

from geoplatform.query.crs import STORED, Crs
from geoplatform.query.geojson import LEVELS

MAX_VERTICES = 1000
# Between two vertices of a metric CRS the straight line is another than between the same two in degrees:
# about 3 cm apart in the middle of a kilometre.
PIECE_M = 1000.0
PIECES = 1000  # at most, along all edges together
MAKE: dict[str, Callable[[Any], Any]] = {
    "Point": shapely.Point,
    "MultiPoint": shapely.MultiPoint,
    "LineString": shapely.LineString,
    "MultiLineString": shapely.MultiLineString,
    "Polygon": lambda rings: shapely.Polygon(rings[0], rings[1:]),
    "MultiPolygon": lambda parts: shapely.MultiPolygon([(p[0], p[1:]) for p in parts]),
}


class GeometryError(ValueError):
    """What is wrong with a geometry."""


def parse_geometry(node: dict[str, Any], crs: Crs) -> shapely.Geometry:
    """A GeoJSON geometry or {"bbox": [...]} with coordinates in `crs`, axes in that CRS's own order.

    Returns it in EPSG:4326, longitude first, without heights. Raises GeometryError.
    """
    made = _made(node, crs) if "type" in node else _box(node.get("bbox"), crs)
    if not made.is_valid:
        raise GeometryError(_("This geometry is not valid: %s.") % _fault(made))
    return _to_stored(made, crs)


def _fault(made: shapely.Geometry) -> str:
    """What is wrong with a geometry and where; of all faults a line that crosses itself is the one people make."""
    reason: str = shapely.is_valid_reason(made)[:200]
    crossing = re.fullmatch(r"(?:Ring )?Self-intersection\[(\S+) (\S+)\]", reason)
    if crossing is None:
        return reason
    x, y = (f"{float(each):.9g}" for each in crossing.groups())
    return _("it crosses itself at %(x)s %(y)s") % {"x": x, "y": y}


def _made(node: dict[str, Any], crs: Crs) -> shapely.Geometry:
    kind = node.get("type")
    if kind == "GeometryCollection":
        members = node.get("geometries")
        if not isinstance(members, list) or not members:
            raise GeometryError(_("A GeometryCollection has geometries."))
        if len(members) > MAX_VERTICES:
            raise _too_many()
        counted = [0]
        made = [_simple(each, crs, counted) for each in members]
        # Of points alone, lines alone or areas alone it is one geometry, of which all can be asked.
        if len({shapely.get_dimensions(each) for each in made}) == 1 and all(
            each.is_valid for each in made
        ):
            return shapely.unary_union(made)
        return shapely.GeometryCollection(made)
    return _simple(node, crs, [0])


def _simple(node: Any, crs: Crs, counted: list[int]) -> shapely.Geometry:
    kind = node.get("type") if isinstance(node, dict) else None
    if not isinstance(kind, str) or kind not in LEVELS:
        raise GeometryError(
            _("A geometry is one of %s; collections do not nest.")
            % ", ".join([*LEVELS, "GeometryCollection"])
        )
    if set(node) - {"type", "coordinates", "bbox"}:
        raise GeometryError(_("A geometry has a type and coordinates, and nothing else."))
    coordinates = _positions(node.get("coordinates"), LEVELS[kind], crs, counted)
    try:
        return MAKE[kind](coordinates)
    except (ValueError, TypeError, shapely.errors.GEOSException):
        raise GeometryError(
            _("A line has two positions or more, a ring four or more, its last the first.")
        ) from None


def _positions(value: Any, level: int, crs: Crs, counted: list[int]) -> Any:
    """Lists of positions, as deep as the type says; counts positions as it goes."""
    if level == 0:
        counted[0] += 1
        if counted[0] > MAX_VERTICES:
            raise _too_many()
        return _position(value, crs)
    if not isinstance(value, list) or not value:
        raise GeometryError(_("The coordinates do not fit the type of the geometry."))
    found = [_positions(each, level - 1, crs, counted) for each in value]
    return found


def _too_many() -> GeometryError:
    return GeometryError(_("A geometry has at most %d positions.") % MAX_VERTICES)


def _position(value: Any, crs: Crs) -> tuple[float, float]:
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        raise GeometryError(_("A position is two numbers, or three with a height."))
    first, second = (_number(each) for each in value[:2])
    [_number(each) for each in value[2:]]
    return _checked(*((second, first) if crs.latitude_first else (first, second)), crs)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GeometryError(_("Coordinates are numbers."))
    try:
        number = float(value)
    except OverflowError:  # an integer beyond all floats
        number = math.inf
    if not math.isfinite(number):
        raise GeometryError(_("Coordinates are finite numbers."))
    return number


def _checked(x: float, y: float, crs: Crs) -> tuple[float, float]:
    if _is_geographic(crs.srid):
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            order = _("latitude first") if crs.latitude_first else _("longitude first")
            raise GeometryError(
                _(
                    "Longitude lies between -180 and 180, latitude between -90 and 90 degrees"
                    " (%(order)s in %(crs)s)."
                )
                % {"order": order, "crs": crs.name}
            )
    elif max(abs(x), abs(y)) > 1e8:
        raise GeometryError(_("This position lies outside of %s.") % crs.name)
    return x, y


def _box(numbers: Any, crs: Crs) -> shapely.Geometry:
    """Four numbers, or six with heights; a west beyond the east crosses the antimeridian."""
    if not isinstance(numbers, list) or len(numbers) not in (4, 6):
        raise GeometryError(_("A box is four numbers, or six with heights."))
    half = len(numbers) // 2
    low = _position(numbers[:half], crs)
    high = _position(numbers[half:], crs)
    (west, south), (east, north) = low, high
    if south > north or (west > east and not _is_geographic(crs.srid)):
        raise GeometryError(_("The first corner of a box is the lower left one."))
    if west > east:
        return shapely.unary_union(
            [_rectangle(west, south, 180.0, north), _rectangle(-180.0, south, east, north)]
        )
    return _rectangle(west, south, east, north)


def _rectangle(west: float, south: float, east: float, north: float) -> shapely.Geometry:
    """A box, which may be as thin as a line or a point."""
    if west == east or south == north:
        if (west, south) == (east, north):
            return shapely.Point(west, south)
        return shapely.LineString([(west, south), (east, north)])
    return shapely.box(west, south, east, north)


def _to_stored(geometry: shapely.Geometry, crs: Crs) -> shapely.Geometry:
    if crs.srid == STORED:
        return geometry
    if not _is_geographic(crs.srid):
        geometry = shapely.segmentize(geometry, max(PIECE_M, geometry.length / PIECES))
    transformer = _transformer(crs.srid)

    def moved(points: numpy.ndarray) -> numpy.ndarray:
        return numpy.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    found = shapely.transform(geometry, moved)
    if not numpy.isfinite(shapely.get_coordinates(found)).all() or not found.is_valid:
        raise GeometryError(_("This geometry lies outside of %s.") % crs.name)
    return found


@cache
def _transformer(srid: int) -> Transformer:
    return Transformer.from_crs(srid, STORED, always_xy=True)


@cache
def _is_geographic(srid: int) -> bool:
    return srid == STORED or bool(_transformer(srid).source_crs.is_geographic)  # type: ignore[union-attr]
