"""What a picture shows: a box in some CRS, and how many pixels it has. Turns places in EPSG:3857 into pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from geoplatform.query.crs import Crs
from geoplatform.query.feature_query import Box

AROUND = 2 * math.pi * 6378137.0  # the equator of EPSG:3857, metres
HALF = AROUND / 2
PIXEL = 0.00028  # metres: the standardized rendering pixel (OGC 06-042, 7.2.4.6.9)
DEGREE = AROUND / 360
OUTSIDE = -1e9  # pixels: where a place is that the projection does not know
CONTROL, BETWEEN = (
    8,
    5,
)  # control points along each edge, and points along each edge that tell whether the fit is good
GOOD = 1e-4  # pixels by which a fit may be wrong before every place is projected by itself

Floats = npt.NDArray[np.float64]
Projection = Callable[[Floats, Floats], tuple[Floats, Floats]]


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
        """As clients compute it (OGC 06-042, 7.2.4.6.9): units taken for metres, degrees for those on the equator."""
        west, _south, east, _north = self.box
        unit = DEGREE if self.crs.degrees else 1.0
        return (east - west) * unit / (self.width / self.ratio) / PIXEL

    @cached_property
    def resolution(self) -> float:
        """Metres of EPSG:3857 in a pixel, in the middle of the picture; never 0 and always finite."""
        west, south, east, north = self.box
        x, y = (west + east) / 2, (south + north) / 2
        dx, dy = (east - west) / self.width / 2, (north - south) / self.height / 2
        # Half a pixel to each side: the square root of the area that a pixel covers.
        xs, ys = _to_mercator(self.crs)(
            np.array([x - dx, x + dx, x, x]), np.array([y, y, y - dy, y + dy])
        )
        with np.errstate(invalid="ignore", over="ignore"):
            area = abs((xs[1] - xs[0]) * (ys[3] - ys[2]) - (xs[3] - xs[2]) * (ys[1] - ys[0]))
        found = math.sqrt(area) if math.isfinite(area) else 0.0
        # Beyond its domain a projection says nothing: then the picture is empty, and any scale will do.
        return found if 1e-9 < found < AROUND else AROUND

    @cached_property
    def zoom(self) -> float:
        """The zoom at which MapLibre shows the same (tiles of 512 CSS pixels): what sizes of symbols go by."""
        return math.log2(AROUND / 512 / (self.resolution * self.ratio))

    def pixels(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Pixels from the left and from the top of places in EPSG:3857; 0 is the outer edge of the first pixel.

        Always finite: a place that the projection does not know is far outside.
        """
        if self.crs.srid == 3857:
            return self._within(x, y)
        fit = self._fit
        if fit is None:
            return self._exactly(x, y)
        return fit(x, y)

    def mercator(self, margin: float = 0) -> Box:
        """The box in EPSG:3857 that holds the picture and `margin` pixels around it, within the square of the world.

        Where the projection of `crs` cannot be told there, all the world.
        """
        west, south, east, north = self.box
        dx, dy = (east - west) / self.width * margin, (north - south) / self.height * margin
        west, south, east, north = west - dx, south - dy, east + dx, north + dy
        if self.crs.srid == 3857:
            return _in_world((west, south, east, north))
        if self.crs.degrees:
            xs, ys = _to_mercator(self.crs)(np.array([west, east]), np.array([south, north]))
            return _in_world((xs[0], ys[0], xs[1], ys[1]))
        if west < -1e6 or east > 2e6 or south < -9e6 or north > 9e6:
            # Far from a zone's meridian and near the poles an outline says nothing of what lies within.
            return _in_world((-HALF, -HALF, HALF, HALF))
        steps = np.linspace(0, 1, 9)
        u, v = (each.ravel() for each in np.meshgrid(steps, steps))
        xs, ys = _to_mercator(self.crs)(west + (east - west) * u, south + (north - south) * v)
        if not (np.isfinite(xs).all() and np.isfinite(ys).all()):
            return _in_world((-HALF, -HALF, HALF, HALF))
        # Edges bend between the points that were looked at, by far less than this.
        more_x, more_y = (float(np.ptp(each)) / 200 for each in (xs, ys))
        return _in_world(
            (xs.min() - more_x, ys.min() - more_y, xs.max() + more_x, ys.max() + more_y)
        )

    def _within(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Pixels of places in the view's own CRS."""
        west, south, east, north = self.box
        across, down = self.width / (east - west), self.height / (north - south)
        return (x - west) * across, (north - y) * down

    def _exactly(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        column, row = self._within(*_from_mercator(self.crs)(x, y))
        known = np.isfinite(column) & np.isfinite(row)
        return np.where(known, column, OUTSIDE), np.where(known, row, OUTSIDE)

    @cached_property
    def _fit(self) -> Projection | None:
        """A cubic in x and y for the whole picture, or None where none is good enough.

        Through 8 x 8 control points; for a city it is wrong by less than 1e-5 pixels.
        """
        margin = min(self.width, self.height) / 4
        west, south, east, north = self.mercator(margin)
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        half_x, half_y = (east - west) / 2, (north - south) / 2
        if not (half_x > 0 and half_y > 0):
            return None

        def terms(u: Floats, v: Floats) -> Floats:
            return np.stack([u**i * v**j for i in range(4) for j in range(4)], axis=-1)

        def grid(number: int) -> tuple[Floats, Floats]:
            # Chebyshev's points: a polynomial through them does not swing out at the edges.
            steps = np.cos((2 * np.arange(number) + 1) * math.pi / (2 * number))
            u, v = np.meshgrid(steps, steps)
            return u.ravel(), v.ravel()

        u, v = grid(CONTROL)
        test_u, test_v = grid(BETWEEN)
        columns, rows = self._exactly(
            middle_x + half_x * np.concatenate([u, test_u]),
            middle_y + half_y * np.concatenate([v, test_v]),
        )
        wanted = np.stack([columns, rows], axis=-1)
        if wanted.min() <= OUTSIDE:
            return None
        solved = np.linalg.lstsq(terms(u, v), wanted[: u.size], rcond=None)[0]
        if np.abs(terms(test_u, test_v) @ solved - wanted[u.size :]).max() > GOOD:
            return None
        # [of what, power of u, power of v]
        factors = np.ascontiguousarray(solved.T.reshape(2, 4, 4))

        def fit(x: Floats, y: Floats) -> tuple[Floats, Floats]:
            # A cubic grows without bounds outside of the picture, where nothing is drawn.
            u = np.clip((x - middle_x) / half_x, -3, 3)
            v = np.clip((y - middle_y) / half_y, -3, 3)
            # Horner's scheme: for each power of u the polynomial in v, then that in u.
            found = []
            for factor in factors:
                inner = [((f[3] * v + f[2]) * v + f[1]) * v + f[0] for f in factor]
                found.append(((inner[3] * u + inner[2]) * u + inner[1]) * u + inner[0])
            return found[0], found[1]

        return fit


def _in_world(box: tuple[float, float, float, float]) -> Box:
    west, south, east, north = (float(min(max(each, -HALF), HALF)) for each in box)
    return west, south, east, north


@cache
def _from_mercator(crs: Crs) -> Projection:
    if crs.degrees:
        return lambda x, y: (x / DEGREE, np.degrees(np.arctan(np.sinh(y * (2 * math.pi / AROUND)))))
    return _transformer(3857, crs.srid)


@cache
def _to_mercator(crs: Crs) -> Projection:
    """Whatever lies beyond the poles is at the edge of the world."""
    if crs.srid == 3857:
        return lambda x, y: (x, y)
    if crs.degrees:

        def degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
            latitude = np.radians(np.clip(y, -89.99, 89.99))
            return x * DEGREE, np.arcsinh(np.tan(latitude)) * (AROUND / (2 * math.pi))

        return degrees
    return _transformer(crs.srid, 3857)


def _transformer(source: int, target: int) -> Projection:
    """pyproj's, which says infinity where it knows nothing, and may be used by several threads."""
    made = Transformer.from_crs(source, target, always_xy=True)
    return lambda x, y: made.transform(x, y)
