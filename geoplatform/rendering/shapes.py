"""Lines and polygons as pixels: what the MapLibre style of the same layer shows, from the same Symbol."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import skia

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import CASING, Fill, Simple, Stroke, parts
from geoplatform.query.drawing import Shapes
from geoplatform.rendering.canvas import canvas_on, paint
from geoplatform.rendering.palette import Bytes
from geoplatform.rendering.paths import Outlines, outlines
from geoplatform.rendering.patterns import shader
from geoplatform.rendering.scale import growth
from geoplatform.rendering.view import View

FINE = 2.0  # pixels: the corners of narrower lines look alike, round or not


def draw(pixels: Bytes, view: View, layer: Layer, shapes: Shapes) -> Outlines:
    """Draw the lines or polygons of a layer upon `pixels` (height x width x RGBA, premultiplied), in place.

    Gives where they lie in the picture.
    """
    all_parts = outlines(shapes.wkb, view)
    if layer.symbol is None:
        return all_parts
    canvas = canvas_on(pixels)
    chosen = [(simple, all_parts.of(which)) for simple, which in _by_symbol(layer, shapes)]
    # Casings of all categories lie beneath all lines, or crossings look cut.
    for simple, found in chosen:
        if isinstance(simple, Stroke):
            _casing(canvas, simple, found, view)
    for simple, found in chosen:
        if isinstance(simple, Stroke):
            _stroke(canvas, simple, found, view)
        elif isinstance(simple, Fill):
            _fill(canvas, simple, found, view)
    return all_parts


def _by_symbol(layer: Layer, shapes: Shapes) -> Iterator[tuple[Simple, npt.NDArray[np.bool_]]]:
    """Each symbol in the order of drawing, with a flag for each shape that it draws."""
    assert layer.symbol is not None
    drawn = parts(layer.symbol)
    place = {value: number for number, (_simple, values) in enumerate(drawn) for value in values}
    # What no symbol names is drawn by the first.
    part_of = np.array([place.get(value or "", 0) for value, _status in shapes.classes], np.int64)
    part = part_of[shapes.kind]
    for number, (simple, _values) in enumerate(drawn):
        which = part == number
        if which.any():
            yield simple, which


def _fill(canvas: skia.Canvas, symbol: Fill, found: Outlines, view: View) -> None:
    if symbol.color or symbol.pattern:
        whole = found.path()
        # Shells run one way around, holes the other: what several polygons of a symbol cover is painted once.
        whole.setFillType(skia.PathFillType.kWinding)
        if symbol.color:
            filled = paint(symbol.color, symbol.opacity)
            filled.setAntiAlias(not _hides_the_edge(symbol, view))
            canvas.drawPath(whole, filled)
        if symbol.pattern:
            canvas.drawPath(whole, skia.Paint(Shader=shader(symbol, view.ratio)))
    if symbol.outline:
        drawn = paint(symbol.outline)
        _line(drawn, symbol.outline_width * view.ratio, symbol.outline_dash, is_round=False)
        _along(canvas, drawn, found)


def _hides_the_edge(symbol: Fill, view: View) -> bool:
    """Whether an outline covers the fill's edge, which then need not be smooth: that is most of what filling costs."""
    wide = symbol.outline_width * view.ratio >= 1
    return symbol.outline is not None and not symbol.outline_dash and wide


def _casing(canvas: skia.Canvas, symbol: Stroke, found: Outlines, view: View) -> None:
    if symbol.casing:
        drawn = paint(symbol.casing)
        width = (symbol.width + CASING) * growth(view.zoom) * view.ratio
        _line(drawn, width, (), is_round=not symbol.dash)
        _along(canvas, drawn, found)


def _stroke(canvas: skia.Canvas, symbol: Stroke, found: Outlines, view: View) -> None:
    drawn = paint(symbol.color, symbol.opacity)
    width = symbol.width * growth(view.zoom) * view.ratio
    _line(drawn, width, symbol.dash, is_round=not symbol.dash)
    if symbol.opacity < 1:
        # Where two paths cross, paint that lets through would lie twice.
        canvas.drawPath(found.path(), drawn)
    else:
        _along(canvas, drawn, found)


def _along(canvas: skia.Canvas, drawn: skia.Paint, found: Outlines) -> None:
    for path in found.paths():
        canvas.drawPath(path, drawn)


def _line(drawn: skia.Paint, width: float, dash: tuple[float, ...], *, is_round: bool) -> None:
    """Make paint draw lines, `width` in pixels; dashes are counted in line widths, as MapLibre does."""
    drawn.setStyle(skia.Paint.kStroke_Style)
    drawn.setStrokeWidth(width)
    if is_round:
        drawn.setStrokeCap(skia.Paint.kRound_Cap)
        if width > FINE:
            drawn.setStrokeJoin(skia.Paint.kRound_Join)
    if dash:
        lengths = [part * width for part in dash * (1 + len(dash) % 2)]
        drawn.setPathEffect(skia.DashPathEffect.Make(lengths, 0))
