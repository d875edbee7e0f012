"""Where people set out from: points along residential streets, or of a population grid.

Each origin stands for a share of its quarter's inhabitants. Along streets they are spread by length, for want of
anything better (dasymetric mapping with streets as the ancillary layer); the answer says which it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from geoplatform.analysis.network import Floats, Network, Whole, uncollected
from geoplatform.analysis.walking import Field

# Metres between origins along a street.
SPACING = 25.0
RESIDENTIAL = ("residential", "living_street")
# Metres: a point of a grid walks straight to the nearest node, if that is not farther.
FARTHEST = 250.0


@dataclass(frozen=True, eq=False)
class Origins:
    """Points of departure, each with the position of its quarter and its share of those who live there.

    The shares of a quarter add up to 1. From each point two nodes of the network can be reached, `more` metres on.
    """

    points: NDArray[np.object_]
    quarter: Whole
    share: Floats
    nodes: tuple[Whole, Whole]
    more: tuple[Floats, Floats]

    def of(self, quarters: Whole) -> Origins:
        """Those of some quarters (positions), which are numbered anew in this order."""
        size = int(max(self.quarter.max(initial=-1), quarters.max(initial=-1))) + 1
        place = np.full(size, -1, dtype=np.intp)
        place[quarters] = np.arange(len(quarters))
        keep = place[self.quarter] >= 0
        return Origins(
            self.points[keep],
            place[self.quarter[keep]],
            self.share[keep],
            (self.nodes[0][keep], self.nodes[1][keep]),
            (self.more[0][keep], self.more[1][keep]),
        )

    def walk(self, field: Field) -> tuple[Floats, Whole]:
        """Metres from each origin to the nearest area of a field, and which area (-1: none can be reached)."""
        if not len(field.metres):
            return np.full(len(self.points), np.inf), np.full(len(self.points), -1, dtype=np.intp)
        first = field.metres[self.nodes[0]] + self.more[0]
        second = field.metres[self.nodes[1]] + self.more[1]
        area = np.where(first <= second, field.area[self.nodes[0]], field.area[self.nodes[1]])
        metres = np.minimum(first, second)
        return metres, np.where(np.isfinite(metres), area, -1)

    def total(self, what: Floats, quarters: int) -> Floats:
        """The sum of `share * what` in each quarter; NaN where nobody sets out."""
        some = np.bincount(self.quarter, minlength=quarters) > 0
        return np.where(some, np.bincount(self.quarter, self.share * what, quarters), np.nan)


def along_streets(
    streets: gpd.GeoDataFrame, ways: Network, lines: Whole, quarters: gpd.GeoDataFrame
) -> Origins:
    """Origins SPACING metres apart, in the middle of equal pieces of each residential street, weighted by length.

    lines  position in the network's lines of each street, -1 where it is not part of it
    """
    homes = np.flatnonzero(streets["kind"].isin(RESIDENTIAL).to_numpy() & (lines >= 0))
    shapes = streets.geometry.to_numpy()[homes]
    lengths = shapely.length(shapes)
    pieces = np.maximum(1, np.round(lengths / SPACING)).astype(np.intp)
    street = np.repeat(np.arange(len(homes)), pieces)
    number = np.arange(len(street)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece = (lengths / pieces)[street]
    place = (number + 0.5) * piece
    with uncollected():
        points = shapely.line_interpolate_point(shapes[street], place)
    # The edge that a point lies on: the last one of its line that begins before it; edges are in this order.
    line = lines[homes][street]
    far = float(ways.measure.max(initial=0)) + float(lengths.max(initial=0)) + 1
    edge = np.searchsorted(ways.line * far + ways.measure, line * far + place, side="right") - 1
    into = place - ways.measure[edge]
    nodes = (ways.start[edge], ways.end[edge])
    return _weighted(points, piece, nodes, (into, ways.length[edge] - into), quarters)


def of_grid(grid: gpd.GeoDataFrame, ways: Network, quarters: gpd.GeoDataFrame) -> Origins:
    """Origins of a population grid: its points, weighted by `weight`. Those far from any path reach nothing."""
    points = grid.geometry.to_numpy()
    nodes = np.zeros(len(points), dtype=np.intp)
    more = np.full(len(points), np.inf)
    if len(ways.x):
        (which, node), metres = ways.nodes.query_nearest(
            points, max_distance=FARTHEST, return_distance=True, all_matches=False
        )
        nodes[which], more[which] = node, metres
    weight = grid["weight"].to_numpy("float64")
    return _weighted(points, weight, (nodes, nodes), (more, more), quarters)


def _weighted(
    points: NDArray[np.object_],
    weight: Floats,
    nodes: tuple[Whole, Whole],
    more: tuple[Floats, Floats],
    quarters: gpd.GeoDataFrame,
) -> Origins:
    """The origins that lie in a quarter, on a shared border in the first one, with their shares of it."""
    quarter, which = shapely.STRtree(points).query(
        quarters.geometry.to_numpy(), predicate="intersects"
    )
    order = np.lexsort((quarter, which))
    which, first = np.unique(which[order], return_index=True)
    quarter = quarter[order][first]
    weight = weight[which]
    sums = np.bincount(quarter, weight, len(quarters))
    some = sums[quarter] > 0
    which, quarter, weight = which[some], quarter[some], weight[some]
    return Origins(
        points[which],
        quarter,
        weight / sums[quarter],
        (nodes[0][which], nodes[1][which]),
        (more[0][which], more[1][which]),
    )
