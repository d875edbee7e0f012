"""Words instead of a map: what a picture says when it cannot be drawn."""

from __future__ import annotations

import textwrap

import numpy as np
import numpy.typing as npt
import skia

from geoplatform.rendering.shapes import canvas_on, paint

SIZE = 13  # CSS pixels
INK = "#8a1c1c"
PAPER = "#ffffff"
MARGIN = 6


def notice(width: int, height: int, text: str, ratio: float = 1.0) -> npt.NDArray[np.uint8]:
    """Lines of text from the upper left corner on paper, as far as there is room: height x width x 4, premultiplied."""
    pixels = np.zeros((height, width, 4), np.uint8)
    canvas = canvas_on(pixels)
    ink, paper = paint(INK), paint(PAPER)
    font = skia.Font(skia.Typeface(), SIZE * ratio)
    letter = max(font.measureText("n"), 1.0)
    columns = max(int((width - 2 * MARGIN * ratio) / letter), 8)
    step = SIZE * 1.35 * ratio
    lines = textwrap.wrap(text, columns)[: max(int(height / step), 1)]
    canvas.drawRect(skia.Rect.MakeWH(width, step * len(lines) + 2 * MARGIN * ratio), paper)
    for number, line in enumerate(lines, 1):
        canvas.drawString(line, MARGIN * ratio, number * step, font, ink)
    return pixels
