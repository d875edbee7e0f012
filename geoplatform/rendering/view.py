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
        if self.crs.srid == 3857:
            return math.sqrt((east - west) / self.width * ((north - south) / self.height))
        # Half a pixel to each side of the middle: the square root of the area that a pixel covers.
        xs, ys = (each[-4:] for each in self._looked_at)
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
        west, south, east, north = self._bounds
        # Pixels may be a little larger at an edge than on average, and turned.
        more = 1.5 * margin
        dx, dy = (east - west) / self.width * more, (north - south) / self.height * more
        return _in_world((west - dx, south - dy, east + dx, north + dy))

    @cached_property
    def _bounds(self) -> Box:
        """The box in EPSG:3857 that holds the picture, or all the world."""
        if self.crs.srid == 3857:
            return self.box
        xs, ys = (each[:-4] for each in self._looked_at)
        if not self._is_far_off and np.isfinite(xs).all() and np.isfinite(ys).all():
            # Edges bend between the points that were looked at, by far less than this.
            slack = 0.0 if self.crs.degrees else 1 / 100
            dx, dy = (float(np.ptp(each)) * slack for each in (xs, ys))
            return (
                float(xs.min()) - dx,
                float(ys.min()) - dy,
                float(xs.max()) + dx,
                float(ys.max()) + dy,
            )
        return -HALF, -HALF, HALF, HALF

    @property
    def _is_far_off(self) -> bool:
        """Far from a zone's meridian and near the poles an outline says nothing of what lies within."""
        west, south, east, north = self.box
        return not self.crs.degrees and (west < -1e6 or east > 2e6 or south < -9e6 or north > 9e6)

    @cached_property
    def _looked_at(self) -> tuple[Floats, Floats]:
        """In EPSG:3857: a grid over the picture, then half a pixel to the left, right, bottom and top of its middle."""
        west, south, east, north = self.box
        half_x, half_y = 0.5 / self.width, 0.5 / self.height
        u = np.append(ACROSS, [0.5 - half_x, 0.5 + half_x, 0.5, 0.5])
        v = np.append(DOWN, [0.5, 0.5, 0.5 - half_y, 0.5 + half_y])
        return _to_mercator(self.crs)(west + (east - west) * u, south + (north - south) * v)

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
        west, south, east, north = self._bounds
        middle_x, middle_y = (west + east) / 2, (south + north) / 2
        # Markers whose middle lies outside are seen too.
        half_x, half_y = (east - west) / 2 * WIDER, (north - south) / 2 * WIDER
        if not (half_x > 0 and half_y > 0):
            return None
        wanted = np.stack(
            self._exactly(middle_x + half_x * CONTROL[0], middle_y + half_y * CONTROL[1])
        )
        if wanted.min() <= OUTSIDE:
            return None
        factors = wanted[:, :CONTROLS] @ SOLVE
        if np.abs(factors @ TEST - wanted[:, CONTROLS:]).max() > GOOD:
            return None
        by_column, by_row = factors.tolist()

        def fit(x: Floats, y: Floats) -> tuple[Floats, Floats]:
            # A cubic grows without bounds outside of the picture, where nothing is drawn.
            u = np.clip((x - middle_x) * (1 / half_x), -3, 3)
            v = np.clip((y - middle_y) * (1 / half_y), -3, 3)
            return _cubic(by_column, u, v), _cubic(by_row, u, v)

        return fit


def _cubic(f: list[float], u: Floats, v: Floats) -> Floats:
    """The sum of f[k] * u^i * v^j with i and j as in POWERS, by Horner's scheme."""
    found = f[9] * u
    found += f[7] + f[8] * v
    found *= u
    found += (f[6] * v + f[5]) * v + f[4]
    found *= u
    found += ((f[3] * v + f[2]) * v + f[1]) * v + f[0]
    return found


def _grid(number: int) -> Floats:
    """Chebyshev's points in a square from -1 to 1: a polynomial through them does not swing out at the edges."""
    steps = np.cos((2 * np.arange(number) + 1) * math.pi / (2 * number))
    found: Floats = np.stack([each.ravel() for each in np.meshgrid(steps, steps)])
    return found


def _terms(at: Floats) -> Floats:
    found: Floats = np.stack([at[0] ** i * at[1] ** j for i, j in POWERS])
    return found


# Of u and v, in the order of the factors.
POWERS = ((0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0))
WIDER = 1.3
CONTROLS = 8 * 8
# The control points, and others that tell whether the cubic through them is good.
CONTROL: Floats = np.concatenate([_grid(8), _grid(5)], axis=1)
# The same points always, so what solves for the factors (least squares) is worked out once.
SOLVE = np.linalg.pinv(_terms(CONTROL[:, :CONTROLS]))
TEST = _terms(CONTROL[:, CONTROLS:])
ACROSS, DOWN = (each.ravel() for each in np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5)))


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
