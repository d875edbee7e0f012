"""The legend of a layer as a picture, for clients that know no HTML: the same swatches, drawn from the same SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import skia

from geoplatform.catalog.layer import Layer
from geoplatform.rendering.canvas import canvas_on, paint
from geoplatform.rendering.legend import HEIGHT, WIDTH, LegendEntry, category, legend
from geoplatform.rendering.naming import INK
from geoplatform.rendering.picture import Form, encode
from geoplatform.rendering.text import Line, lines, rise

# CSS pixels.
EDGE = 8  # around it all
GAP = 8  # between a swatch and its label
BETWEEN = 6  # between two entries
TITLE, LABEL = 14, 13  # sizes of letters
LEADING = 1.25  # from one line of text to the next, in sizes of letters
WIDEST = 260  # longer labels are broken into lines


def legend_picture(
    layer: Layer,
    *,
    value: str | None = None,
    ratio: float = 1,
    form: Form = "png",
    background: str | None = None,
    swatch: tuple[int, int] | None = None,
) -> bytes:
    """The bytes of a PNG or JPEG, with labels in the active language.

    value       one category alone, without the title; raises LookupError for one that the layer does not tell apart
    ratio       pixels in a CSS pixel
    background  `#rrggbb`; None leaves a PNG transparent
    swatch      width and height of a swatch in pixels; with `value` the picture is this swatch alone
    """
    entries = legend(layer) if value is None else [category(layer, value)]
    if value is not None and swatch is not None:
        pixels = np.zeros((swatch[1], swatch[0], 4), np.uint8)
        _swatch(canvas_on(pixels), entries[0], (0, 0, *swatch))
        return encode(pixels, form, background)
    width, height = swatch or (round(WIDTH * ratio), round(HEIGHT * ratio))
    sheet = _Sheet(_title(layer, entries), entries, ratio, width, height)
    pixels = np.zeros((*sheet.size[::-1], 4), np.uint8)
    sheet.draw(canvas_on(pixels))
    return encode(pixels, form, background)


def legend_size(layer: Layer, ratio: float = 1) -> tuple[int, int]:
    """Width and height in pixels of the whole legend of a layer in the active language."""
    entries = legend(layer)
    width, height = round(WIDTH * ratio), round(HEIGHT * ratio)
    return _Sheet(_title(layer, entries), entries, ratio, width, height).size


def _title(layer: Layer, entries: list[LegendEntry]) -> str | None:
    """A single entry is labelled by the title itself."""
    return str(layer.title) if len(entries) > 1 else None


@dataclass(frozen=True)
class _Sheet:
    """Title and entries one below the other. Sizes are pixels."""

    title: str | None
    entries: list[LegendEntry]
    ratio: float
    width: int
    height: int

    @cached_property
    def heading(self) -> tuple[Line, ...]:
        if self.title is None:
            return ()
        size = TITLE * self.ratio
        return lines(self.title, size, WIDEST * self.ratio, "strong")

    @cached_property
    def rows(self) -> list[tuple[LegendEntry, tuple[Line, ...], float]]:
        """Each entry, the lines of its label, and how high both are."""
        size = LABEL * self.ratio
        found = []
        for entry in self.entries:
            label = lines(str(entry.label), size, WIDEST * self.ratio)
            found.append((entry, label, max(self.height, len(label) * size * LEADING)))
        return found

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        r = self.ratio
        texts = [row.width for _entry, label, _high in self.rows for row in label]
        wide = self.width + GAP * r + max(texts, default=0)
        wide = max([wide, *(row.width for row in self.heading)])
        high = sum(high for _entry, _label, high in self.rows)
        high += BETWEEN * r * max(len(self.rows) - 1, 0)
        if self.heading:
            high += len(self.heading) * TITLE * LEADING * r + BETWEEN * r
        return math.ceil(wide + 2 * EDGE * r), math.ceil(high + 2 * EDGE * r)

    def draw(self, canvas: skia.Canvas) -> None:
        r = self.ratio
        ink = paint(INK)
        left = top = EDGE * r
        for row in self.heading:
            _write(canvas, row, left, top + TITLE * LEADING * r / 2, TITLE * r, ink)
            top += TITLE * LEADING * r
        if self.heading:
            top += BETWEEN * r
        step = LABEL * LEADING * r
        for entry, label, high in self.rows:
            middle = top + high / 2
            _swatch(canvas, entry, (left, middle - self.height / 2, self.width, self.height))
            for number, row in enumerate(label):
                at = middle + (number - (len(label) - 1) / 2) * step
                _write(canvas, row, left + self.width + GAP * r, at, LABEL * r, ink)
            top += high + BETWEEN * r


def _swatch(
    canvas: skia.Canvas, entry: LegendEntry, box: tuple[float, float, float, float]
) -> None:
    """The entry's SVG in a box (left, top, width, height), as large as it fits in undistorted."""
    left, top, width, height = box
    scale = min(width / WIDTH, height / HEIGHT)
    canvas.save()
    canvas.translate(left + (width - scale * WIDTH) / 2, top + (height - scale * HEIGHT) / 2)
    canvas.scale(scale, scale)
    skia.SVGDOM.MakeFromStream(skia.MemoryStream(entry.svg.encode())).render(canvas)
    canvas.restore()


def _write(
    canvas: skia.Canvas, row: Line, left: float, middle: float, size: float, ink: skia.Paint
) -> None:
    canvas.drawTextBlob(row.blob, left, middle + rise(size), ink)
