"""Words instead of a map: what a picture says when it cannot be drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import skia

from geoplatform.rendering.canvas import canvas_on, paint
from geoplatform.rendering.text import lines

SIZE = 13  # pixels
STEP = 18  # from line to line
MARGIN = 8
INK = "#8a1c1c"
PAPER = "#ffffff"


def notice(width: int, height: int, text: str) -> npt.NDArray[np.uint8]:
    """Text on paper from the upper left corner, as far as there is room: height x width x RGBA, premultiplied."""
    pixels = np.zeros((height, width, 4), np.uint8)
    canvas = canvas_on(pixels)
    written = lines(text, SIZE, max(width - 2 * MARGIN, SIZE))
    canvas.drawRect(skia.Rect.MakeWH(width, STEP * len(written) + MARGIN), paint(PAPER))
    ink = paint(INK)
    for number, line in enumerate(written, 1):
        canvas.drawString(line.text, MARGIN, number * STEP, line.font, ink)
    return pixels
