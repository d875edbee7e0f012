"""What the pyramid gives: vector tiles to zoom 13, exact counts, and arrays to draw from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import sql

from geoplatform.catalog.facets import DEEPEST, first_level
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import Categorized
from geoplatform.pyramid.entries import SIDE, Tile, entries, total
from geoplatform.query.facets import Choices
from geoplatform.query.mvt import EXTENT
from geoplatform.query.select import raw_cursor

HALF = 20037508.342789244  # metres from the middle of EPSG:3857 to its edge
UNITS = 1 << 25  # of the grid, in each direction


@dataclass(frozen=True)
class Arrays:
    """The markers of a tile and its rim, side by side.

    x, y     EPSG:3857, metres, float64: the point, or the mean of those that share a cell
    n        how many points each stands for
    kind     place in `classes`
    classes  value of the symbol's field (None where it goes by none) and status
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    classes: tuple[tuple[str | None, str], ...]


def tile(layer: Layer, z: int, x: int, y: int, choices: Choices = ()) -> bytes:
    """A Mapbox vector tile of zoom 13 at most; empty where nothing stands or the layer is not drawn at this zoom.

    A feature is a marker: `n` points of one class that share a cell of 64 units. A single point stands where it is and
    has its number as id; several stand at their mean, which is the same in every tile that shows them.
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
    text = sql.SQL(
        """SELECT ST_AsMVT(t, {name}, {extent}, 'geom', 'fid') FROM (
        SELECT ST_MakePoint((cell %% {side} - 1) * 64 + (sx / n >> (13 - %(level)s)),
            (cell / {side} - 1) * 64 + (sy / n >> (13 - %(level)s))) AS geom,
            n::integer, {attributes}, CASE WHEN n = 1 THEN sf END AS fid
        FROM ({chosen}) e) t"""
    ).format(
        name=sql.Literal(layer.name),
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


def arrays(layer: Layer, z: int, x: int, y: int, choices: Choices = ()) -> Arrays:
    """The markers of a tile of the pyramid's own zooms, its rim of one cell included, for drawing.

    z from `first_level(layer)` to 13, whether or not the layer is drawn there. Raises ValueError for other zooms.
    """
    if not first_level(layer) <= z <= DEEPEST:
        raise ValueError(f"the pyramid of {layer.name} has zoom {first_level(layer)} to {DEEPEST}")
    chosen, parameters = entries(layer, choices)
    at = Tile(z, x, y)
    parameters |= at.parameters()
    with raw_cursor() as cursor:
        rows = cursor.execute(_as_arrays(chosen), parameters, binary=True).fetchall()
    cell, n, sx, sy = (
        np.concatenate([_numbers(row[2 + i]) for row in rows] or [np.empty(0, np.int64)])
        for i in range(4)
    )
    sizes = [len(_numbers(row[2])) for row in rows]
    # The middle of a unit of the grid, for a point is known to a unit.
    column = ((at.x * 64 - 1 + cell % SIDE) << at.shift) + sx / np.maximum(n, 1) + 0.5
    line = ((at.y * 64 - 1 + cell // SIDE) << at.shift) + sy / np.maximum(n, 1) + 0.5
    return Arrays(
        x=column * (2 * HALF / UNITS) - HALF,
        y=HALF - line * (2 * HALF / UNITS),
        n=n,
        kind=np.repeat(np.arange(len(rows)), sizes),
        classes=tuple((row[0], row[1]) for row in rows),
    )


@cache
def _as_arrays(chosen: str) -> bytes:
    names = ("cell", "n", "sx", "sy")
    sent = ", ".join(f"array_send(array_agg({each}::bigint))" for each in names)
    # By class, so that what markers have in common comes once.
    return f"SELECT symbol, status, {sent} FROM ({chosen}) e GROUP BY symbol, status ORDER BY 1, 2".encode()


def _numbers(sent: Any) -> npt.NDArray[np.int64]:
    """An array of bigint as array_send gives it: 20 bytes of header, then length and value of each."""
    parts = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", ">i8")], offset=20)
    return parts["value"].astype(np.int64)
