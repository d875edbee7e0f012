"""One layer in one vector tile (Mapbox Vector Tile 2.1), made by PostGIS from the stored EPSG:3857 column."""

from __future__ import annotations

import math

from psycopg import sql

from geoplatform.catalog.facets import DEEPEST
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties, property_by_name
from geoplatform.catalog.symbols import Categorized
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.cql2 import Filter
from geoplatform.query.facets import Choices, add_choices
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.select import raw_cursor

EXTENT = 4096  # units along an edge of a tile
BUFFER = 64  # units beyond the edge, so that markers and outlines are whole
ALL_PROPERTIES_FROM = 16  # below, a tile carries only what drawing needs


def tile(
    layer: Layer, z: int, x: int, y: int, choices: Choices = (), condition: Filter | None = None
) -> bytes:
    """The tile's bytes; empty where nothing stands or the layer is not drawn at this zoom.

    z, x, y  as in the XYZ scheme: zoom 0 to 22, rows counted from the north
    choices  of facets, and `condition`: what is shown; points from afar are the pyramid's (pyramid/render.py)
    """
    if not layer.geometry or not layer.zooms[0] <= z <= layer.zooms[1]:
        return b""
    statement = restricted(FeatureQuery(layer=layer, filter=condition))
    add_choices(statement, choices)
    drawn = statement.own(f"{layer.geometry}_3857")
    z_x_y = sql.SQL(", ").join(map(sql.Literal, (z, x, y)))
    envelope = sql.SQL("ST_TileEnvelope({})").format(z_x_y)
    # Found by the index on the stored degrees: a tile's edges are meridians and parallels, so the box is the same.
    box = sql.SQL(", ").join(map(sql.Literal, degrees(z, x, y)))
    stored = statement.own(layer.geometry)
    statement.conditions.append(sql.SQL("{} && ST_MakeEnvelope({}, 4326)").format(stored, box))
    columns = [
        sql.SQL("ST_AsMVTGeom({}, {}, {}, {}, true) AS geom").format(
            drawn, envelope, EXTENT, BUFFER
        ),
        statement.own("fid"),
        sql.SQL("{}::text AS id").format(statement.own("id")),
        *[_attribute(statement, each) for each in carried(layer, z)],
    ]
    inner = statement.select(columns)
    content = _encode(layer.name, inner)
    parameters = statement.parameters
    if has_names(layer):
        content += sql.SQL(" || ") + _encode(names_of(layer), _names(statement, drawn, envelope))
        parameters = parameters * 2
    with raw_cursor() as cursor:
        row = cursor.execute(sql.SQL("SELECT ") + content, parameters, binary=True).fetchone()
    return bytes(row[0]) if row else b""


def degrees(z: int, x: int, y: int, margin: float = BUFFER / EXTENT) -> Box:
    """West, south, east, north of a tile in degrees, with a margin (share of its edge; the buffer) on each side.

    Beyond the antimeridian there is nothing to add.
    """

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / 2**z))))

    west, east = ((column / 2**z) * 360 - 180 for column in (x - margin, x + 1 + margin))
    return max(west, -180.0), latitude(y + 1 + margin), min(east, 180.0), latitude(y - margin)


def has_names(layer: Layer) -> bool:
    """Whether tiles carry the names of the layer's polygons apart: cut by tiles, each piece would be named."""
    return layer.dimension == 2 and layer.label is not None


def names_of(layer: Layer) -> str:
    """The tile's layer of points where the names of polygons stand."""
    return f"{layer.name}-names"


def counts_of(layer: Layer) -> str:
    """The layer of a pyramid's tile that says how many points there are, block by block (pyramid/tiles.py)."""
    return f"{layer.name}-counts"


def _encode(name: str, inner: sql.Composable) -> sql.Composed:
    return sql.SQL(
        "(SELECT ST_AsMVT(t, {}, {}, 'geom', 'fid') FROM ({}) t WHERE t.geom IS NOT NULL)"
    ).format(sql.Literal(name), sql.Literal(EXTENT), inner)


def _names(statement: Statement, drawn: sql.Composable, envelope: sql.Composable) -> sql.Composed:
    """One point within each polygon, in the one tile that holds it; large ones first, for they win the place."""
    layer = statement.layer
    label = property_by_name(layer)[str(layer.label)]
    columns = [
        sql.SQL("ST_AsMVTGeom(ST_PointOnSurface({}), {}, {}, 0, true) AS geom").format(
            drawn, envelope, EXTENT
        ),
        statement.own("fid"),
        _attribute(statement, label),
    ]
    return statement.select(columns, sql.SQL(" ORDER BY ST_Area({}) DESC").format(drawn))


def carried(layer: Layer, z: int) -> list[Property]:
    """The properties in a tile of this zoom."""
    if z >= ALL_PROPERTIES_FROM:
        return list(properties(layer))
    wanted = {"status", layer.label}
    if isinstance(layer.symbol, Categorized):
        wanted.add(layer.symbol.field)
        if z > DEEPEST:  # nearer than the pyramid, points are drawn one by one
            wanted |= set(layer.symbol.season or ())
    return [each for name, each in property_by_name(layer).items() if name in wanted]


def _attribute(statement: Statement, each: Property) -> sql.Composable:
    """A property in a type that tiles know: text, numbers and flags."""
    cast = sql.SQL("") if each.json_type in {"integer", "number", "boolean"} else sql.SQL("::text")
    return sql.SQL("{}{} AS {}").format(statement.column(each), cast, sql.Identifier(each.name))
