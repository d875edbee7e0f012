"""Markers to pixels: each pixel of a stamp is put down for all markers at once, so that Python never sees a marker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from geoplatform.catalog import symbols
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import STATES, Categorized, Marker, in_state, ring
from geoplatform.query.drawing import Points
from geoplatform.rendering.palette import Bytes, Palette
from geoplatform.rendering.scale import LARGER, several
from geoplatform.rendering.stamps import Stamps, phases_of, stamps
from geoplatform.rendering.view import View

# Fewer markers than this part of a stamp's pixels are put down one by one.
FEW = 0.5
Indices = npt.NDArray[np.int64]


def markers(layer: Layer) -> tuple[Marker, ...]:
    """What a layer of points is drawn with, in the order of drawing: as in the MapLibre style."""
    if layer.symbol is None:
        return ()
    return tuple(dict.fromkeys(marker for marker, _v, _s in symbols.markers(layer.symbol)))


def used(layer: Layer, points: Points) -> tuple[Marker, ...]:
    """Those of the layer's markers that these points need."""
    return _used(layer, points.classes)


@lru_cache(maxsize=256)
def _used(layer: Layer, classes: tuple[tuple[str | None, str], ...]) -> tuple[Marker, ...]:
    needed = {_marker(layer, value, status) for value, status in classes}
    return tuple(each for each in markers(layer) if each in needed)


def _marker(layer: Layer, value: str | None, status: str) -> Marker | None:
    """The marker of a class of points."""
    simple = layer.symbol
    if isinstance(simple, Categorized):
        known = {str(name): each for name, each in simple.symbols.items()}
        simple = known.get(value or "", simple.default)
    return in_state(simple, status) if isinstance(simple, Marker) else None


def draw(
    canvas: Bytes | None,
    view: View,
    layer: Layer,
    points: Points,
    chosen: tuple[Marker, ...],
    palette: Palette,
) -> Bytes | None:
    """The canvas (height x width, entries of `palette`; None: nothing is there yet) with those markers of a layer upon
    it that look as `chosen`.
    """
    if not len(points.x):
        return canvas
    x, y = view.pixels(points.x, points.y)
    is_several = bool((points.n > 1).any())
    phases = phases_of(chosen, view.zoom, view.ratio)
    made = [stamps(each, view.zoom, view.ratio, is_several, palette, phases) for each in chosen]
    margin = max(each.side for each in made)
    edge = margin // 2 + 1
    seen = (x > -edge) & (x < view.width + edge) & (y > -edge) & (y < view.height + edge)
    x, y, n, kind = x[seen], y[seen], points.n[seen], points.kind[seen]
    if not len(x):
        return canvas
    # A border as wide as a stamp, so that none has to be cut.
    wide = np.zeros((view.height + 2 * margin, view.width + 2 * margin), np.uint8)
    within = wide[margin : margin + view.height, margin : margin + view.width]
    if canvas is not None:
        within[...] = canvas
    column = np.rint(x * phases).astype(np.int64)
    row = np.rint(y * phases).astype(np.int64)
    phase = row % phases * phases + column % phases
    first = (row // phases + margin) * wide.shape[1] + column // phases + margin
    size = several(n) if is_several else None
    for each, mine in zip(made, _by_marker(layer, points, kind, chosen), strict=True):
        at, variant, larger = first[mine], phase[mine], size[mine] if size is not None else None
        if larger is not None:
            level = np.rint((larger - 1) * ((each.sizes - 1) / (LARGER - 1))).astype(np.int64)
            variant = variant + level * phases**2
        _put(wide, at - (each.side // 2) * (wide.shape[1] + 1), variant, each, palette)
    return within


def rings(layer: Layer, points: Points) -> tuple[Layer, Points] | None:
    """What lies beneath the markers of points that are ripe: a layer of rings, and where; None where there is none."""
    marker = ring(layer.symbol) if layer.symbol else None
    if marker is None or points.ripe is None or not points.ripe.any():
        return None
    at = points.ripe
    zeros = np.zeros(int(at.sum()), np.int64)
    there = Points(points.x[at], points.y[at], zeros + 1, zeros, ((None, ""),))
    return replace(layer, symbol=marker), there


def _by_marker(
    layer: Layer, points: Points, kind: Indices, chosen: tuple[Marker, ...]
) -> Iterator[slice | Indices]:
    """For each marker which points are drawn with it."""
    if not isinstance(layer.symbol, Categorized) and not any(
        status in STATES for _value, status in points.classes
    ):
        yield slice(None)
        return
    drawn_with = [_marker(layer, value, status) for value, status in points.classes]
    for marker in chosen:
        so = np.array([each == marker for each in drawn_with], bool)
        yield np.flatnonzero(so[kind])


def _put(wide: Bytes, at: Indices, variant: Indices, made: Stamps, palette: Palette) -> None:
    """Stamps with their upper left pixels `at` (places in the flat canvas); those further down cover those above."""
    if len(at) < FEW * len(made.used):
        one_by_one(wide, at, variant, made, palette)
    else:
        all_at_once(wide, at, variant, made, palette)


def all_at_once(wide: Bytes, at: Indices, variant: Indices, made: Stamps, palette: Palette) -> None:
    """Pixel by pixel of the stamp, the last first: where two markers meet, the one further down (then further right)
    reaches a pixel with an earlier pixel of its stamp, so it comes later and lies above."""
    flat, width, over = wide.reshape(-1), wide.shape[1], palette.over
    for row, column, entries, hides in made.pixels:
        part = flat[row * width + column :]
        # Markers in one and the same pixel take turns: the last one counts.
        if hides:
            # Bytes for bytes: to turn numbers while putting them down costs more than all else.
            part[at] = entries.take(variant)
        else:
            part[at] = over.take(entries.take(variant) + part.take(at))


def one_by_one(wide: Bytes, at: Indices, variant: Indices, made: Stamps, palette: Palette) -> None:
    """The same, marker by marker: for a few of them."""
    order = np.argsort(at, kind="stable")
    rows, columns = np.divmod(at[order], wide.shape[1])
    side = made.side
    for row, column, each in zip(
        rows.tolist(), columns.tolist(), variant[order].tolist(), strict=True
    ):
        part = wide[row : row + side, column : column + side]
        part[...] = palette.over[made.table[:, each].reshape(side, side) + part]
