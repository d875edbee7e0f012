"""Ask the database. What comes back are bytes that PostGIS made; Python passes them on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.query.compose import Statement, feature_column, restricted
from geoplatform.query.feature_query import Box, FeatureQuery

# Rows that libpq hands over at once: memory stays flat however long the answer is.
CHUNK = 1000
EXTENT_SECONDS = 60


def raw_cursor() -> psycopg.Cursor[Any]:
    """psycopg's own cursor on Django's connection: Django's binds in the client and refuses binary results."""
    connection.ensure_connection()
    assert connection.connection is not None
    return psycopg.Cursor(connection.connection)


def features(query: FeatureQuery) -> Iterator[tuple[int, bytes]]:
    """Number and GeoJSON text of each feature, in order of the number. Streams; hold no other cursor meanwhile."""
    statement = restricted(query)
    text = feature_column(statement)
    if query.after:
        statement.conditions.append(sql.SQL("{} > %s").format(statement.own("fid")))
        statement.parameters.append(query.after)
    tail = sql.SQL(" ORDER BY {}").format(statement.own("fid"))
    if query.limit is not None:
        tail += sql.SQL(" LIMIT {}").format(sql.Literal(query.limit))
    columns = [statement.own("fid"), text]
    with raw_cursor() as cursor:
        yield from cursor.stream(
            statement.select(columns, tail), statement.parameters, binary=True, size=CHUNK
        )


def rows(query: FeatureQuery) -> list[dict[str, Any]]:
    """The features as dictionaries with id, geometry and properties, for pages."""
    return [json.loads(text) for _fid, text in features(query)]


def count(query: FeatureQuery) -> int:
    """How many features match, whatever the page shows."""
    statement = restricted(query)
    return int(_one(statement, [sql.SQL("count(*)")])[0])


def extent(layer: Layer) -> Box | None:
    """west, south, east, north of all features in degrees, up to a minute old; None when there are none."""
    if not layer.geometry:
        return None
    key = f"extent:{layer.name}"
    found = cache.get(key)
    if found is None:
        statement = restricted(FeatureQuery(layer=layer))
        box = sql.SQL("ST_Extent({})").format(statement.own(layer.geometry))
        corners = [
            sql.SQL("{}({})").format(sql.SQL(name), box)
            for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
        ]
        found = tuple(_one(statement, corners))
        cache.set(key, found, EXTENT_SECONDS)
    return found if found[0] is not None else None


def attributions(layer: Layer) -> list[str]:
    """Whom to name for the features of a layer, up to a minute old."""
    key = f"attributions:{layer.name}"
    found = cache.get(key)
    if found is None:
        table = sql.Identifier(layer.model._meta.db_table)
        with raw_cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "SELECT DISTINCT attribution FROM catalog_source s WHERE attribution <> ''"
                    " AND EXISTS (SELECT FROM {} f WHERE f.source_id = s.id) ORDER BY 1"
                ).format(table)
            )
            found = [text for (text,) in cursor.fetchall()]
        cache.set(key, found, EXTENT_SECONDS)
    return list(found)


def _one(statement: Statement, columns: Sequence[sql.Composable]) -> tuple[Any, ...]:
    with raw_cursor() as cursor:
        row = cursor.execute(statement.select(columns), statement.parameters).fetchone()
    assert row is not None
    return tuple(row)
