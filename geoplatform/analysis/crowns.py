"""Crowns of trees as areas."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplatform.analysis.network import Floats

QUARTER_ARC = 16  # corners per quarter of a circle


def discs(points: NDArray[np.object_], diameters: Floats) -> NDArray[np.object_]:
    """A regular polygon of 64 corners around each point, of exactly the area of the circle of this diameter (m)."""
    corners = 4 * QUARTER_ARC
    # A regular polygon of n corners on a circle of radius r has the area n/2 · r² · sin(2π/n).
    wider = math.sqrt(2 * math.pi / (corners * math.sin(2 * math.pi / corners)))
    return shapely.buffer(points, diameters / 2 * wider, quad_segs=QUARTER_ARC)
