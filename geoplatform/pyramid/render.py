"""A vector tile of any layer: from the pyramid where it has one, from the rows else. Both mean the same by a choice."""

from __future__ import annotations

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.pyramid import tiles
from geoplatform.query import grid, mvt
from geoplatform.query.cql2 import Filter
from geoplatform.query.facets import Choices


def render(
    layer: Layer, z: int, x: int, y: int, choices: Choices = (), condition: Filter | None = None
) -> bytes:
    """The tile's bytes, not compressed; empty where nothing stands. z, x, y as in the XYZ scheme, zoom 0 to 22.

    condition  what the pyramid does not know: then the rows are asked, and TooMuch raised for more than they can give
    """
    if z > DEEPEST or not has_pyramid(layer):
        return mvt.tile(layer, z, x, y, choices, condition)
    if condition is not None:
        return grid.tile(layer, z, x, y, choices, condition)
    return tiles.tile(layer, z, x, y, choices)
