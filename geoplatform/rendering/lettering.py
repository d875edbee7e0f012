"""Names put down upon a picture: by the drawing library upon colours, or as stamps upon entries of a palette.

Letters are ink with a halo of paper around them, which to a palette is a look like that of a marker (stamps.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import skia

from geoplatform.rendering import naming
from geoplatform.rendering.canvas import canvas_on, paint
from geoplatform.rendering.palette import Bytes, Look, Palette, rgb
from geoplatform.rendering.stamps import shaded
from geoplatform.rendering.text import Line
from geoplatform.rendering.view import View

LOOK: Look = (naming.INK, naming.PAPER)
# Up to this many pixels in one of CSS stamps are kept: larger ones are rare, and would fill the memory.
DENSEST = 2


class Straight(NamedTuple):
    """A line of text: where it begins on its base line, in whole pixels, so that one stamp serves every place."""

    line: Line
    x: int
    y: int


@dataclass(frozen=True)
class Bent:
    """A text that follows a line of the map: letters that have places and turns of their own."""

    letters: skia.TextBlob


Written = list[Straight | Bent]


def upon_colors(pixels: Bytes, view: View, written: Written) -> None:
    """Write upon `pixels` (RGBA, premultiplied), in place."""
    canvas = canvas_on(pixels)
    halo, ink = _halo(view.ratio), paint(naming.INK)
    for each in written:
        x, y = (each.x, each.y) if isinstance(each, Straight) else (0, 0)
        letters = each.line.blob if isinstance(each, Straight) else each.letters
        canvas.drawTextBlob(letters, x, y, halo)
        canvas.drawTextBlob(letters, x, y, ink)


def upon_entries(entries: Bytes, view: View, written: Written, palette: Palette) -> None:
    """The same upon entries of a palette (height x width) that has LOOK; there are no lines that names could follow."""
    make = _kept if view.ratio <= DENSEST else _made
    over, (height, width) = palette.over, entries.shape
    for each in written:
        assert isinstance(each, Straight)
        stamp = make(each.line, view.ratio, palette)
        alone, table = stamp.alone, stamp.table
        rows, columns = table.shape
        top, left = each.y + stamp.top, each.x + stamp.left
        if top < 0 or left < 0 or top + rows > height or left + columns > width:
            # Strange letters reach further than their line is high.
            above, before = max(-top, 0), max(-left, 0)
            inside = slice(above, max(height - top, 0)), slice(before, max(width - left, 0))
            alone, table = alone[inside], table[inside]
            (rows, columns), top, left = table.shape, top + above, left + before
        part = entries[top : top + rows, left : left + columns]
        # Most names stand where nothing is yet: to count that costs a tenth of looking up what covers what.
        part[...] = over.take(table + part) if np.count_nonzero(part) else alone


@dataclass(frozen=True, eq=False)
class _Stamp:
    """A line of text as entries.

    top, left  where its upper left pixel is, seen from where the text begins
    alone      [row, column] -> entry of the palette, uint8
    table      256 times that, uint16: with what lies beneath added, where `Palette.over` says what is seen
    """

    top: int
    left: int
    alone: Bytes
    table: npt.NDArray[np.uint16]


def _made(line: Line, ratio: float, palette: Palette) -> _Stamp:
    around = line.blob.bounds()
    reach = naming.HALO * ratio + 1
    left, top = int(np.floor(around.left() - reach)), int(np.floor(around.top() - reach))
    right, bottom = int(np.ceil(around.right() + reach)), int(np.ceil(around.bottom() + reach))
    pixels = np.zeros((bottom - top, right - left, 4), np.uint8)
    canvas = canvas_on(pixels)
    for each in (_halo(ratio), paint(naming.INK)):
        canvas.drawTextBlob(line.blob, -left, -top, each)
    rows, columns = (np.flatnonzero(pixels[..., 3].any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return _Stamp(0, 0, np.zeros((0, 0), np.uint8), np.zeros((0, 0), np.uint16))
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # Red and alpha tell how much of a pixel is ink and how much is covered at all: both are blends of two colours.
    ink, paper = rgb(naming.INK)[0] / 255, rgb(naming.PAPER)[0] / 255
    red, total = pixels[..., 0] / 255, pixels[..., 3] / 255
    inked = np.clip((paper * total - red) / (paper - ink), 0, total)
    table = shaded(LOOK, palette, inked, total)
    alone = (table >> 8).astype(np.uint8)
    return _Stamp(top + int(rows[0]), left + int(columns[0]), alone, table)


_kept = lru_cache(maxsize=2_000)(_made)


def _halo(ratio: float) -> skia.Paint:
    found = paint(naming.PAPER)
    found.setStyle(skia.Paint.kStroke_Style)
    found.setStrokeWidth(2 * naming.HALO * ratio)
    found.setStrokeJoin(skia.Paint.kRound_Join)
    return found
