"""The legend of a layer: one swatch for each category, from the same Symbol that draws the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import (
    CASING,
    STATES,
    Categorized,
    Fill,
    Marker,
    Simple,
    Stroke,
    alike,
    in_state,
    ring,
)
from geoplatform.rendering.scale import PIECES

WIDTH, HEIGHT = 24, 18  # CSS pixels of a swatch


@dataclass(frozen=True)
class LegendEntry:
    """One line of a legend. `value` is the category, None for a layer drawn all alike or for all other values.

    state  of a feature, whichever its category: "ripe", "unconfirmed", "gone"; else empty
    """

    value: str | None
    label: Any
    svg: str
    state: str = ""


def legend(layer: Layer) -> list[LegendEntry]:
    """The entries of a layer, categories that look alike together; then the states that its markers tell."""
    return [*_categories(layer), *states(layer)]


def states(layer: Layer) -> list[LegendEntry]:
    """What the markers of a layer of points tell besides their category, each by the first marker as an example."""
    symbol = layer.symbol
    first = next(iter(symbol.symbols.values())) if isinstance(symbol, Categorized) else symbol
    if not isinstance(first, Marker) or symbol is None:
        return []
    labels = {str(value): label for value, label in property_by_name(layer)["status"].choices}
    found = [
        LegendEntry(None, labels[state], swatch(in_state(first, state)), state)
        for state in reversed(STATES)
    ]
    around = ring(symbol)
    if around is None:
        return found
    return [LegendEntry(None, _("ripe now"), swatch(first, around), "ripe"), *found]


def swatches(layer: Layer) -> dict[tuple[str, str], str]:
    """SVG of each marker by category and state; both may be empty."""
    symbol = layer.symbol
    if symbol is None:
        return {}
    simple: dict[str, Simple] = {"": symbol.default if isinstance(symbol, Categorized) else symbol}
    if isinstance(symbol, Categorized):
        simple |= {str(value): each for value, each in symbol.symbols.items()}
    return {
        (value, state): swatch(in_state(each, state) if isinstance(each, Marker) else each)
        for value, each in simple.items()
        for state in ("", *STATES)
    }


def _categories(layer: Layer) -> list[LegendEntry]:
    symbol = layer.symbol
    if symbol is None:
        return []
    if not isinstance(symbol, Categorized):
        return [LegendEntry(None, layer.title, swatch(symbol))]
    labels = _labels(layer, symbol)
    together = alike(symbol)
    rest = [value for value in labels if value not in symbol.symbols]
    if rest and symbol.default not in together:
        together[symbol.default] = rest
    return [
        LegendEntry(
            str(values[0]),
            ", ".join(str(labels.get(value, value)) for value in values),
            swatch(simple),
        )
        for simple, values in together.items()
    ]


def category(layer: Layer, value: str) -> LegendEntry:
    """The entry of one category alone. Raises LookupError for a value that the layer does not tell apart."""
    symbol = layer.symbol
    if not isinstance(symbol, Categorized):
        raise LookupError(value)
    label = _labels(layer, symbol)[value]
    found = {str(known): simple for known, simple in symbol.symbols.items()}
    return LegendEntry(value, label, swatch(found.get(value, symbol.default)))


def _labels(layer: Layer, symbol: Categorized) -> dict[str, Any]:
    return {str(value): label for value, label in property_by_name(layer)[symbol.field].choices}


def swatch(symbol: Simple, around: Marker | None = None) -> str:
    """A small SVG picture of the symbol, upon a ring where there is one; attributes only, since the page allows no
    inline style."""
    match symbol:
        case Marker():
            body = _marker(around, HEIGHT - 1) + _marker(symbol, 8) if around else _marker(symbol)
        case Stroke():
            casing = (
                _element(
                    "path",
                    d=f"M1 {HEIGHT / 2}H{WIDTH - 1}",
                    stroke=symbol.casing,
                    stroke_width=symbol.width + CASING,
                )
                if symbol.casing
                else ""
            )
            body = casing + _element(
                "path",
                d=f"M1 {HEIGHT / 2}H{WIDTH - 1}",
                stroke=symbol.color,
                stroke_width=symbol.width,
                stroke_opacity=symbol.opacity,
                stroke_dasharray=_dash(symbol.dash, symbol.width),
            )
        case Fill():
            body = _fill(symbol)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{body}</svg>'
    )


def _fill(symbol: Fill) -> str:
    square: dict[str, Any] = {
        "x": 2,
        "y": 2,
        "width": WIDTH - 4,
        "height": HEIGHT - 4,
        "rx": 2,
    }
    body = _element(
        "rect",
        **square,
        fill=symbol.color or "none",
        fill_opacity=symbol.opacity,
        stroke=symbol.outline or "none",
        stroke_width=symbol.outline_width,
        stroke_dasharray=_dash(symbol.outline_dash, symbol.outline_width),
    )
    match symbol.pattern:
        case "hatch":
            lines = "M2 8L8 2M2 16L16 2M10 16L22 4M18 16L22 12"
            body += _element("path", d=lines, stroke=symbol.pattern_color, fill="none")
        case "dots":
            body += "".join(
                _element("circle", cx=x, cy=y, r=1.1, fill=symbol.pattern_color)
                for x, y in ((6, 7), (14, 7), (10, 11), (18, 11))
            )
    return body


def _marker(symbol: Marker, most: float = HEIGHT - 3) -> str:
    """`most` is how wide it may be, its outline included."""
    wide = symbol.size + symbol.outline_width * (symbol.shape == "circle")
    x, y, r = WIDTH / 2, HEIGHT / 2, (min(wide, most) - symbol.outline_width) / 2
    look = {"fill": symbol.color, "stroke": symbol.outline, "stroke_width": symbol.outline_width}
    match symbol.shape:
        case "circle":
            return _element("circle", cx=x, cy=y, r=r, **look)
        case "square":
            return _element("rect", x=x - r, y=y - r, width=2 * r, height=2 * r, **look)
        case "triangle":
            return _element("path", d=f"M{x} {y - r}L{x + r} {y + r}H{x - r}Z", **look)
        case "diamond":
            return _element("path", d=f"M{x} {y - r}L{x + r} {y}L{x} {y + r}L{x - r} {y}Z", **look)
        case "cross":
            # Its two pieces cover each other: first both with their outlines, then both without.
            shapes = [
                "M" + "L".join(f"{x + r * a:g} {y + r * b:g}" for a, b in piece) + "Z"
                for piece in PIECES["cross"]
            ]
            return _element("path", d="".join(shapes), **look) + _element(
                "path", d="".join(shapes), fill=symbol.color
            )


def _dash(dash: tuple[float, ...], width: float) -> str | None:
    """Dashes are counted in line widths, as MapLibre does."""
    return " ".join(f"{part * width:g}" for part in dash) or None


def _element(name: str, **attributes: Any) -> str:
    text = "".join(
        f" {key.replace('_', '-')}={quoteattr(str(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{text}/>"
