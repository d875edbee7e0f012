"""Markers as small pictures, made once and stamped many times: a few sizes, and four places within a pixel each way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from geoplatform.catalog.symbols import Marker
from geoplatform.rendering.palette import Look, Palette, rgb
from geoplatform.rendering.scale import LARGER, PIECES, growth, reach

PHASES = 4  # places within a pixel, in each direction
SIZES = 4  # at most so many sizes between a marker of one point and one of many
STEP = 8  # sizes are told apart by this part of a pixel
SHADES = 40  # steps in which a pixel is covered, before it becomes an entry of the palette
# Pixels: larger markers stand on whole pixels, where the rest does not show, and their stamps are made each time: those
# of all places within a pixel would take most of a second and fill the memory.
LARGE = 24
Floats = npt.NDArray[np.float64]
Pixel = tuple[int, int, npt.NDArray[np.uint8] | npt.NDArray[np.uint16], bool]


@dataclass(frozen=True, eq=False)
class Stamps:
    """All pictures of one marker.

    side    pixels of a stamp's edge; the marker's place is in its middle pixel
    sizes   how many there are; the last is that of many points
    table   [pixel of the stamp, row by row; variant] -> 256 * entry of the palette, uint16
            variant = (size * phases + phase from the top) * phases + phase from the left
    used    pixels that any variant fills, the last first
    opaque  [pixel of the stamp] -> whether every variant hides what lies beneath it
    """

    side: int
    sizes: int
    table: npt.NDArray[np.uint16]
    used: npt.NDArray[np.int64]
    opaque: npt.NDArray[np.bool_]

    @cached_property
    def pixels(self) -> tuple[Pixel, ...]:
        """The used pixels in their order: row, column, what each variant puts there (entries of the palette, uint8) if
        every variant hides what lies beneath, else that times 256 (uint16), and whether so."""
        found: list[Pixel] = []
        for each in self.used.tolist():
            hides, values = bool(self.opaque[each]), self.table[each]
            entries = (values >> 8).astype(np.uint8) if hides else values
            found.append((*divmod(each, self.side), entries, hides))
        return tuple(found)


def look(marker: Marker) -> Look:
    return marker.color, marker.outline


def phases_of(chosen: Iterable[Marker], zoom: float, ratio: float) -> int:
    """Places within a pixel, in each direction, at which these markers can stand at a zoom."""
    return PHASES if max(_size(each, zoom, ratio) for each in chosen) < LARGE else 1


def _size(marker: Marker, zoom: float, ratio: float) -> float:
    return round(marker.size * growth(zoom) * ratio * STEP) / STEP


def stamps(
    marker: Marker,
    zoom: float,
    ratio: float,
    several: bool,
    palette: Palette,
    phases: int = PHASES,
) -> Stamps:
    """The stamps of a marker at a zoom; `several`: whether some stand for more than one point."""
    size = _size(marker, zoom, ratio)
    make = _kept if size < LARGE else _made
    return make(marker, size, round(ratio * STEP) / STEP, several, palette, phases)


def _made(
    marker: Marker, size: float, ratio: float, several: bool, palette: Palette, phases: int
) -> Stamps:
    count = SIZES if several else 1
    factors = np.linspace(1, LARGER, count) if several else np.ones(1)
    largest = size * float(factors[-1])
    beyond = marker.outline_width * ratio if marker.shape == "circle" else 0.0
    # A pixel is touched up to half its width away from its middle, which the phase moves by another half.
    edge = math.ceil(largest / 2 + beyond + 0.5)
    side = 2 * edge + 1
    # Middles of pixels as seen from the marker's place: [size, phase y, phase x, row, column].
    at = np.arange(-edge, edge + 1) + 0.5
    phase = (np.arange(phases) / phases)[:, None]
    x = (at - phase)[None, None, :, None, :]
    y = (at - phase)[None, :, None, :, None]
    sizes = (size * factors).reshape(-1, 1, 1, 1, 1)
    fill, total = _cover(marker, x, y, sizes, beyond)
    entries = shaded(look(marker), palette, fill, total)
    table = np.ascontiguousarray(entries.reshape(-1, side * side).T)
    used = np.flatnonzero(table.any(axis=1))[::-1]
    opaque = (palette.colors[:, 3] == 255)[table >> 8].all(axis=1)
    return Stamps(side, count, table, used, opaque)


_kept = lru_cache(maxsize=128)(_made)


def shaded(look: Look, palette: Palette, fill: Floats, total: Floats) -> npt.NDArray[np.uint16]:
    """256 * entry of the palette for pixels that are covered by a look: fill alone, and altogether, 0 to 1."""
    inner, outer = (np.rint(share * SHADES).astype(np.intp) for share in (fill, total))
    return _entries(look, palette)[inner * (SHADES + 1) + outer]


@lru_cache(maxsize=128)
def _entries(look: Look, palette: Palette) -> npt.NDArray[np.uint16]:
    """256 * entry of the palette, for each share of a pixel that the fill covers and each that is covered at all."""
    steps = np.arange(SHADES + 1) / SHADES
    fill, total = np.meshgrid(steps, steps, indexing="ij")
    inner, outer = (np.array([*rgb(each), 255], np.float64) for each in look)
    colors = fill[..., None] * inner + np.maximum(total - fill, 0)[..., None] * outer
    entries = palette.nearest(colors.reshape(-1, 4).astype(np.float32))
    return entries.astype(np.uint16) * np.uint16(256)


def _cover(
    marker: Marker, x: Floats, y: Floats, size: Floats, beyond: float
) -> tuple[Floats, Floats]:
    """How much of each pixel the fill covers, and fill and outline together: 0 to 1, antialiased over a pixel."""
    if marker.shape == "circle":
        # The outline lies around the fill (MapLibre: circle-stroke-width).
        # MapLibre's edge fades inwards from its radius, over a pixel.
        away = np.hypot(x, y) - size / 2 + 0.5
        return np.clip(0.5 - away, 0, 1), np.clip(0.5 + beyond - away, 0, 1)
    # The outline runs along the edge, half of it inside (pages/static/pages/images.js).
    pieces = [_away(each, x, y, size * reach(marker.rim)) for each in PIECES[marker.shape]]
    away = np.minimum.reduce(pieces)
    half = size * marker.rim / 2
    return np.clip(0.5 - half - away, 0, 1), np.clip(0.5 + half - away, 0, 1)


def _away(corners: tuple[tuple[float, float], ...], x: Floats, y: Floats, reach: Floats) -> Floats:
    """Distance to the edge of a convex polygon; inside it is negative."""
    distance: Floats = np.full(np.broadcast_shapes(x.shape, y.shape, reach.shape), np.inf)
    inside = np.full(distance.shape, True)
    for (ax, ay), (bx, by) in zip(corners, corners[1:] + corners[:1], strict=True):
        px, py, dx, dy = x - ax * reach, y - ay * reach, (bx - ax) * reach, (by - ay) * reach
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1)
        distance = np.minimum(distance, np.hypot(px - along * dx, py - along * dy))
        inside &= dx * py - dy * px >= 0  # corners run clockwise, y downwards
    return np.where(inside, -distance, distance)
