"""A vector tile of any layer: from the pyramid where it has one, from the rows else. Both mean the same by a choice."""

from __future__ import annotations

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.pyramid import tiles
from geoplatform.query import grid, mvt
from geoplatform.query.cql2 import Filter
from geoplatform.query.facets import Choices

# A view of many tiles must not weigh more than a phone can take: where more points than these stand in a tile, those
# next to each other are one marker; at zoom 14 in cells as wide on the ground as those of the pyramid's last level.
DENSE = 600
CELL = 128  # units
ALONE_FROM = 17  # from this zoom on every point is drawn by itself


def render(
    layer: Layer, z: int, x: int, y: int, choices: Choices = (), condition: Filter | None = None
) -> bytes:
    """The tile's bytes, not compressed; empty where nothing stands. z, x, y as in the XYZ scheme, zoom 0 to 22.

    condition  what the pyramid does not know: then the rows are asked, and TooMuch raised for more than they can give
    """
    if z <= DEEPEST and has_pyramid(layer):
        if condition is not None:
            return grid.tile(layer, z, x, y, choices, condition)[0]
        return tiles.tile(layer, z, x, y, choices)
    if z < ALONE_FROM and has_pyramid(layer):
        content, number = grid.tile(layer, z, x, y, choices, condition, cell=CELL)
        if number > DENSE:
            return content
    return mvt.tile(layer, z, x, y, choices, condition)
