"""How names look and when they appear, said once: for the MapLibre style and for pictures."""

from __future__ import annotations

from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.catalog.layer import Layer

PAPER = "#f6f3ea"
INK = "#33402f"
HALO = 1.5  # CSS pixels of paper around each letter
BELOW = 0.8  # ems from a marker's middle down to its name
WIDEST = 10  # ems: longer names are broken into lines
SPACING = 250  # CSS pixels between two names of one line
STEEPEST = 20  # degrees that a line may turn between two letters
MOST_BENT = 60  # degrees that it may turn beneath a whole name
# A layer's names appear this many zoom levels after its shapes.
LABEL_LATER = {0: 6, 1: 2, 2: 2}


def text_size(layer: Layer) -> int:
    """CSS pixels."""
    return 12 if layer.dimension else 11


def first_zoom(layer: Layer) -> int | None:
    """MapLibre's zoom from which on the features' names are written; None for a layer without names."""
    if not layer.label:
        return None
    first = min(layer.zooms[0] + LABEL_LATER[layer.dimension], layer.zooms[1])
    # Markers of several points have no name.
    return max(first, DEEPEST + 1) if has_pyramid(layer) else first
