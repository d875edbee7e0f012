"""Positions that people send, guarded before GEOS and PostGIS parse them.

A parser cannot be interrupted by a statement timeout, and a hostile geometry has brought a backend down before.
"""

from __future__ import annotations

import math
from typing import Any

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _


def parse_point(geometry: Any) -> Point:
    """A GeoJSON Point (RFC 7946: longitude, latitude; a height is dropped). Raises ValidationError."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Point":
        raise ValidationError(_("The geometry is a GeoJSON Point."))
    if "crs" in geometry:
        raise ValidationError(
            _("GeoJSON has no member crs: coordinates are longitude and latitude (RFC 7946).")
        )
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) not in (2, 3):
        raise ValidationError(_("A position is a list of longitude and latitude."))
    if not all(
        isinstance(n, int | float) and not isinstance(n, bool) and _finite(n) for n in position
    ):
        raise ValidationError(_("Coordinates are finite numbers."))
    return make_point(float(position[0]), float(position[1]))


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond all floats
        return False


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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT municipality FROM geoplatform.territory(ST_SetSRID(ST_MakePoint(%s, %s), 4326), NULL)",
            [longitude, latitude],
        )
        row = cursor.fetchone()
    return row[0] if row else None
