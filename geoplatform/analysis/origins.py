"""Where people set out from: points along residential streets, or of a population grid.

Each origin stands for a share of its quarter's inhabitants. Along streets they are spread by length, for want of
anything better (dasymetric mapping with streets as the ancillary layer); the answer says which it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

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
Made = TypeVar("Made", Floats, Whole)


@dataclass(frozen=True, eq=False)
class Origins:
    """Points of departure, each with the position of its quarter and its share of those who live there.

    The shares of a quarter add up to 1. From each point two nodes of the network can be reached, `more` metres on.
    It lies `place` metres from the start of a street (its position `line` in the network), -1 where on none.
    """

    points: NDArray[np.object_]
    quarter: Whole
    share: Floats
    nodes: tuple[Whole, Whole]
    more: tuple[Floats, Floats]
    line: Whole
    place: Floats

    def of(self, quarters: Whole) -> Origins:
        """Those of some quarters (positions), which are numbered anew in this order."""
        size = int(max(self.quarter.max(initial=-1), quarters.max(initial=-1))) + 1
        place = np.full(size, -1, dtype=np.intp)
        place[quarters] = np.arange(len(quarters))
        home = place[self.quarter]
        if (home == self.quarter).all():
            return self
        return replace(self, quarter=home).those(home >= 0)

    def those(self, some: NDArray[np.bool_]) -> Origins:
        """Some of them, as they are."""
        return Origins(
            self.points[some],
            self.quarter[some],
            self.share[some],
            (self.nodes[0][some], self.nodes[1][some]),
            (self.more[0][some], self.more[1][some]),
            self.line[some],
            self.place[some],
        )

    def on(self, ways: Network, line: Whole, touched: NDArray[np.bool_]) -> Origins:
        """The same on a network that has grown.

        line     position today of each street
        touched  which of today's streets have other nodes than before
        """
        lines = np.append(line, -1)[self.line]
        again = np.flatnonzero(np.append(touched, False)[lines])
        nodes, more = _reached(ways, lines[again], self.place[again])
        return replace(
            self,
            line=lines,
            nodes=(_put(self.nodes[0], again, nodes[0]), _put(self.nodes[1], again, nodes[1])),
            more=(_put(self.more[0], again, more[0]), _put(self.more[1], again, more[1])),
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


def residential(streets: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Along which streets people live."""
    return streets["kind"].isin(RESIDENTIAL).to_numpy(bool)


def along_streets(
    streets: gpd.GeoDataFrame, ways: Network, lines: Whole, quarters: gpd.GeoDataFrame
) -> Origins:
    """Origins SPACING metres apart, in the middle of equal pieces of each residential street, weighted by length.

    lines  position in the network's lines of each street, -1 where it is not part of it
    """
    homes = np.flatnonzero(residential(streets) & (lines >= 0))
    shapes = streets.geometry.to_numpy()[homes]
    lengths = shapely.length(shapes)
    pieces = np.maximum(1, np.round(lengths / SPACING)).astype(np.intp)
    street = np.repeat(np.arange(len(homes)), pieces)
    number = np.arange(len(street)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    piece = (lengths / pieces)[street]
    place = (number + 0.5) * piece
    with uncollected():
        points = shapely.line_interpolate_point(shapes[street], place)
    line = lines[homes][street]
    nodes, more = _reached(ways, line, place)
    return _weighted(points, piece, nodes, more, quarters, line, place)


def _reached(
    ways: Network, line: Whole, place: Floats
) -> tuple[tuple[Whole, Whole], tuple[Floats, Floats]]:
    """The nodes on either side of places on streets, and how many metres on they are."""
    # The edge that a point lies on: the last one of its line that begins before it; edges are in this order.
    far = float(ways.measure.max(initial=0)) + float(place.max(initial=0)) + 1
    edge = np.searchsorted(ways.line * far + ways.measure, line * far + place, side="right") - 1
    into = place - ways.measure[edge]
    return (ways.start[edge], ways.end[edge]), (into, ways.length[edge] - into)


def _put(values: Made, where: Whole, what: Made) -> Made:
    """A copy with other values at some positions."""
    found = values.copy()
    found[where] = what
    return found


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
    on_none = np.full(len(points), -1, dtype=np.intp)
    return _weighted(
        points, weight, (nodes, nodes), (more, more), quarters, on_none, np.zeros(len(points))
    )


def near(
    points: NDArray[np.object_], shapes: NDArray[np.object_], metres: float
) -> NDArray[np.bool_]:
    """Which points lie no farther than `metres` from any of the shapes, as the crow flies."""
    found = np.zeros(len(points), dtype=bool)
    _shape, which = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=metres)
    found[which] = True
    return found


def _weighted(
    points: NDArray[np.object_],
    weight: Floats,
    nodes: tuple[Whole, Whole],
    more: tuple[Floats, Floats],
    quarters: gpd.GeoDataFrame,
    line: Whole,
    place: Floats,
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
        line[which],
        place[which],
    )
