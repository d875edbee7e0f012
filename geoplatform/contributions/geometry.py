"""Geometries that people send, guarded before GEOS and PostGIS parse them.

A parser cannot be interrupted by a statement timeout, and a hostile geometry has brought a backend down before. So
numbers and nesting are looked at in plain Python first, cheap rules before dear ones; the database has the same rules
once more (database/sql/guard.sql and proposals.sql).
"""

from __future__ import annotations

import math
import re
from typing import Any

from django.contrib.gis.geos import (
    GEOSException,
    GEOSGeometry,
    LinearRing,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Point,
    Polygon,
)
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.database import reading
from geoplatform.query.geojson import LEVELS

MOST_VERTICES = 5000
MOST_BYTES = 256 * 1024  # of a body as a whole; the server's own limit is the same
NAMES = {name.upper(): name for name in LEVELS}


def parse_point(geometry: Any) -> Point:
    """A GeoJSON Point (RFC 7946: longitude, latitude; a height is dropped). Raises ValidationError."""
    _guard(geometry, "Point", ("Point",))
    position = geometry["coordinates"]
    return make_point(float(position[0]), float(position[1]))


def parse_geometry(geometry: Any, layer: Layer) -> GEOSGeometry:
    """A GeoJSON geometry of the layer's type in EPSG:4326, longitude first; heights are dropped.

    A single part is taken for a layer of many (Polygon for MultiPolygon), and many of one part for a layer of single
    ones, as clients send them. Raises ValidationError: not of this type, nested, over 5,000 vertices, not finite, out
    of range, not closed, not valid, or in no municipality.
    """
    wanted = NAMES[str(layer.geometry_type)]
    if wanted == "Point" and isinstance(geometry, dict) and geometry.get("type") == "Point":
        return parse_point(geometry)
    single = wanted.removeprefix("Multi")
    kind = _guard(geometry, wanted, (single, f"Multi{single}"))
    coordinates = geometry["coordinates"]
    if kind != wanted:
        if wanted.startswith("Multi"):
            coordinates = [coordinates]
        elif len(coordinates) == 1:
            coordinates = coordinates[0]
        else:
            raise ValidationError(_("The geometry is a GeoJSON %s.") % wanted)
    if wanted == "Point":
        return make_point(float(coordinates[0]), float(coordinates[1]))
    made = _build(wanted, coordinates)
    if not made.valid:
        raise ValidationError(_why_invalid(made.valid_reason))
    if not _in_a_municipality(made):
        message = _("This lies in no municipality of this platform.")
        swapped = _swapped(made)
        if swapped is not None and _in_a_municipality(swapped):
            message += " " + _("Are longitude and latitude swapped?")
        raise ValidationError(message)
    return made


# GEOS says "Self-intersection[11.05 53.05]": longitude first.
CROSSING = re.compile(r"^(?:Ring )?Self-intersection\[(?P<x>\S+) (?P<y>\S+)\]$")


def _why_invalid(reason: str) -> str:
    found = CROSSING.match(reason)
    if not found:
        return _("The geometry is not valid: %s.") % reason
    place = f"{float(found['y']):.6f}, {float(found['x']):.6f}"
    return _("The outline crosses or touches itself at %s (latitude, longitude).") % place


def _guard(geometry: Any, wanted: str, taken: tuple[str, ...]) -> str:
    """The type, when everything about the document is as it must be before a library may see it."""
    if not isinstance(geometry, dict) or geometry.get("type") not in taken:
        raise ValidationError(_("The geometry is a GeoJSON %s.") % wanted)
    if "crs" in geometry:
        raise ValidationError(
            _("GeoJSON has no member crs: coordinates are longitude and latitude (RFC 7946).")
        )
    kind: str = geometry["type"]
    level: list[Any] = [geometry.get("coordinates")]
    for _depth in range(LEVELS[kind]):
        if not all(isinstance(each, list) and each for each in level):
            raise ValidationError(_("The coordinates are not nested as a %s has them.") % kind)
        level = [inner for each in level for inner in each]
        # Before the next list is made: a hostile document must not grow in memory.
        if len(level) > MOST_VERTICES:
            raise ValidationError(
                _("A geometry has at most %d vertices. Please draw it more simply.") % MOST_VERTICES
            )
    for position in level:
        _position(position)
    return kind


def _position(position: Any) -> None:
    if not isinstance(position, list) or len(position) not in (2, 3):
        raise ValidationError(_("A position is a list of longitude and latitude."))
    if not all(
        isinstance(n, int | float) and not isinstance(n, bool) and _finite(n) for n in position
    ):
        raise ValidationError(_("Coordinates are finite numbers."))
    if not (-180 <= position[0] <= 180 and -90 <= position[1] <= 90):
        raise ValidationError(
            _("Longitude lies between -180 and 180, latitude between -90 and 90 degrees.")
        )


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond all floats
        return False


def _build(kind: str, coordinates: Any) -> GEOSGeometry:
    """From lists of numbers, without a parser."""
    try:
        made = _MAKERS[kind](coordinates)
    except (GEOSException, ValueError, TypeError) as error:
        raise ValidationError(
            _("A line has two positions at least; a ring has four, and ends where it begins.")
        ) from error
    made.srid = 4326
    return made


def _flat(positions: Any) -> list[tuple[float, float]]:
    return [(float(each[0]), float(each[1])) for each in positions]


def _line(positions: Any) -> LineString:
    return LineString(_flat(positions))


def _polygon(rings: Any) -> Polygon:
    return Polygon(*(LinearRing(_flat(ring)) for ring in rings))


_MAKERS: dict[str, Any] = {
    "LineString": _line,
    "Polygon": _polygon,
    "MultiPoint": lambda many: MultiPoint([Point(*each) for each in _flat(many)]),
    "MultiLineString": lambda many: MultiLineString([_line(each) for each in many]),
    "MultiPolygon": lambda many: MultiPolygon([_polygon(each) for each in many]),
}


def _swapped(geometry: GEOSGeometry) -> GEOSGeometry | None:
    west, south, east, north = geometry.extent
    if abs(west) > 85 or abs(east) > 85:
        return None
    return LineString((south, west), (north, east), srid=4326)


def _in_a_municipality(geometry: GEOSGeometry) -> bool:
    _west, south, _east, north = geometry.extent
    if south < -85 or north > 85:
        return False
    with reading.connection().cursor() as cursor:
        cursor.execute(
            "SELECT municipality FROM geoplatform.territory(%s::geometry, NULL)",
            [bytes(geometry.hexewkb).decode("ascii")],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def make_point(longitude: float, latitude: float) -> Point:
    """The position in degrees as EPSG:4326. Raises ValidationError outside the earth or all municipalities."""
    if not (
        math.isfinite(longitude)
        and math.isfinite(latitude)
        and -180 <= longitude <= 180
        and -90 <= latitude <= 90
    ):
        raise ValidationError(
            _("Longitude lies between -180 and 180, latitude between -90 and 90 degrees.")
        )
    if municipality_at(longitude, latitude) is None:
        message = _("This position lies in no municipality of this platform.")
        # The commonest slip: latitude first.
        if -90 <= longitude <= 90 and municipality_at(latitude, longitude) is not None:
            message += " " + _("Are longitude and latitude swapped?")
        raise ValidationError(message)
    return Point(longitude, latitude, srid=4326)


def municipality_at(longitude: float, latitude: float) -> Any:
    """Id of the municipality at a position, or None."""
    if abs(latitude) > 85:
        return None
    with reading.connection().cursor() as cursor:
        cursor.execute(
            "SELECT municipality FROM geoplatform.territory(ST_SetSRID(ST_MakePoint(%s, %s), 4326), NULL)",
            [longitude, latitude],
        )
        row = cursor.fetchone()
    return row[0] if row else None
