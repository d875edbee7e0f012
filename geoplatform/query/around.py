"""Features by their distance from a place, in metres on the ellipsoid; and how many there are, counted up to a cap."""

from __future__ import annotations

import json
from typing import Any

import shapely
from psycopg import sql

from geoplatform.query.compose import restricted
from geoplatform.query.cql2.spatial import MAX_METRES, around_box
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.geojson import feature_text
from geoplatform.query.select import raw_cursor

FIRST_RING = (
    200.0  # metres; in a street of a city that has all its trees, some hundred stand within
)
WIDER = 4.0


def closest(query: FeatureQuery, longitude: float, latitude: float) -> list[dict[str, Any]]:
    """The `query.limit` features of a query that are nearest to a place, nearest first, as dictionaries.

    Each has `id`, `geometry` (CRS84), `properties`, and `metres`: the shortest way to its geometry, along the ellipsoid
    of WGS 84. Asks in rings that grow, so that the index answers: a list costs what is near, not what there is.
    """
    assert query.limit is not None
    metres = FIRST_RING
    while metres < MAX_METRES:
        found = _within(query, longitude, latitude, metres)
        if len(found) == query.limit:
            return found
        metres *= WIDER
    return _within(query, longitude, latitude, None)


def _within(
    query: FeatureQuery, longitude: float, latitude: float, metres: float | None
) -> list[dict[str, Any]]:
    statement = restricted(query)
    there = statement.geometry(CRS84)
    place = sql.SQL("ST_SetSRID(ST_MakePoint({}, {}), 4326)").format(
        sql.Literal(longitude), sql.Literal(latitude)
    )
    away = sql.SQL("ST_Distance({}::geography, {}::geography)").format(there, place)
    if metres is not None:
        box = around_box(shapely.Point(longitude, latitude), metres).bounds
        statement.conditions.append(
            sql.SQL("{} && ST_MakeEnvelope(%s, %s, %s, %s, 4326) AND {} <= %s").format(there, away)
        )
        statement.parameters += [*box, metres]
    # The text is made for those alone that are shown.
    tail = sql.SQL(" ORDER BY {}, {} LIMIT {}").format(
        away, statement.own("fid"), sql.Literal(query.limit)
    )
    columns = [feature_text(statement, query.properties, query.crs), away]
    with raw_cursor() as cursor:
        rows = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
    return [json.loads(text) | {"metres": far} for text, far in rows]


def count_up_to(query: FeatureQuery, most: int) -> int:
    """How many features match; `most` where there are as many or more."""
    statement = restricted(query)
    inner = statement.select([sql.SQL("1")], sql.SQL(" LIMIT {}").format(sql.Literal(most)))
    text = sql.SQL("SELECT count(*) FROM ({}) t").format(inner)
    with raw_cursor() as cursor:
        row = cursor.execute(text, statement.parameters).fetchone()
    assert row is not None
    return int(row[0])
