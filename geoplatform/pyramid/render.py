"""A vector tile of any layer: from the pyramid where it has one, from the rows else. Both mean the same by a choice."""

from __future__ import annotations

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.pyramid import tiles
from geoplatform.query import mvt
from geoplatform.query.facets import Choices


def render(layer: Layer, z: int, x: int, y: int, choices: Choices = ()) -> bytes:
    """The tile's bytes, not compressed; empty where nothing stands. z, x, y as in the XYZ scheme, zoom 0 to 22."""
    if z <= DEEPEST and has_pyramid(layer):
        return tiles.tile(layer, z, x, y, choices)
    return mvt.tile(layer, z, x, y, choices)
