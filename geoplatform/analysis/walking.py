"""How far it is to walk from each node of the network to the nearest green, along the network.

One multi-source Dijkstra for each class of green: each green space is a node of its own, joined to its entrances.
After an edit the part of the answer is repaired that the edit touches; it equals what starting anew would give.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from geoplatform.analysis.network import Floats, Links, Network, Whole, uncollected

# Metres: what is nearer by less than this is not; else a way split in two would be walked again for its last digit.
NEARER = 1e-9
# A repair that would renew more of the network than this share costs more than starting anew.
MOST = 0.1


@dataclass(frozen=True, eq=False)
class Entrances:
    """Ways from a network into areas: area (position), node, and the straight way between (metres)."""

    area: Whole
    node: Whole
    metres: Floats

    def of(self, chosen: NDArray[np.bool_]) -> Entrances:
        """Those of some areas; positions stay."""
        keep = chosen[self.area]
        return Entrances(self.area[keep], self.node[keep], self.metres[keep])


@dataclass(frozen=True, eq=False)
class Field:
    """For each node: metres to the nearest area (infinite: none can be walked to), and which (-1)."""

    metres: Floats
    area: Whole


def entrances(
    ways: Network, areas: NDArray[np.object_], tolerance: float, since: int = 0
) -> Entrances:
    """Nodes within `tolerance` metres of each area, in a straight line; those inside are 0 metres away.

    since  nodes from this number on alone
    """
    area, node = ways.within(areas, tolerance, since)
    with uncollected():
        metres = shapely.distance(areas[area], shapely.points(ways.x[node], ways.y[node]))
    return Entrances(area, node, metres)


def renewed(
    ways: Network,
    then: Entrances,
    now: Whole,
    areas: NDArray[np.object_],
    tolerance: float,
    nodes: int,
) -> Entrances:
    """The entrances of `areas`, most of which are known: `now` as for `repaired`, of the network's first `nodes`."""
    place = now[then.area]
    fresh = np.ones(len(areas), dtype=bool)
    fresh[now[now >= 0]] = False
    new = np.flatnonzero(fresh)
    keep = place >= 0
    parts = [Entrances(place[keep], then.node[keep], then.metres[keep])]
    more = entrances(ways, areas[new], tolerance)
    parts.append(Entrances(new[more.area], more.node, more.metres))
    if len(ways.x) > nodes:
        parts.append(entrances(ways, areas, tolerance, nodes).of(~fresh))
    return Entrances(
        np.concatenate([part.area for part in parts]),
        np.concatenate([part.node for part in parts]),
        np.concatenate([part.metres for part in parts]),
    )


def field(ways: Network, doors: Entrances, areas: int) -> Field:
    """The walk from every node to the nearest of `areas` areas."""
    size = len(ways.x)
    used = np.unique(doors.area)
    if not len(used):
        return Field(np.full(size, np.inf), np.full(size, -1, dtype=np.intp))
    # Behind the rows of the network's nodes come those of the areas; from them one walks out, never back in.
    links = ways.links
    order = np.argsort(doors.area, kind="stable")
    ends = links.nnz + np.cumsum(np.bincount(doors.area, minlength=areas)[used])
    graph = csr_matrix(
        (
            np.concatenate([links.data, doors.metres[order]]),
            np.concatenate([links.indices, doors.node[order]]),
            np.concatenate([links.indptr, ends]),
        ),
        shape=(size + len(used),) * 2,
    )
    metres, _before, source = dijkstra(
        graph, indices=size + np.arange(len(used)), min_only=True, return_predecessors=True
    )
    metres, source = metres[:size], source[:size]
    area = np.full(size, -1, dtype=np.intp)
    reached = np.isfinite(metres)
    area[reached] = used[source[reached] - size]
    return Field(metres, area)


def repaired(
    ways: Network, then: Field, now: Whole, doors: Entrances, areas: int, more: Links | None = None
) -> Field:
    """The field of today's `doors`, out of an earlier one on the same network, or on the one it has grown from.

    now   for each area of the earlier field its position today, -1 where it went, changed, or no longer counts
    more  links that came since, so did nodes beyond those of the earlier field
    """
    new = len(ways.x) - len(then.metres)
    area = np.concatenate([np.append(now, -1)[then.area], np.full(new, -1, dtype=np.intp)])
    metres = np.concatenate([then.metres, np.full(new, np.inf)])
    stale = np.isfinite(metres) & (area < 0)
    stale[len(then.metres) :] = True
    metres[stale] = np.inf
    known = np.zeros(areas, dtype=bool)
    known[now[now >= 0]] = True
    again = ~known[doors.area] | stale[doors.node]
    if stale.sum() > MOST * len(stale) or again.sum() > MOST * len(again):
        return field(ways, doors, areas)
    links = ways.links
    queue = list(
        zip(doors.metres[again].tolist(), doors.node[again].tolist(), doors.area[again].tolist(), strict=True)
    )  # fmt: skip
    # From what still holds one walks on into what does not, and over what came.
    rows = links[np.flatnonzero(stale)].tocoo()
    onto, off, far = [np.flatnonzero(stale)[rows.row]], [rows.col], [rows.data]
    if more is not None:
        onto += [more.start, more.end]
        off += [more.end, more.start]
        far += [more.length, more.length]
    to, from_, length = np.concatenate(onto), np.concatenate(off), np.concatenate(far)
    beside = np.isfinite(metres[from_])
    queue += zip(
        (metres[from_] + length)[beside].tolist(),
        to[beside].tolist(),
        area[from_[beside]].tolist(),
        strict=True,
    )
    walk_on(links, metres, area, queue)
    return Field(metres, area)


def walk_on(
    links: csr_matrix,
    metres: Floats,
    area: Whole,
    queue: list[tuple[float, int, int]],
    limit: float = np.inf,
) -> list[int]:
    """Dijkstra from the places in `queue` (metres, node, area), only where it is nearer than what `metres` says.

    Changes both arrays as far as `limit` metres, and returns the nodes where it has.
    """
    heapify(queue)
    begin, ends, lengths = links.indptr, links.indices, links.data
    changed = []
    while queue:
        way, node, source = heappop(queue)
        if way > limit:
            break
        if way >= metres[node] - NEARER:
            continue
        metres[node], area[node] = way, source
        changed.append(node)
        part = slice(begin[node], begin[node + 1])
        for next_node, length in zip(ends[part].tolist(), lengths[part].tolist(), strict=True):
            if way + length < metres[next_node] - NEARER:
                heappush(queue, (way + length, next_node, source))
    return changed
