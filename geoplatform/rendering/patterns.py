"""Patterns that lie upon fills: a small square, repeated."""

from __future__ import annotations

from functools import lru_cache

import skia

from geoplatform.catalog.symbols import Fill
from geoplatform.rendering.scale import DOT, LINE, SQUARE


def shader(symbol: Fill, ratio: float) -> skia.Shader:
    """What paints the symbol's pattern; the square has whole pixels, so that it repeats without a seam."""
    return _shader(str(symbol.pattern), symbol.pattern_color, max(round(SQUARE * ratio), 4))


@lru_cache(maxsize=200)
def _shader(pattern: str, color: str, size: int) -> skia.Shader:
    surface = skia.Surface(size, size)
    red, green, blue = bytes.fromhex(color[1:])
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(red, green, blue))
    canvas = surface.getCanvas()
    canvas.scale(size / SQUARE, size / SQUARE)
    match pattern:
        case "hatch":
            paint.setStrokeWidth(LINE)
            # Rising to the right; the corners are the ends of the neighbours' lines.
            for left in (-SQUARE, 0, SQUARE):
                canvas.drawLine(left - 1, SQUARE + 1, left + SQUARE + 1, -1, paint)
        case "dots":
            for x, y in ((SQUARE / 4, SQUARE / 4), (SQUARE * 3 / 4, SQUARE * 3 / 4)):
                canvas.drawCircle(x, y, DOT, paint)
    repeat = skia.TileMode.kRepeat
    return surface.makeImageSnapshot().makeShader(repeat, repeat, skia.SamplingOptions())
