"""The markers of a level of the pyramid over a whole box, for pictures.

One statement brings the packed arrays as they lie in the chunks, and the deltas not yet merged: one snapshot. What
they come to is worked out here: to unpack and add in the database costs ten times as much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import sql

from geoplatform.catalog.facets import DEEPEST, first_level
from geoplatform.catalog.layer import Layer
from geoplatform.pyramid.entries import (
    SIDE,
    Shape,
    chosen_by,
    divides,
    is_marginal,
    matching,
    morton,
    parameters_of,
    shape_of,
    symbol_of,
    table,
)
from geoplatform.query.along import fetched
from geoplatform.query.drawing import Points
from geoplatform.query.facets import Choices
from geoplatform.query.feature_query import Box

HALF = 20037508.342789244  # metres from the middle of EPSG:3857 to its edge
UNITS = 1 << 25  # of the grid, in each direction
INNER = SIDE - 2  # cells along a tile without its rim
MANY = 400  # tiles: of more, all that the level has are fetched

Numbers = npt.NDArray[np.int64]
Class = tuple[str | None, str]


@dataclass(frozen=True)
class Range:
    """The tiles that together hold a box: columns from `left` to `right`, rows from `top` to `bottom`, inclusive."""

    level: int
    left: int
    top: int
    right: int
    bottom: int

    @property
    def shift(self) -> int:
        """Bits of the grid within a cell."""
        return DEEPEST + 6 - self.level

    @property
    def is_everything(self) -> bool:
        return (self.right - self.left + 1) * (self.bottom - self.top + 1) > MANY

    def parameters(self) -> dict[str, Any]:
        """Tiles by number; the grid's units of all their cells, those of the outer rim included."""
        shift, last = self.shift, UNITS - 1
        low_x, low_y = (max(n * INNER - 1 << shift, 0) for n in (self.left, self.top))
        high_x, high_y = (
            min(((n + 1) * INNER + 1 << shift) - 1, last) for n in (self.right, self.bottom)
        )
        tiles = [
            morton(x, y)
            for x in range(self.left, self.right + 1)
            for y in range(self.top, self.bottom + 1)
        ]
        # The number of a tile grows with column and row, so all within lie between those of two corners.
        inside = DEEPEST - 1
        return {
            "level": self.level,
            "tiles": tiles,
            "low_x": low_x,
            "low_y": low_y,
            "high_x": high_x,
            "high_y": high_y,
            "low_key": morton(low_x >> inside, low_y >> inside),
            "high_key": morton(high_x >> inside, high_y >> inside),
        }


def points(layer: Layer, box: Box, zoom: float, choices: Choices = ()) -> Points:
    """The markers of `layer` in `box` (EPSG:3857, metres) and around it, as they are at a zoom.

    zoom  MapLibre's; the level is the whole zoom below it, at least the layer's first, at most 13
    """
    at = covering(box, min(max(math.floor(zoom + 1e-6), first_level(layer)), DEEPEST))
    shape = shape_of(choices)
    parameters = parameters_of(choices)
    if at.is_everything:
        size = (1 << at.level) - 1
        at = Range(at.level, 0, 0, size, size)
        parameters |= {"level": at.level}
    else:
        parameters |= at.parameters()
    text = _statement(layer, shape, at.is_everything)
    return _merged(at, fetched(text, parameters, prepare=True))


def covering(box: Box, level: int) -> Range:
    """The tiles of a level that hold a box. Tiles have rims: a neighbour that gives no more than that is left out."""
    west, south, east, north = box
    cells = INNER << level

    def cell(share: float) -> int:
        return min(max(math.floor(share * cells), 0), cells - 1)

    first_x, last_x = cell((west + HALF) / (2 * HALF)), cell((east + HALF) / (2 * HALF))
    first_y, last_y = cell((HALF - north) / (2 * HALF)), cell((HALF - south) / (2 * HALF))
    left, right = _tiles(first_x, last_x)
    top, bottom = _tiles(first_y, last_y)
    return Range(level, left, top, right, bottom)


def _tiles(first: int, last: int) -> tuple[int, int]:
    low, high = first // INNER, last // INNER
    if low < high and first % INNER == INNER - 1:
        low += 1
    if low < high and last % INNER == 0:
        high -= 1
    return low, high


@cache
def _statement(layer: Layer, shape: Shape, everything: bool) -> bytes:
    """Three kinds of rows: chunks (number of the tile, arrays), classes of the chunks' kinds (number of the kind,
    symbol, status), and deltas by class (symbol, status, arrays)."""
    if is_marginal(layer, shape):
        before: sql.Composable = sql.SQL("")
        kinds: sql.Composable
        facet = shape[0][0].name if shape else ""
        values = sql.SQL("ANY (%(t0)s)") if shape else sql.SQL("''")
        kinds = sql.SQL(
            "SELECT id, symbol, status FROM geoplatform.point_class WHERE layer = {}"
        ).format(sql.Literal(layer.name))
    else:
        before = sql.SQL("WITH {} ").format(matching(layer, shape))
        facet = divides(layer).name
        values = sql.SQL("ANY (ARRAY(SELECT DISTINCT part FROM matching))")
        kinds = sql.SQL(
            "SELECT m.id, k.symbol, k.status FROM matching m JOIN geoplatform.point_class k ON k.id = m.class"
        )
    text = sql.SQL(
        """{before}SELECT c.tile, NULL::text, NULL::text, array_send(c.cells), array_send(c.kinds),
            array_send(c.counts), array_send(c.xs), array_send(c.ys)
        FROM geoplatform.chunk c
        WHERE c.layer = {layer} AND c.level = %(level)s{of_tiles} AND c.facet = {facet} AND c.value = {values}
        UNION ALL
        SELECT k.*, NULL, NULL, NULL, NULL, NULL FROM ({kinds}) k
        UNION ALL
        SELECT NULL, {symbol}, d.status, NULL, NULL,
            array_send(array_agg(d.sign)), array_send(array_agg(d.x)), array_send(array_agg(d.y))
        FROM {delta} d WHERE {chosen}{within}
        GROUP BY 2, 3"""
    ).format(
        before=before,
        layer=sql.Literal(layer.name),
        of_tiles=sql.SQL("" if everything else " AND c.tile = ANY (%(tiles)s)"),
        facet=sql.Literal(facet),
        values=values,
        kinds=kinds,
        symbol=symbol_of(layer, "d"),
        delta=table("delta", layer),
        chosen=chosen_by(layer, "d", shape),
        within=sql.SQL("" if everything else WITHIN),
    )
    return text.as_bytes(None)


WITHIN = """ AND d.key BETWEEN %(low_key)s AND %(high_key)s
            AND d.x BETWEEN %(low_x)s AND %(high_x)s AND d.y BETWEEN %(low_y)s AND %(high_y)s"""


def _merged(at: Range, rows: Iterable[Sequence[Any]]) -> Points:
    """Sums by cell and class, of chunks and deltas together; what comes to no points is left out."""
    classes: dict[Class, int] = {}
    class_of: dict[int, int] = {}
    chunks: list[Sequence[Any]] = []
    parts: list[tuple[Numbers, ...]] = []  # column and row of the cell, class, n, sums of offsets
    for row in rows:
        number, symbol, status = row[:3]
        if status is None:
            chunks.append(row)
            continue
        kind = classes.setdefault((symbol, status), len(classes))
        if number is not None:
            class_of[number] = kind
        else:
            parts.append(_changed(at, row, kind))
    known = np.array(sorted(class_of), np.int64)
    place = np.array([class_of[each] for each in known.tolist()], np.int64)
    # Chunks first: they are all but sorted.
    parts = [*(_unpacked(at, each, known, place) for each in chunks), *parts]
    parts = [each for each in parts if len(each[0])]
    if not parts:
        nothing = np.empty(0)
        return Points(nothing, nothing, nothing.astype(np.int64), nothing.astype(np.int64), ())
    column, line, kinds, n, sx, sy = (np.concatenate(each) for each in zip(*parts, strict=True))
    # One number for cell and class; a level has at most 2^19 cells each way.
    key = (line << 20 | column) * len(classes) + kinds
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.append(0, np.flatnonzero(key[1:] != key[:-1]) + 1)
    n, sx, sy = (np.add.reduceat(each[order], first) for each in (n, sx, sy))
    there = n > 0
    first, n, sx, sy = (each[there] for each in (order[first], n, sx, sy))
    # The middle of a unit of the grid, for a point is known to a unit.
    unit = 2 * HALF / UNITS
    return Points(
        x=((column[first] << at.shift) + sx / n + 0.5) * unit - HALF,
        y=HALF - ((line[first] << at.shift) + sy / n + 0.5) * unit,
        n=n,
        kind=kinds[first],
        classes=tuple(classes),
    )


def _changed(at: Range, row: Sequence[Any], kind: int) -> tuple[Numbers, ...]:
    """The deltas of one class."""
    sign, x, y = map(_numbers, row[5:])
    within = (1 << at.shift) - 1
    offsets = sign * (x & within), sign * (y & within)
    return x >> at.shift, y >> at.shift, np.full(len(sign), kind), sign, *offsets


def _unpacked(at: Range, row: Sequence[Any], known: Numbers, place: Numbers) -> tuple[Numbers, ...]:
    """A chunk's entries of known kinds, without those of its rim that another tile gives."""
    x, y = _column_and_row(row[0])
    cells, kinds, n, sx, sy = map(_numbers, row[3:])
    line, column = np.divmod(cells, SIDE)
    which = np.searchsorted(known, kinds)
    keep = known.take(which, mode="clip") == kinds if len(known) else np.zeros(len(kinds), bool)
    if x > at.left:
        keep &= column > 0
    if x < at.right:
        keep &= column <= INNER
    if y > at.top:
        keep &= line > 0
    if y < at.bottom:
        keep &= line <= INNER
    column += x * INNER - 1
    line += y * INNER - 1
    found: Sequence[Numbers] = (column, line, which, n, sx, sy)
    if not keep.all():
        found = [each[keep] for each in found]
    return (*found[:2], place.take(found[2]), *found[3:])


def _column_and_row(number: int) -> tuple[int, int]:
    """What `morton` has made one number of."""
    x = y = 0
    for bit in range(DEEPEST):
        x |= (number >> 2 * bit & 1) << bit
        y |= (number >> 2 * bit + 1 & 1) << bit
    return x, y


WIDTHS = {2: ">i2", 4: ">i4", 8: ">i8"}


def _numbers(sent: bytes) -> Numbers:
    """An array of whole numbers as array_send gives it: 20 bytes of header, then length and value of each."""
    if len(sent) <= 20:
        return np.empty(0, np.int64)
    width = int.from_bytes(sent[20:24], "big")
    parts = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", WIDTHS[width])], offset=20)
    return parts["value"].astype(np.int64)
