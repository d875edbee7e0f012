"""At which scales a layer is drawn: its zooms as levels of WebMercatorQuad (OGC 17-083r4, annex D.1)."""

from __future__ import annotations

from geoplatform.catalog.layer import Layer

LEVEL_0 = (
    559082264.0287178  # the scale denominator of its coarsest level, tiles of 256 pixels of 0.28 mm
)
LAST_ZOOM = 22  # that deep, and a layer has no end
# A client that computes a scale from the same numbers may come out a rounding error away.
SLACK = 1e-6


def scales(layer: Layer) -> tuple[float | None, float | None]:
    """The smallest and the largest scale denominator at which the layer is drawn; None for no limit."""
    first, last = layer.zooms
    largest = LEVEL_0 / 2**first if first > 0 else None
    return (LEVEL_0 / 2**last if last < LAST_ZOOM else None), largest


def is_visible(layer: Layer, denominator: float) -> bool:
    smallest, largest = scales(layer)
    return (smallest or 0) * (1 - SLACK) <= denominator and (
        largest is None or denominator <= largest * (1 + SLACK)
    )
