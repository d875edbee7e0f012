"""How far it is to walk from features to the nearest of others, along the network.

A feature meets a path at the path's place nearest to it, if that is within the tolerance, and everywhere where the
path enters or leaves it. All such places become nodes, so that a walk begins and ends in the middle of a street.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplatform.analysis import walking
from geoplatform.analysis.network import Floats, Network, Whole
from geoplatform.analysis.walking import Entrances

Shapes = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Places:
    """Places on the edges of a network: `into` metres from the edge's start; `away` metres straight to `shape`."""

    shape: Whole
    edge: Whole
    into: Floats
    away: Floats


def places(ways: Network, shapes: Shapes, tolerance: float) -> Places:
    """Where the shapes (positions) meet the network. A path farther than `tolerance` metres does not lead there."""
    shape, edge = ways.edges.query(shapes, predicate="dwithin", distance=tolerance)
    lines = ways.edges.geometries[edge]
    ways_in = shapely.shortest_line(lines, shapes[shape])
    nearest = shapely.get_coordinates(shapely.get_point(ways_in, 0))
    away = shapely.length(ways_in)
    touching = np.flatnonzero(away == 0)
    # An edge that lies partly within is left at each end of what lies within.
    inside, number = shapely.get_coordinates(
        shapely.intersection(lines[touching], shapes[shape[touching]]), return_index=True
    )
    which = np.concatenate([np.arange(len(edge)), touching[number]])
    xy = np.concatenate([nearest, inside])
    edge = edge[which]
    start = np.column_stack([ways.x[ways.start[edge]], ways.y[ways.start[edge]]])
    into = np.minimum(np.hypot(*(xy - start).T), ways.length[edge])
    return Places(shape[which], edge, into, away[which])


def with_places(ways: Network, at: Places) -> tuple[Network, Whole]:
    """The network with a node more for each place; and these nodes."""
    order = np.lexsort((at.into, at.edge))
    edge, into = at.edge[order], at.into[order]
    node = len(ways.x) + np.arange(len(order))
    nodes = np.empty(len(order), dtype=np.intp)
    nodes[order] = node
    first = np.append(True, edge[1:] != edge[:-1])[: len(edge)]
    last = np.append(edge[1:] != edge[:-1], True)[-len(edge) :] if len(edge) else first
    before = np.where(first, ways.start[edge], node - 1)
    since = np.where(first, 0.0, np.append(0.0, into[:-1])[: len(edge)])
    whole = np.ones(len(ways.start), dtype=bool)
    whole[edge] = False
    ends = edge[last]
    share = np.divide(into, ways.length[edge], out=np.zeros(len(into)), where=ways.length[edge] > 0)
    made = Network(
        x=np.append(ways.x, ways.x[ways.start[edge]] + share * (ways.x[ways.end[edge]] - ways.x[ways.start[edge]])),
        y=np.append(ways.y, ways.y[ways.start[edge]] + share * (ways.y[ways.end[edge]] - ways.y[ways.start[edge]])),
        start=np.concatenate([ways.start[whole], before, node[last]]),
        end=np.concatenate([ways.end[whole], node, ways.end[ends]]),
        length=np.concatenate([ways.length[whole], into - since, ways.length[ends] - into[last]]),
        line=np.concatenate([ways.line[whole], ways.line[edge], ways.line[ends]]),
        measure=np.concatenate([ways.measure[whole], ways.measure[edge] + since, ways.measure[ends] + into[last]]),
    )  # fmt: skip
    return made, nodes


def walks(ways: Network, shapes: Shapes, others: Shapes, tolerance: float) -> Floats:
    """Metres from each shape to the nearest of `others`; infinite where none can be reached.

    What meets one of them is there already.
    """
    at = places(ways, np.concatenate([shapes, others]), tolerance)
    made, nodes = with_places(ways, at)
    theirs = at.shape >= len(shapes)
    doors = Entrances(at.shape[theirs] - len(shapes), nodes[theirs], at.away[theirs])
    field = walking.field(made, doors, len(others))
    metres = np.full(len(shapes), np.inf)
    ours = ~theirs
    np.minimum.at(metres, at.shape[ours], field.metres[nodes[ours]] + at.away[ours])
    meeting, _other = shapely.STRtree(others).query(shapes, predicate="intersects")
    metres[meeting] = 0.0
    return metres
