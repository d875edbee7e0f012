"""Green corridors as chains: what hangs together, and where a chain is broken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from geoplatform.analysis.network import Floats, Whole


@dataclass(frozen=True, eq=False)
class Chains:
    """`chain` of each line (position); `gaps` as straight lines across them, their `lengths` in metres."""

    chain: Whole
    gaps: NDArray[np.object_]
    lengths: Floats


def chains(lines: NDArray[np.object_], gap: float, farthest: float) -> Chains:
    """Lines no farther apart than `gap` metres are one chain; between chains lie gaps of up to `farthest` metres.

    The gaps are the fewest and shortest that would join all chains that can be joined (a minimum spanning tree).
    """
    size = (len(lines),) * 2
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=farthest)
    one, other = one[one < other], other[one < other]
    metres = shapely.distance(lines[one], lines[other])
    near = metres <= gap
    number, chain = connected_components(
        csr_matrix((np.ones(near.sum()), (one[near], other[near])), shape=size), directed=False
    )
    a, b = chain[one], chain[other]
    low, high = np.minimum(a, b), np.maximum(a, b)
    order = np.lexsort((metres, high, low))
    order = order[low[order] != high[order]]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (low[order][1:] != low[order][:-1]) | (high[order][1:] != high[order][:-1])
    pair = order[first]
    between = csr_matrix((metres[pair], (low[pair], high[pair])), shape=(number,) * 2)
    tree = minimum_spanning_tree(between).tocoo()
    place = {(int(x), int(y)): p for x, y, p in zip(low[pair], high[pair], pair, strict=True)}
    chosen = np.array(
        [place[int(x), int(y)] for x, y in zip(tree.row, tree.col, strict=True)], dtype=np.intp
    )
    return Chains(
        chain.astype(np.intp),
        shapely.shortest_line(lines[one[chosen]], lines[other[chosen]]),
        metres[chosen],
    )
