"""Points from afar that no pyramid knows, held to a filter: the rows themselves, counted in the pyramid's own cells."""

from __future__ import annotations

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import Categorized
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.cql2 import Filter
from geoplatform.query.drawing import TooMuch
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.mvt import EXTENT, counts_of, degrees
from geoplatform.query.select import raw_cursor

MOST = 50_000  # points in a tile that are counted one by one
CELL = 64  # units of the tile along an edge of a cell, as in the pyramid
BLOCK = 512  # units along an edge of a block whose points are counted, as in the pyramid
HALF = 20037508.342789244  # metres of EPSG:3857 from the middle of the world to its edge


def tile(
    layer: Layer,
    z: int,
    x: int,
    y: int,
    choices: Choices = (),
    condition: Filter | None = None,
    *,
    cell: int = CELL,
) -> tuple[bytes, int]:
    """A tile like the pyramid's (pyramid/tiles.py), of the points that choices and a filter let through, and how many
    points it is made of.

    cell  units along an edge of a cell: points of one class in it are one marker
    Raises TooMuch for more than MOST in it: to count a city's trees in each tile would cost every other reader.
    """
    if not layer.zooms[0] <= z <= layer.zooms[1]:
        return b"", 0
    statement = restricted(FeatureQuery(layer=layer, filter=condition))
    add_choices(statement, choices)
    stored = statement.own(str(layer.geometry))
    within = sql.SQL("{} && ST_MakeEnvelope(%s, %s, %s, %s, 4326)").format(stored)
    statement.conditions.append(within)
    # One row of cells beyond each edge, so that markers there are whole.
    statement.parameters += degrees(z, x, y, cell / EXTENT)
    rows = statement.select(_columns(statement, z, x, y), sql.SQL(" LIMIT %s"))
    named: sql.Composable = sql.SQL("")
    if isinstance(layer.symbol, Categorized):
        named = sql.SQL(", symbol AS {}").format(sql.Identifier(layer.symbol.field))
    text = sql.SQL(
        """WITH r (u, v, fid, status, symbol) AS MATERIALIZED ({rows})
        SELECT coalesce((SELECT ST_AsMVT(t, {name}, {extent}, 'geom', 'fid') FROM (
            SELECT ST_MakePoint(floor(avg(u)), floor(avg(v))) AS geom, count(*)::integer AS n, status{named},
                CASE WHEN count(*) = 1 THEN min(fid) END AS fid
            FROM r GROUP BY floor(u / {cell}), floor(v / {cell}), status, symbol) t), ''::bytea)
        || coalesce((SELECT ST_AsMVT(t, {counts}, {extent}, 'geom') FROM (
            SELECT ST_MakePoint(floor(avg(u)), floor(avg(v))) AS geom, count(*)::integer AS n
            FROM r WHERE u >= 0 AND u < {extent} AND v >= 0 AND v < {extent}
            GROUP BY floor(u / {block}), floor(v / {block})) t), ''::bytea), (SELECT count(*) FROM r)"""
    ).format(
        rows=rows,
        name=sql.Literal(layer.name),
        counts=sql.Literal(counts_of(layer)),
        extent=sql.Literal(EXTENT),
        named=named,
        cell=sql.Literal(cell),
        block=sql.Literal(BLOCK),
    )
    with raw_cursor() as cursor:
        row = cursor.execute(text, [*statement.parameters, MOST + 1], binary=True).fetchone()
    assert row is not None
    content, number = row
    if number > MOST:
        raise TooMuch(
            "filter",
            _("%(layer)s: more than %(most)d features fit this filter here. Please zoom in.")
            % {"layer": layer.title, "most": MOST},
        )
    return bytes(content), number


def _columns(statement: Statement, z: int, x: int, y: int) -> list[sql.Composable]:
    """Place in units of the tile, number, status and the value that the symbol goes by."""
    layer, known = statement.layer, property_by_name(statement.layer)
    drawn = statement.own(f"{layer.geometry}_3857")
    unit = 2 * HALF / 2**z / EXTENT  # metres
    west, north = x * EXTENT * unit - HALF, HALF - y * EXTENT * unit
    symbol: sql.Composable = sql.SQL("NULL::text")
    if isinstance(layer.symbol, Categorized):
        symbol = sql.SQL("{}::text").format(statement.column(known[layer.symbol.field]))
    return [
        sql.SQL("(ST_X({}) - {}) / {}").format(drawn, sql.Literal(west), sql.Literal(unit)),
        sql.SQL("({} - ST_Y({})) / {}").format(sql.Literal(north), drawn, sql.Literal(unit)),
        statement.own("fid"),
        sql.SQL("{}::text").format(statement.column(known["status"])),
        symbol,
    ]
