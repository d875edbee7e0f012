"""Ask the database. What comes back are bytes that PostGIS made; Python passes them on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from django.core.cache import cache
from django.db import connection
from psycopg import sql
from psycopg.types.string import ByteaBinaryLoader

from geoplatform.catalog.layer import Layer
from geoplatform.database import reading
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.geojson import feature_text
from geoplatform.query.order import add_keyset, order_by, sort_values
from geoplatform.query.stored import store, stored_or_composed

# Rows that libpq hands over at once: memory stays flat however long the answer is.
CHUNK = 1000
EXTENT_SECONDS = 60


def raw_cursor() -> psycopg.Cursor[Any]:
    """psycopg's own cursor on the connection to read from: Django's binds in the client and refuses binary results.

    In a request that only reads that may be a replica's (database/reading.py); what writes takes `primary_cursor`.
    Nothing that lasts longer than its transaction is set through it: the pool would not take it back.
    """
    return _raw(reading.connection())


def primary_cursor() -> psycopg.Cursor[Any]:
    """The same, always of the primary: for what is stored, and for what only it can tell."""
    return _raw(connection)


def _raw(connection: Any) -> psycopg.Cursor[Any]:
    connection.ensure_connection()
    assert connection.connection is not None
    return psycopg.Cursor(connection.connection)


def features(query: FeatureQuery) -> Iterator[tuple[int, bytes]]:
    """Number and GeoJSON text of each feature, in the order asked for. Streams; hold no other cursor meanwhile."""
    for fid, text, *_rest in ordered(query):
        yield fid, text


def feature(layer: Layer, id: uuid.UUID) -> bytes | None:
    """GeoJSON text of one feature as it is now, by a statement that is planned once; None: it is not there."""
    parameters = restricted(FeatureQuery(layer=layer, id=id)).parameters
    with raw_cursor() as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        text = _single(layer, not reading.is_replica())
        row = cursor.execute(text, parameters, binary=True, prepare=True).fetchone()
    return row[1] if row else None


@lru_cache(maxsize=500)
def _single(layer: Layer, stored: bool) -> bytes:
    return _composed(FeatureQuery(layer=layer, id=uuid.UUID(int=0)), stored)[1]


def ordered(query: FeatureQuery) -> Iterator[tuple[Any, ...]]:
    """Number and GeoJSON text of each feature, and with `sortby` the values it is sorted by, as a JSON array."""
    text, parameters = _sql(query)
    missing = []
    with raw_cursor() as cursor:
        # Composed features are text, which arrives as UTF-8 anyway: neither server nor client turns it into anything.
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        for fid, body, is_storable, *values in _asked(cursor, query, text, parameters):
            # A page is asked for again; whole layers are not kept in memory for the sake of their texts.
            if is_storable and query.limit is not None:
                missing.append(fid)
            yield fid, body, *values
    if missing:
        store(query.layer, missing)


def _asked(
    cursor: psycopg.Cursor[Any], query: FeatureQuery, text: bytes, parameters: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """A short page of a whole layer comes at once, by a statement that is planned once; the rest streams."""
    if _is_usual(query):
        return iter(cursor.execute(text, parameters, binary=True, prepare=True))
    return cursor.stream(text, parameters, binary=True, size=CHUNK)


def _is_usual(query: FeatureQuery) -> bool:
    short = query.limit is not None and query.limit <= CHUNK + 1
    return short and _is_plain(query) and query.is_whole_layer and not query.sortby


def _is_plain(query: FeatureQuery) -> bool:
    """Whether stored texts answer: they say all properties of today in degrees."""
    return query.crs == CRS84 and query.selected is None and query.at is None


def _sql(query: FeatureQuery) -> tuple[bytes, Sequence[Any]]:
    stored = not reading.is_replica()
    if not _is_usual(query):
        statement, text = _composed(query, stored)
        return text, statement.parameters
    # Composing it in Python costs as much as reading some hundred features.
    parameters = restricted(FeatureQuery(layer=query.layer)).parameters
    return _usual(query.layer, bool(query.after), query.limit, stored), (
        [*parameters, query.after] if query.after else parameters
    )


@lru_cache(maxsize=500)
def _usual(layer: Layer, begun: bool, limit: int, stored: bool) -> bytes:
    return _composed(FeatureQuery(layer=layer, after=int(begun), limit=limit), stored)[1]


def _composed(query: FeatureQuery, stored: bool) -> tuple[Statement, bytes]:
    """`stored`: whether there are stored texts where it will be asked; a replica has none."""
    statement = restricted(query)
    add_keyset(statement, query)
    if stored and _is_plain(query):
        text, storable = stored_or_composed(statement)
    else:
        text = feature_text(statement, query.properties, query.crs)
        storable = sql.SQL("false")
    columns = [statement.own("fid"), text, storable]
    if query.sortby:
        columns.append(sort_values(statement, query.sortby))
    tail = order_by(statement, query)
    if query.limit is not None:
        tail += sql.SQL(" LIMIT {}").format(sql.Literal(query.limit))
    return statement, statement.select(columns, tail).as_bytes(None)


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
