"""The walking network: nodes and edges made of the lines of streets and paths.

Two lines meet where they share a vertex, and where one ends upon the other. Lines that cross without either are a
bridge and what passes beneath it, as OpenStreetMap draws them: nobody changes from one to the other there. Streets of
a file that knows no levels are split where they cross.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

# Millimetres: vertices nearer than this are one node.
GRID = 1000
# Metres: a line that ends this close to another one ends upon it.
TOUCH = 0.05
# Metres: longer edges are divided, else a straight street along a park would have no entrance to it.
LONGEST = 100.0
# Open on foot only where their record says so.
NOT_ON_FOOT = ("motorway", "trunk")


@contextmanager
def uncollected() -> Iterator[None]:
    """Makes many small objects without the garbage collector looking through all there are again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes by `x`, `y` (metres, easting and northing); edges from `start` to `end`, both ways, `length` metres.

    `line` is the position of the street that an edge is part of, `measure` where on it the edge begins (metres);
    edges are in the order of both.
    """

    x: Floats
    y: Floats
    start: Whole
    end: Whole
    length: Floats
    line: Whole
    measure: Floats

    @cached_property
    def links(self) -> csr_matrix:
        """Symmetric matrix of lengths; of parallel edges the shortest. Loops are left out."""
        size = len(self.x)
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        pair = low * size + high
        order = np.lexsort((self.length, pair))
        first = np.ones(len(order), dtype=bool)
        first[1:] = np.diff(pair[order]) > 0
        chosen = order[first]
        chosen = chosen[low[chosen] != high[chosen]]
        low, high, length = low[chosen], high[chosen], self.length[chosen]
        rows, columns = np.concatenate([low, high]), np.concatenate([high, low])
        return csr_matrix((np.tile(length, 2), (rows, columns)), shape=(size, size))

    @cached_property
    def edges(self) -> shapely.STRtree:
        """Index of the edges as lines."""
        ends = np.empty((len(self.start), 2, 2))
        ends[:, 0, 0], ends[:, 0, 1] = self.x[self.start], self.y[self.start]
        ends[:, 1, 0], ends[:, 1, 1] = self.x[self.end], self.y[self.end]
        with uncollected():
            return shapely.STRtree(shapely.linestrings(ends))

    @cached_property
    def nodes(self) -> shapely.STRtree:
        """Index of the nodes as points."""
        with uncollected():
            return shapely.STRtree(shapely.points(self.x, self.y))


def on_foot(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which streets people may walk on: as recorded; unknown is yes, but for motorways and trunk roads."""
    said = streets["foot"]
    usual = said.isna() & ~streets["kind"].isin(NOT_ON_FOOT)
    return (said.fillna(False) | usual).to_numpy(bool)


def network(lines: NDArray[np.object_], *, flat: NDArray[np.bool_] | None = None) -> Network:
    """The network of LineStrings in a metric CRS. Those that are `flat` meet wherever they cross one another.

    A network of no lines has no nodes; whoever asks it finds nothing within reach.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.zeros(len(xy))
    step[1:] = (
        np.where(line[1:] == line[:-1], np.hypot(*np.diff(xy, axis=0).T), 0) if len(xy) else []
    )
    total = np.cumsum(step)
    first = np.searchsorted(line, np.arange(len(lines)))
    measure = total - total[first[line]] if len(xy) else step
    for where, at in _meetings(lines, xy, line, flat):
        place = shapely.line_locate_point(lines[where], at)
        line, measure, xy = _with(line, measure, xy, where, place, shapely.get_coordinates(at))
    line, measure, xy = _divided(line, measure, xy)
    node, x, y = _nodes(xy)
    joined = line[1:] == line[:-1]
    return Network(
        x=x,
        y=y,
        start=node[:-1][joined],
        end=node[1:][joined],
        # Places on long lines are told apart by the micrometre only.
        length=np.maximum(np.diff(measure)[joined], 0),
        line=line[:-1][joined],
        measure=measure[:-1][joined],
    )


def _nodes(xy: Floats) -> tuple[Whole, Floats, Floats]:
    """The node of each vertex, and where the nodes are: vertices in the same millimetre are one."""
    if not len(xy):
        return np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0)
    cell = np.round(xy * GRID).astype(np.int64)
    cell -= cell.min(axis=0)
    key = cell[:, 0] * (cell[:, 1].max() + 1) + cell[:, 1]
    _key, where, node = np.unique(key, return_index=True, return_inverse=True)
    return node, xy[where, 0], xy[where, 1]


def _with(
    line: Whole, measure: Floats, xy: Floats, where: Whole, place: Floats, at: Floats
) -> tuple[Whole, Floats, Floats]:
    """The vertices with more of them: at `at` on the lines `where`, `place` metres from their start."""
    if not len(where):
        return line, measure, xy
    far = float(measure.max()) + float(place.max()) + 1
    order = np.lexsort((place, where))
    where, place, at = where[order], place[order], at[order]
    behind = np.searchsorted(line * far + measure, where * far + place, side="right")
    return (
        np.insert(line, behind, where),
        np.insert(measure, behind, place),
        np.insert(xy, behind, at, axis=0),
    )


def _meetings(
    lines: NDArray[np.object_], xy: Floats, line: Whole, flat: NDArray[np.bool_] | None
) -> list[tuple[Whole, NDArray[np.object_]]]:
    """Pairs of lines and points upon them: ends of other lines that lie there, and crossings of those that are flat."""
    if not len(lines):
        return []
    tree = shapely.STRtree(lines)
    # An end that no other line shares a vertex with.
    node, _x, _y = _nodes(xy)
    is_end = np.ones(len(xy), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    loose = np.flatnonzero(is_end & (np.bincount(node)[node] == 1))
    ends = shapely.points(xy[loose])
    which, on = tree.query(ends, predicate="dwithin", distance=TOUCH)
    other = line[loose[which]] != on
    found = [(on[other], ends[which[other]])]
    if flat is not None and flat.any():
        some = np.flatnonzero(flat)
        a, b = shapely.STRtree(lines[some]).query(lines[some], predicate="intersects")
        a, b = some[a[a < b]], some[b[a < b]]
        points = shapely.extract_unique_points(shapely.intersection(lines[a], lines[b]))
        parts, pair = shapely.get_parts(points, return_index=True)
        found += [(a[pair], parts), (b[pair], parts)]
    return found


def _divided(line: Whole, measure: Floats, xy: Floats) -> tuple[Whole, Floats, Floats]:
    """Vertices such that no edge is longer than LONGEST: the longer ones in equal parts."""
    joined = line[1:] == line[:-1]
    length = np.where(joined, np.diff(measure), 0)
    parts = np.maximum(1, np.ceil(length / LONGEST)).astype(np.intp)
    edge = np.repeat(np.arange(len(parts)), parts - 1)
    if not len(edge):
        return line, measure, xy
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts - 1) - (parts - 1), parts - 1) + 1
    share = number / parts[edge]
    place = measure[edge] + share * length[edge]
    more = xy[edge] + share[:, None] * (xy[edge + 1] - xy[edge])
    return _with(line, measure, xy, line[edge], place, more)
