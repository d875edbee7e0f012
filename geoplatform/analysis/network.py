"""The walking network: nodes and edges made of the lines of streets and paths.

Two lines meet where they share a vertex, and where one ends upon the other. Lines that cross without either are a
bridge and what passes beneath it, as OpenStreetMap draws them: nobody changes from one to the other there. Lines that
know no levels (those of some files, and paths that somebody draws) meet whatever they cross.

Whether two lines meet is a matter of these two alone, and a long edge is divided before it is split where others meet
it: so a line more only adds nodes and splits edges (`growing`). A node lies in the middle of its millimetre, whichever
line came first.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]
Shapes = NDArray[np.object_]
# Line (position), metres from its start, and x, y of vertices, in the order of the first two.
Vertices = tuple[Whole, Floats, Floats]

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
class Links:
    """Ways between nodes, both ways, `length` metres each."""

    start: Whole
    end: Whole
    length: Floats


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes by `x`, `y` (metres, easting and northing); edges from `start` to `end`, both ways, `length` metres.

    `line` is the position of the street that an edge is part of, `measure` where on it the edge begins (metres);
    edges are in the order of both.

    lines  the streets
    root   the network that this one has grown from, whose nodes are the first of its own; None: it was made whole
    more   the links that came to those of `root`
    """

    x: Floats
    y: Floats
    start: Whole
    end: Whole
    length: Floats
    line: Whole
    measure: Floats
    lines: Shapes = field(default_factory=lambda: np.zeros(0, dtype=object))
    root: Network | None = None
    more: Links | None = None

    @cached_property
    def links(self) -> csr_matrix:
        """Symmetric matrix of lengths, without loops. Ways between the same two nodes may be there more than once.

        An edge of `root` that was split stays beside its parts, which are as long.
        """
        size = len(self.x)
        if self.root is not None and self.more is not None:
            return _with_links(self.root.links, self.more, size)
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
    def index(self) -> shapely.STRtree:
        """Index of the streets."""
        return shapely.STRtree(self.lines)

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

    def within(self, shapes: Shapes, metres: float, since: int = 0) -> tuple[Whole, Whole]:
        """Pairs of shapes (positions) and nodes no farther from them than `metres`; nodes from number `since` on."""
        if self.root is None:
            shape, node = self.nodes.query(shapes, predicate="dwithin", distance=metres)
            return shape[node >= since], node[node >= since]
        own = max(since, len(self.root.x))
        tree = shapely.STRtree(shapely.points(self.x[own:], self.y[own:]))
        shape, node = tree.query(shapes, predicate="dwithin", distance=metres)
        if since >= len(self.root.x):
            return shape, node + own
        of_root, old = self.root.within(shapes, metres, since)
        return np.concatenate([of_root, shape]), np.concatenate([old, node + own])


def on_foot(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which streets people may walk on: as recorded; unknown is yes, but for motorways and trunk roads."""
    said = streets["foot"]
    usual = said.isna() & ~streets["kind"].isin(NOT_ON_FOOT)
    return (said.fillna(False) | usual).to_numpy(bool)


def network(lines: Shapes, *, flat: NDArray[np.bool_] | None = None) -> Network:
    """The network of LineStrings in a metric CRS. Those that are `flat` meet whatever they cross.

    A network of no lines has no nodes; whoever asks it finds nothing within reach.
    """
    found = divided(vertices(lines))
    flat = np.zeros(len(lines), dtype=bool) if flat is None else flat
    line, measure, xy = with_stops(found, *meetings(lines, flat, found))
    node, x, y = nodes_of(xy)
    return Network(x, y, *edges_of(line, measure, node), lines=lines)


def vertices(lines: Shapes) -> Vertices:
    """The vertices of lines as they are drawn."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.zeros(len(xy))
    step[1:] = (
        np.where(line[1:] == line[:-1], np.hypot(*np.diff(xy, axis=0).T), 0) if len(xy) else []
    )
    total = np.cumsum(step)
    first = np.searchsorted(line, np.arange(len(lines)))
    return line, total - total[first[line]] if len(xy) else step, xy


def edges_of(
    line: Whole, measure: Floats, node: Whole
) -> tuple[Whole, Whole, Floats, Whole, Floats]:
    """Start, end, length, line and measure of the edges between vertices that follow each other on a line."""
    joined = line[1:] == line[:-1]
    # Places on long lines are told apart by the micrometre only.
    length = np.maximum(np.diff(measure)[joined], 0)
    return node[:-1][joined], node[1:][joined], length, line[:-1][joined], measure[:-1][joined]


def nodes_of(xy: Floats) -> tuple[Whole, Floats, Floats]:
    """The node of each vertex, and where the nodes are: vertices in the same millimetre are one."""
    if not len(xy):
        return np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0)
    cell = np.round(xy * GRID).astype(np.int64)
    lowest = cell.min(axis=0)
    width = cell[:, 1].max() - lowest[1] + 1
    key, node = np.unique(
        (cell[:, 0] - lowest[0]) * width + cell[:, 1] - lowest[1], return_inverse=True
    )
    return node, (key // width + lowest[0]) / GRID, (key % width + lowest[1]) / GRID


def with_stops(found: Vertices, where: Whole, place: Floats, at: Floats) -> Vertices:
    """The vertices with more of them: at `at` on the lines `where`, `place` metres from their start."""
    line, measure, xy = found
    if not len(where):
        return found
    far = float(measure.max()) + float(place.max()) + 1
    order = np.lexsort((place, where))
    where, place, at = where[order], place[order], at[order]
    behind = np.searchsorted(line * far + measure, where * far + place, side="right")
    return (
        np.insert(line, behind, where),
        np.insert(measure, behind, place),
        np.insert(xy, behind, at, axis=0),
    )


def meetings(
    lines: Shapes, flat: NDArray[np.bool_], found: Vertices
) -> tuple[Whole, Floats, Floats]:
    """Where lines meet others that have no vertex there yet: the line, metres from its start, and x, y.

    They do where another line ends upon them, and where they cross one if either is flat.
    """
    tree = shapely.STRtree(lines)
    line, _measure, xy = found
    node, x, y = nodes_of(xy)
    is_end = np.ones(len(xy), dtype=bool)
    is_end[1:-1] = (line[1:-1] != line[:-2]) | (line[1:-1] != line[2:])
    at_end = np.zeros(len(x), dtype=bool)
    at_end[node[is_end]] = True
    ends = np.flatnonzero(at_end)
    with uncollected():
        points = shapely.points(x[ends], y[ends])
        boxes = shapely.box(x[ends] - TOUCH, y[ends] - TOUCH, x[ends] + TOUCH, y[ends] + TOUCH)
    which, on = tree.query(boxes)
    # Where they share a vertex they meet already: most do, and need not be measured.
    here = at_end[node]
    known = np.sort(node[here] * len(lines) + line[here])
    apart = ~_among(ends[which] * len(lines) + on, known)
    which, on = which[apart], on[apart]
    near = shapely.dwithin(lines[on], points[which], TOUCH)
    which, on = ends[which[near]], on[near]
    where, at = [on], [np.column_stack([x[which], y[which]])]
    if flat.any():
        some = np.flatnonzero(flat)
        a, b = tree.query(lines[some], predicate="intersects")
        a = some[a]
        once = (a < b) | (~flat[b] & (a != b))
        a, b = a[once], b[once]
        points = shapely.extract_unique_points(shapely.intersection(lines[a], lines[b]))
        crossing, pair = shapely.get_coordinates(points, return_index=True)
        where += [a[pair], b[pair]]
        at += [crossing, crossing]
    return _new_places(lines, found, np.concatenate(where), np.concatenate(at))


def _new_places(
    lines: Shapes, found: Vertices, where: Whole, at: Floats
) -> tuple[Whole, Floats, Floats]:
    """Of places on lines those in whose millimetre the line has no vertex, each of them once."""
    line, _measure, xy = found
    near = np.zeros(len(lines), dtype=bool)
    near[where] = True
    near = near[line]
    node, _x, _y = nodes_of(np.concatenate([xy[near], at]))
    key = node * len(lines) + np.concatenate([line[near], where])
    known, asked = np.sort(key[: near.sum()]), key[near.sum() :]
    _key, first = np.unique(asked, return_index=True)
    chosen = first[~_among(asked[first], known)]
    where, at = where[chosen], at[chosen]
    return where, shapely.line_locate_point(lines[where], shapely.points(at)), at


def _among(asked: Whole, known: Whole) -> NDArray[np.bool_]:
    """Which of some numbers are among others, which are in order: by halves, without a table of them."""
    place = np.searchsorted(known, asked)
    return np.append(known, -1)[place] == asked


def _with_links(links: csr_matrix, more: Links, size: int) -> csr_matrix:
    """A matrix of lengths with more nodes and more links, both ways."""
    rows = np.concatenate([more.start, more.end])
    columns = np.concatenate([more.end, more.start])
    begins = np.append(links.indptr, np.full(size - links.shape[0], links.nnz))
    order = np.argsort(rows, kind="stable")
    behind = begins[rows[order] + 1]
    return csr_matrix(
        (
            np.insert(links.data, behind, np.tile(more.length, 2)[order]),
            np.insert(links.indices, behind, columns[order]),
            begins + np.append(0, np.cumsum(np.bincount(rows, minlength=size))),
        ),
        shape=(size, size),
    )


def divided(found: Vertices) -> Vertices:
    """Vertices such that no edge is longer than LONGEST: the longer ones in equal parts."""
    line, measure, xy = found
    joined = line[1:] == line[:-1]
    length = np.where(joined, np.diff(measure), 0)
    parts = np.maximum(1, np.ceil(length / LONGEST)).astype(np.intp)
    edge = np.repeat(np.arange(len(parts)), parts - 1)
    if not len(edge):
        return found
    number = np.arange(len(edge)) - np.repeat(np.cumsum(parts - 1) - (parts - 1), parts - 1) + 1
    share = number / parts[edge]
    place = measure[edge] + share * length[edge]
    more = xy[edge] + share[:, None] * (xy[edge + 1] - xy[edge])
    return with_stops(found, line[edge], place, more)
