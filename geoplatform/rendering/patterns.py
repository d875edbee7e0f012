"""Patterns that lie upon fills: a small square, repeated."""

from __future__ import annotations

from functools import lru_cache

import skia

from geoplatform.catalog.symbols import Fill

SIZE = 8  # CSS pixels along an edge of the square; pages/static/pages/images.js draws the same
LINE = 1.0  # CSS pixels: width of a hatch's lines
DOT = 1.1  # CSS pixels: radius of a dot


def shader(symbol: Fill, ratio: float) -> skia.Shader:
    """What paints the symbol's pattern; the square has whole pixels, so that it repeats without a seam."""
    return _shader(str(symbol.pattern), symbol.pattern_color, max(round(SIZE * ratio), 4))


@lru_cache(maxsize=200)
def _shader(pattern: str, color: str, size: int) -> skia.Shader:
    surface = skia.Surface(size, size)
    red, green, blue = bytes.fromhex(color[1:])
    paint = skia.Paint(AntiAlias=True, Color=skia.Color(red, green, blue))
    canvas = surface.getCanvas()
    canvas.scale(size / SIZE, size / SIZE)
    match pattern:
        case "hatch":
            paint.setStrokeWidth(LINE)
            # Rising to the right; the corners are the ends of the neighbours' lines.
            for left in (-SIZE, 0, SIZE):
                canvas.drawLine(left - 1, SIZE + 1, left + SIZE + 1, -1, paint)
        case "dots":
            for x, y in ((SIZE / 4, SIZE / 4), (SIZE * 3 / 4, SIZE * 3 / 4)):
                canvas.drawCircle(x, y, DOT, paint)
    repeat = skia.TileMode.kRepeat
    return surface.makeImageSnapshot().makeShader(repeat, repeat, skia.SamplingOptions())
