"""Spatial predicates (OGC 21-065r2, 7.6 to 7.8) and the distance, which the standard does not have."""

from __future__ import annotations

import math
from typing import Any

import shapely
from django.utils.translation import gettext as _

from geoplatform.query.cql2.geometry import GeometryError, parse_geometry
from geoplatform.query.cql2.terms import Path, Refusal, Term, term
from geoplatform.query.crs import Crs

# Each of these asks the index by itself and then tests exactly.
RELATIONS = {
    "s_intersects": "ST_Intersects({}, {})",
    "s_disjoint": "NOT ST_Intersects({}, {})",
    "s_contains": "ST_Contains({}, {})",
    "s_within": "ST_Within({}, {})",
    "s_touches": "ST_Touches({}, {})",
    "s_crosses": "ST_Crosses({}, {})",
    "s_overlaps": "ST_Overlaps({}, {})",
    "s_equals": "ST_Equals({}, {})",
}
DISTANCE = "s_dwithin"
MAX_METRES = 100_000.0
# A degree of latitude has at least 110,574 m; one of longitude 111,320 m times the cosine of the latitude.
METRES_PER_DEGREE = 110_500.0
# The line between two positions of a stored feature is straight in degrees, the distance follows the ellipsoid.
SLACK_M = 100.0
PIECE_DEGREES = 0.05


def is_geometry(node: Any) -> bool:
    return isinstance(node, dict) and ("type" in node or "bbox" in node)


def literal(node: dict[str, Any], crs: Crs, path: Path) -> Term:
    """A geometry as the database reads it."""
    try:
        return _term(parse_geometry(node, crs))
    except GeometryError as error:
        raise Refusal(path, str(error)) from None


def _term(geometry: shapely.Geometry) -> Term:
    return Term(
        "geometry",
        ("ST_GeomFromWKB(%s::bytea, 4326)",),
        (shapely.to_wkb(geometry, output_dimension=2),),
        literal=geometry,
    )


def relation(name: str, left: Term, right: Term, path: Path) -> Term:
    """One geometry against another."""
    if name not in {"s_intersects", "s_disjoint"}:
        for number, each in enumerate((left, right)):
            if each.literal is not None and each.literal.geom_type == "GeometryCollection":
                raise Refusal(
                    (*path, "args", number),
                    _(
                        "Points, lines and areas in one collection take only S_INTERSECTS and S_DISJOINT."
                    ),
                )
    return term("boolean", f"({RELATIONS[name]})", left, right)


def within_distance(left: Term, right: Term, metres: Term, path: Path) -> Term:
    """`S_DWITHIN(geometry, geometry, metres)`: at most so far apart, in metres on the ellipsoid.

    A box in degrees around the one that is known asks the index first.
    """
    distance = metres.literal
    if distance is None or not 0 <= distance <= MAX_METRES:
        raise Refusal(
            (*path, "args", 2),
            _("The distance is a number of metres between 0 and %d.") % MAX_METRES,
        )
    sides = [_in_pieces(left), _in_pieces(right)]
    exact = term(
        "boolean",
        "ST_DWithin({}::geography, {}::geography, {}::float8)",
        *sides,
        metres,
    )
    known = [each for each in sides if each.literal is not None]
    unknown = [each for each in sides if each.literal is None]
    if len(known) != 1:
        return exact
    box = _term(around_box(known[0].literal, float(distance)))
    return term("boolean", "({} && {} AND {})", unknown[0], box, exact)


def _in_pieces(side: Term) -> Term:
    """Long edges cut, so that along the ellipsoid they lie where they lie in degrees."""
    if side.literal is None:
        return side
    longest = max(PIECE_DEGREES, side.literal.length / 1000)
    return _term(shapely.segmentize(side.literal, longest))


def around_box(geometry: shapely.Geometry, metres: float) -> shapely.Geometry:
    """A box in degrees that holds everything within `metres`."""
    west, south, east, north = geometry.bounds
    margin = (metres * 1.01 + SLACK_M) / METRES_PER_DEGREE
    south, north = south - margin, north + margin
    narrowest = math.cos(math.radians(max(abs(south), abs(north))))
    beyond = margin / narrowest if max(abs(south), abs(north)) < 89 else 360.0
    west, east = west - beyond, east + beyond
    if west < -180 or east > 180:  # across the antimeridian, or around a pole: every longitude
        west, east = -180.0, 180.0
    return shapely.box(west, max(south, -90.0), east, min(north, 90.0))
