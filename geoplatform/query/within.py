"""What lies within some metres of a place, the nearest first, measured in the municipality's own metric CRS."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from typing import Any

from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.query.compose import restricted
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.geojson import feature_text
from geoplatform.query.select import raw_cursor, rows

METRES_PER_DEGREE = (
    110_000  # of latitude, rather too few: the box is only what the index looks through
)
UTM = (
    25832,
    25833,
)  # of the zones that the municipalities of this platform may lie in; the second from 12° east on


@dataclass(frozen=True)
class Near:
    """Features as GeoJSON has them with their distance in metres, nearest first, and how many there are in all."""

    features: list[tuple[dict[str, Any], float]]
    count: int


def metric_srid(place: tuple[float, float]) -> int:
    """EPSG code of the CRS in which distances at a place (longitude, latitude) are measured."""
    layer = registry.by_role("municipality")
    # A box without any area meets nothing.
    here = FeatureQuery(layer=layer, bbox=box_around(place, 0.1), limit=1)
    found = rows(here)
    return found[0]["properties"]["metric_srid"] if found else UTM[place[0] >= 12]


def within(
    query: FeatureQuery,
    place: tuple[float, float],
    metres: float,
    srid: int,
    choices: Choices = (),
) -> Near:
    """At most `query.limit` features that `query` names and that come within `metres` of a place.

    place  longitude, latitude
    srid   of the CRS that is measured in (`metric_srid`)
    """
    statement = restricted(replace(query, bbox=box_around(place, metres)))
    add_choices(statement, choices)
    there = sql.SQL("ST_Transform({}, {})").format(
        statement.own(str(query.layer.geometry)), sql.Literal(srid)
    )
    here = sql.SQL("ST_Transform(ST_SetSRID(ST_MakePoint({}, {}), 4326), {})").format(
        *map(sql.Literal, (*place, srid))
    )
    statement.conditions.append(
        sql.SQL("ST_DWithin({}, {}, {})").format(there, here, sql.Literal(float(metres)))
    )
    columns = [
        feature_text(statement),
        sql.SQL("ST_Distance({}, {}) AS distance").format(there, here),
        sql.SQL("count(*) OVER ()"),
    ]
    tail = sql.SQL(" ORDER BY distance, {} LIMIT {}").format(
        statement.own("fid"), sql.Literal(query.limit)
    )
    with raw_cursor() as cursor:
        found = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
    return Near([(json.loads(text), far) for text, far, _n in found], found[0][2] if found else 0)


def box_around(place: tuple[float, float], metres: float) -> Box:
    """West, south, east, north in degrees of a box that holds all within `metres` of a place."""
    longitude, latitude = place
    up = metres * 1.02 / METRES_PER_DEGREE
    beside = min(up / max(math.cos(math.radians(min(abs(latitude) + up, 89))), 1e-3), 180.0)
    return (
        max(longitude - beside, -180.0),
        max(latitude - up, -90.0),
        min(longitude + beside, 180.0),
        min(latitude + up, 90.0),
    )
