"""What a picture shows: a box in some CRS, and how many pixels it has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from geoplatform.query.crs import Crs
from geoplatform.query.feature_query import Box

AROUND = 2 * math.pi * 6378137.0  # the equator of EPSG:3857, metres
PIXEL = 0.00028  # metres: the standardized rendering pixel (OGC 06-042, 7.2.4.6.9)
DEGREE = AROUND / 360


@dataclass(frozen=True)
class View:
    """A picture's place.

    crs            of `box`
    box            west, south, east, north, easting or longitude first, whatever the CRS's own order
    width, height  pixels
    ratio          pixels in a CSS pixel: 1, or more for dense screens and print; sizes of symbols are multiplied by it
    """

    crs: Crs
    box: Box
    width: int
    height: int
    ratio: float = 1.0

    @property
    def scale_denominator(self) -> float:
        """As clients compute it (OGC 06-042, 7.2.4.6.9): of `crs`, its units taken for metres, degrees on the equator."""
        west, _south, east, _north = self.box
        unit = DEGREE if self.crs.degrees else 1.0
        return (east - west) * unit / (self.width / self.ratio) / PIXEL

    @cached_property
    def resolution(self) -> float:
        """Metres of EPSG:3857 in a pixel, in the middle of the picture."""
        raise NotImplementedError

    @cached_property
    def zoom(self) -> float:
        """The zoom at which MapLibre shows the same (tiles of 512 CSS pixels): what sizes of symbols go by."""
        return math.log2(AROUND / 512 / (self.resolution * self.ratio))

    def pixels(
        self, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Pixels from the left and from the top of places in EPSG:3857; 0 is the outer edge of the first pixel."""
        raise NotImplementedError

    def mercator(self, margin: float = 0) -> Box:
        """The box in EPSG:3857 that holds the picture and `margin` pixels around it."""
        raise NotImplementedError
