"""What the pyramid gives: vector tiles to zoom 13, and exact counts. Pictures have pyramid/drawing.py."""

from __future__ import annotations

from functools import cache

from psycopg import sql

from geoplatform.catalog.facets import DEEPEST
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import Categorized
from geoplatform.pyramid.entries import SIDE, Tile, entries, total
from geoplatform.query.facets import Choices
from geoplatform.query.mvt import EXTENT, counts_of
from geoplatform.query.select import raw_cursor


def tile(layer: Layer, z: int, x: int, y: int, choices: Choices = ()) -> bytes:
    """A Mapbox vector tile of zoom 13 at most; empty where nothing stands or the layer is not drawn at this zoom.

    A feature is a marker: `n` points of one class that share a cell of 64 units. A single point stands where it is and
    has its number as id; several stand at their mean, which is the same in every tile that shows them.

    Besides it says how many points there are in each of its 8 x 8 blocks, whatever their class (`counts_of`).
    """
    if not layer.zooms[0] <= z <= min(layer.zooms[1], DEEPEST):
        return b""
    chosen, parameters = entries(layer, choices)
    parameters |= Tile(z, x, y).parameters()
    with raw_cursor() as cursor:
        row = cursor.execute(_encoded(layer, chosen), parameters, binary=True).fetchone()
    return bytes(row[0]) if row and row[0] else b""


@cache
def _encoded(layer: Layer, chosen: str) -> bytes:
    attributes: sql.Composable = sql.SQL("status")
    if isinstance(layer.symbol, Categorized):
        attributes += sql.SQL(", symbol AS {}").format(sql.Identifier(layer.symbol.field))
    # A block's place is the mean of its points, drawn a little to its middle: two of them never lie upon each other.
    text = sql.SQL(
        """WITH e AS MATERIALIZED ({chosen}), placed AS MATERIALIZED (SELECT *,
            (cell %% {side} - 1) * 64 + (sx / n >> (13 - %(level)s)) AS x,
            (cell / {side} - 1) * 64 + (sy / n >> (13 - %(level)s)) AS y FROM e)
        SELECT coalesce((SELECT ST_AsMVT(t, {name}, {extent}, 'geom', 'fid') FROM (
            SELECT ST_MakePoint(x, y) AS geom, n::integer, {attributes}, CASE WHEN n = 1 THEN sf END AS fid
            FROM placed) t), ''::bytea)
        || coalesce((SELECT ST_AsMVT(t, {counts}, {extent}, 'geom') FROM (
            SELECT ST_MakePoint((x / 512 * 512 + 256 + 3 * mean_x) / 4,
                (y / 512 * 512 + 256 + 3 * mean_y) / 4) AS geom, n
            FROM (SELECT min(x) AS x, min(y) AS y, (sum(x * n) / sum(n))::integer AS mean_x,
                (sum(y * n) / sum(n))::integer AS mean_y, sum(n)::integer AS n
                FROM placed WHERE x BETWEEN 0 AND 4095 AND y BETWEEN 0 AND 4095 GROUP BY x / 512, y / 512) b) t),
            ''::bytea)"""
    ).format(
        name=sql.Literal(layer.name),
        counts=sql.Literal(counts_of(layer)),
        extent=sql.Literal(EXTENT),
        side=sql.Literal(SIDE),
        attributes=attributes,
        chosen=sql.SQL(chosen),
    )
    return text.as_string(None).encode()


def count(layer: Layer, choices: Choices = ()) -> int:
    """How many features there are, exactly, at the cost of the coarsest level and of deltas not yet merged."""
    statement, parameters = total(layer, choices)
    with raw_cursor() as cursor:
        row = cursor.execute(statement.encode(), parameters).fetchone()
    assert row is not None
    return int(row[0])
