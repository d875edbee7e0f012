"""The walking network with streets more: what a path adds to it, without making the rest again.

Whether two lines meet is a matter of these two alone, so only streets near the new ones are looked at: new nodes are
appended, edges split where the new streets meet them. The outcome is the network made whole, but for the numbers of
its nodes. A street less is another matter: then the network is made anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geoplatform.analysis.network import (
    GRID,
    TOUCH,
    Links,
    Network,
    Shapes,
    Vertices,
    Whole,
    divided,
    edges_of,
    meetings,
    nodes_of,
    vertices,
    with_stops,
)


@dataclass(frozen=True, eq=False)
class Growth:
    """What a network has grown by: nodes from number `nodes` on, and these links.

    place    the position of each of the earlier streets among today's
    touched  which of today's streets are new, or split where a new one meets them
    """

    nodes: int
    links: Links
    place: Whole
    touched: NDArray[np.bool_]


def grown(
    ways: Network, lines: Shapes, flat: NDArray[np.bool_], was: Whole
) -> tuple[Network, Growth]:
    """The network of today's `lines`, all streets of `ways` among them, in any order.

    was  for each of them its position in `ways.lines`, -1 where it is new
    """
    new = np.flatnonzero(was < 0)
    place = np.empty(len(ways.lines), dtype=np.intp)
    place[was[was >= 0]] = np.flatnonzero(was >= 0)
    _which, near = ways.index.query(lines[new], predicate="dwithin", distance=TOUCH)
    near = np.unique(near)
    here = np.concatenate([place[near], new])
    found = _together(_of(ways, near), divided(vertices(lines[new])), len(near))
    where, at, xy = meetings(lines[here], flat[here], found)
    touched = np.zeros(len(lines), dtype=bool)
    touched[here[where]] = touched[new] = True
    line, measure, xy = with_stops(found, where, at, xy)
    chosen = touched[here[line]]
    line, measure, xy = here[line[chosen]], measure[chosen], xy[chosen]
    local, x, y = nodes_of(xy)
    number = _numbered(ways, x, y)
    made = edges_of(line, measure, number[local])
    fresh = number >= len(ways.x)
    lines_now = place[ways.line]
    keep = np.flatnonzero(~touched[lines_now])
    before = ways.start, ways.end, ways.length, lines_now, ways.measure
    order = np.argsort(np.concatenate([lines_now[keep], made[3]]), kind="stable")
    start, end, length, line, measure = (
        np.concatenate([part[keep], more])[order] for part, more in zip(before, made, strict=True)
    )
    links = _new_links(ways, *made[:3])
    network = Network(
        np.append(ways.x, x[fresh]),
        np.append(ways.y, y[fresh]),
        start,
        end,
        length,
        line,
        measure,
        lines=lines,
        root=ways.root or ways,
        more=links if ways.more is None else _both(ways.more, links),
    )
    return network, Growth(len(ways.x), links, place, touched)


def islands(ways: Network, some: NDArray[np.bool_]) -> Whole:
    """Which of some streets (marked by position) no other street leads to, not even by way of one of them."""
    own = some[ways.line]
    theirs = np.zeros(len(ways.x), dtype=bool)
    theirs[ways.start[~own]] = theirs[ways.end[~own]] = True
    edges = len(ways.line[own])
    nodes, number = np.unique(np.concatenate([ways.start[own], ways.end[own]]), return_inverse=True)
    links = csr_matrix((np.ones(edges), (number[:edges], number[edges:])), shape=(len(nodes),) * 2)
    count, part = connected_components(links, directed=False)
    joined = np.zeros(count, dtype=bool)
    joined[part[theirs[nodes]]] = True
    found = np.unique(ways.line[own][joined[part[number[:edges]]]])
    return np.setdiff1d(np.flatnonzero(some), found)


def _of(ways: Network, lines: Whole) -> Vertices:
    """The vertices of some streets, numbered in the order given, with all that the network has on them."""
    number = np.full(len(ways.lines), -1, dtype=np.intp)
    number[lines] = np.arange(len(lines))
    edge = np.flatnonzero(number[ways.line] >= 0)
    last = np.append(ways.line[edge][1:] != ways.line[edge][:-1], True)[: len(edge)]
    node = np.concatenate([ways.start[edge], ways.end[edge][last]])
    line = number[np.concatenate([ways.line[edge], ways.line[edge][last]])]
    measure = np.concatenate(
        [ways.measure[edge], ways.measure[edge][last] + ways.length[edge][last]]
    )
    # Behind the edges of a line comes its end, whatever it measures.
    order = np.argsort(line, kind="stable")
    return line[order], measure[order], np.column_stack([ways.x[node], ways.y[node]])[order]


def _together(first: Vertices, second: Vertices, lines: int) -> Vertices:
    """The vertices of two sets of lines; those of the second are numbered from `lines` on."""
    return (
        np.concatenate([first[0], second[0] + lines]),
        np.concatenate([first[1], second[1]]),
        np.concatenate([first[2], second[2]]),
    )


def _numbered(ways: Network, x: NDArray[np.float64], y: NDArray[np.float64]) -> Whole:
    """The numbers of nodes in the network; of those that it has not, the next ones."""
    number = np.full(len(x), -1, dtype=np.intp)
    # Nodes lie in the middle of their millimetre: one is there, or a whole one farther.
    which, node = ways.within(shapely.points(x, y), 0.1 / GRID)
    number[which] = node
    number[number < 0] = len(ways.x) + np.arange((number < 0).sum())
    return number


def _new_links(ways: Network, start: Whole, end: Whole, length: NDArray[np.float64]) -> Links:
    """Those ways that the network has not as short already."""
    known = np.full(len(start), np.inf)
    old = np.flatnonzero((start < len(ways.x)) & (end < len(ways.x)))
    links = ways.links[start[old]]
    rows = np.repeat(np.arange(len(old)), np.diff(links.indptr))
    same = links.indices == end[old][rows]
    np.minimum.at(known, old[rows[same]], links.data[same])
    keep = (start != end) & (length < known)
    return Links(start[keep], end[keep], length[keep])


def _both(first: Links, second: Links) -> Links:
    return Links(
        np.concatenate([first.start, second.start]),
        np.concatenate([first.end, second.end]),
        np.concatenate([first.length, second.length]),
    )
