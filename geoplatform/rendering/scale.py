"""Sizes, said once: for the MapLibre style, which hands the rules on, for pictures and QGIS, which follow them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

AFAR, NEAR = 10, 15  # zooms: half the size up to the first, the full size from the second on
# A marker of several points is a little larger: half as large again from 150 (e^5) on.
LOGARITHM, LARGER = 5, 1.5
SEVERAL = [
    "interpolate",
    ["linear"],
    ["ln", ["coalesce", ["get", "n"], 1]],
    0,
    1,
    LOGARITHM,
    LARGER,
]
# Patterns repeat a small square.
SQUARE = 8  # CSS pixels along its edge; pages/static/pages/images.js draws the same
LINE = 1.0  # CSS pixels: width of a hatch's lines
DOT = 1.1  # CSS pixels: radius of a dot
# Markers other than circles are images in a square of the symbol's size: convex pieces, corners clockwise, y downwards.
PIECES = {
    "square": (((-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),),
    "triangle": (((0.0, -1.0), (1.0, 0.9), (-1.0, 0.9)),),
    "diamond": (((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)),),
    "cross": (
        ((-0.6, -1.0), (1.0, 0.6), (0.6, 1.0), (-1.0, -0.6)),
        ((1.0, -0.6), (-0.6, 1.0), (-1.0, 0.6), (0.6, -1.0)),
    ),
}


def reach(rim: float) -> float:
    """From the middle to a corner's coordinate 1, as a share of the size; `rim` is the outline's (Marker.rim)."""
    return (1 - rim) / 2 - 1 / 64


def growing(size: float, factor: list[Any] | None = None) -> list[Any]:
    """The rule as a MapLibre expression; `factor` is an expression over the feature."""
    ends: list[Any] = [round(size / 2, 3), size]
    if factor:
        ends = [["*", end, factor] for end in ends]
    return ["interpolate", ["linear"], ["zoom"], AFAR, ends[0], NEAR, ends[1]]


def growth(zoom: float) -> float:
    """The rule as a number: what sizes are multiplied by at a zoom."""
    return 0.5 + 0.5 * min(max((zoom - AFAR) / (NEAR - AFAR), 0.0), 1.0)


def several(n: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """SEVERAL as numbers: what the size of a marker of `n` points is multiplied by."""
    share = np.minimum(np.log(np.maximum(n, 1)) / LOGARITHM, 1)
    return 1 + share * (LARGER - 1)
