"""Points from afar that no pyramid knows, held to a filter: the rows themselves, counted in the pyramid's own cells."""

from __future__ import annotations

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import Categorized
from geoplatform.query.compose import restricted
from geoplatform.query.cql2 import Filter
from geoplatform.query.drawing import TooMuch
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.mvt import EXTENT, degrees
from geoplatform.query.select import raw_cursor

MOST = 50_000  # points in a tile that are counted one by one
CELL = 64  # units of the tile along an edge of a cell, as in the pyramid
HALF = 20037508.342789244  # metres of EPSG:3857 from the middle of the world to its edge


def tile(
    layer: Layer, z: int, x: int, y: int, choices: Choices = (), condition: Filter | None = None
) -> bytes:
    """A tile like the pyramid's (pyramid/tiles.py), of the points that a filter lets through.

    Raises TooMuch for more than MOST in it: to count a city's trees in each tile would cost every other reader.
    """
    if not layer.zooms[0] <= z <= layer.zooms[1]:
        return b""
    statement = restricted(FeatureQuery(layer=layer, filter=condition))
    add_choices(statement, choices)
    stored, drawn = statement.own(str(layer.geometry)), statement.own(f"{layer.geometry}_3857")
    statement.conditions.append(
        sql.SQL("{} && ST_MakeEnvelope(%s, %s, %s, %s, 4326)").format(stored)
    )
    # One row of cells beyond each edge, so that markers there are whole.
    statement.parameters += degrees(z, x, y, CELL / EXTENT)
    known = property_by_name(layer)
    symbol: sql.Composable = sql.SQL("NULL::text")
    named: sql.Composable = sql.SQL("")
    if isinstance(layer.symbol, Categorized):
        symbol = sql.SQL("{}::text").format(statement.column(known[layer.symbol.field]))
        named = sql.SQL(", symbol AS {}").format(sql.Identifier(layer.symbol.field))
    unit = 2 * HALF / 2**z / EXTENT  # metres
    u = sql.SQL("(ST_X({}) - {}) / {}").format(
        drawn, sql.Literal(x * EXTENT * unit - HALF), sql.Literal(unit)
    )
    v = sql.SQL("({} - ST_Y({})) / {}").format(
        sql.Literal(HALF - y * EXTENT * unit), drawn, sql.Literal(unit)
    )
    status = sql.SQL("{}::text").format(statement.column(known["status"]))
    rows = statement.select([u, v, statement.own("fid"), status, symbol], sql.SQL(" LIMIT %s"))
    text = sql.SQL(
        """SELECT ST_AsMVT(t, {name}, {extent}, 'geom', 'fid'), coalesce(sum(n), 0) FROM (
        SELECT ST_MakePoint(floor(avg(u)), floor(avg(v))) AS geom, count(*)::integer AS n, status{named},
            CASE WHEN count(*) = 1 THEN min(fid) END AS fid
        FROM ({rows}) r (u, v, fid, status, symbol)
        GROUP BY floor(u / {cell}), floor(v / {cell}), status, symbol) t"""
    ).format(
        name=sql.Literal(layer.name),
        extent=sql.Literal(EXTENT),
        named=named,
        rows=rows,
        cell=sql.Literal(CELL),
    )
    with raw_cursor() as cursor:
        row = cursor.execute(text, [*statement.parameters, MOST + 1], binary=True).fetchone()
    assert row is not None
    content, count = row
    if count > MOST:
        raise TooMuch(
            "filter",
            _("%(layer)s: more than %(most)d features fit this filter here. Please zoom in.")
            % {"layer": layer.title, "most": MOST},
        )
    return bytes(content)
