"""What a request brings: JSON that cannot bring us down, geometry in a known CRS, a key against doing things twice."""

from __future__ import annotations

import json
import math
import re
import uuid
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.translation import gettext as _
from pyproj import Transformer

from geoplatform.contributions.geometry import MOST_VERTICES
from geoplatform.query.crs import CRS84, STORED, Crs, parse_crs
from geoplatform.services.problems import Problem

# NUL, which no text in the database holds, and halves of surrogate pairs, which UTF-8 cannot write.
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
DEEPEST = 4  # lists around a position of a MultiPolygon, and its own


JSON_TYPE = "application/json"


def json_in(request: HttpRequest, *also: str) -> Any:
    """The JSON that a request brings, as application/json or one of these media types; an empty object where it brings
    nothing.

    A hostile nesting cannot bring it down, and its texts can be stored. Raises Problem 400, 413, 415.
    """
    body = body_of(request)
    if not body:
        return {}
    if request.content_type not in (JSON_TYPE, *also):
        message = _("A body of the type %(type)s is not read here. These are: %(types)s.")
        types = ", ".join((*also, JSON_TYPE))
        raise Problem(415, message % {"type": request.content_type or "–", "types": types})
    return parsed(body, request.encoding or "utf-8")


def body_of(request: HttpRequest) -> bytes:
    """The body as it came. Raises Problem 413."""
    try:
        return request.body
    except RequestDataTooBig:
        raise Problem(413, _("The request is larger than 256 kB.")) from None


def parsed(body: bytes, encoding: str = "utf-8") -> Any:
    """JSON (RFC 8259, so no NaN and no infinity) with texts that can be stored. Raises Problem 400."""
    try:
        found = json.loads(body.decode(encoding), parse_constant=_no_constant)
    except RecursionError:
        raise Problem(400, _("The JSON is nested too deeply.")) from None
    except ValueError as error:  # of the encoding, too
        raise Problem(400, _("The JSON is not understood: %s") % error) from None
    _refuse_unstorable(found)
    return found


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _refuse_unstorable(document: Any) -> None:
    """Looks at all names and texts; without recursion, however deep they lie."""
    waiting = [("", document)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(name, key) for key in value] + list(value.items())
        elif isinstance(value, list):
            waiting += [(name, each) for each in value]
        elif isinstance(value, str) and UNSTORABLE.search(value):
            message = _("A text holds a character that cannot be stored: NUL or half a character.")
            field = UNSTORABLE.sub("\ufffd", name)[:80]
            raise Problem(400, message, errors=[{"field": field, "message": message}])


def an_object(found: Any) -> dict[str, Any]:
    """The body as an object. Raises Problem 400."""
    if not isinstance(found, dict):
        raise Problem(400, _("The body is one JSON object."))
    return found


def content_crs(request: HttpRequest) -> Crs:
    """The CRS of the geometry in the body (OGC 20-002r1, Content-Crs): a URI, with angle brackets or, as QGIS sends it,
    without. Raises QueryError."""
    text = request.headers.get("Content-Crs", "").strip()
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1]
    return parse_crs("Content-Crs", text) if text else CRS84


def in_degrees(geometry: Any, crs: Crs) -> Any:
    """A GeoJSON geometry of this CRS with its positions as longitude and latitude (EPSG:4326); heights are dropped.

    Whatever is no geometry passes unchanged: the guard of geometries refuses it in words. Raises Problem 400 for a
    position that has no place on the earth.
    """
    if crs == CRS84 or not isinstance(geometry, dict):
        return geometry
    positions: list[list[Any]] = []
    moved = _copied(geometry.get("coordinates"), positions, 0)
    if len(positions) > MOST_VERTICES or not all(map(_is_position, positions)):
        return geometry
    first, second = ([float(each[axis]) for each in positions] for axis in (0, 1))
    if crs.latitude_first:
        first, second = second, first
    if crs.srid != STORED:
        # always_xy: easting and longitude first on both sides.
        change = Transformer.from_crs(crs.srid, STORED, always_xy=True)
        first, second = change.transform(first, second)
    for position, longitude, latitude in zip(positions, first, second, strict=True):
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            raise Problem(400, _("The geometry lies outside of what %s covers.") % crs.name)
        position[:] = [longitude, latitude]
    return {**geometry, "coordinates": moved}


def _copied(value: Any, positions: list[list[Any]], depth: int) -> Any:
    """The nested lists anew; their innermost ones are also put into `positions`, to be changed there."""
    if not isinstance(value, list) or depth > DEEPEST or len(positions) > MOST_VERTICES:
        return value
    if value and not isinstance(value[0], list):
        positions.append(found := list(value))
        return found
    return [_copied(each, positions, depth + 1) for each in value]


def _is_position(value: list[Any]) -> bool:
    numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
    if not numbers or len(value) not in (2, 3):
        return False
    try:
        return all(math.isfinite(n) for n in value)
    except OverflowError:  # an integer beyond all floats
        return False


def idempotency_key(request: HttpRequest) -> uuid.UUID | None:
    """`Idempotency-Key`, a UUID, with quotes as a structured field has them or without. Raises Problem 400."""
    text = request.headers.get("Idempotency-Key", "").strip().strip('"')
    return as_uuid(text, _("The Idempotency-Key is a UUID.")) if text else None


def as_uuid(text: Any, message: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except (ValueError, AttributeError, TypeError):
        raise Problem(400, message) from None


def version_in(given: dict[str, Any], name: str = "version") -> int | None:
    """The version that the author saw. Raises Problem 400."""
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        message = _("A version is a whole number of at least 1.")
        raise Problem(400, message, errors=[{"field": name, "message": message}])
    return value
