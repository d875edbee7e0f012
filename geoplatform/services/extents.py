"""Where a layer's features are, or may come to be: what clients take for the edge of the layer."""

from __future__ import annotations

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query.feature_query import Box
from geoplatform.query.select import extent


def bounds(layer: Layer) -> Box | None:
    """West, south, east, north in degrees, up to a minute old; None where nothing is known.

    Clients ask for nothing outside; so municipalities, within which people add, count besides what stands there now.
    """
    boxes = [extent(each) for each in (layer, registry.by_role("municipality"))]
    known = [box for box in boxes if box]
    if not known:
        return None
    west, south, east, north = zip(*known, strict=True)
    return min(west), min(south), max(east), max(north)
