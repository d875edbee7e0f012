"""How a layer looks, said once: the MapLibre style, the WMS picture, the legend and the QGIS style all follow from it.

Sizes are CSS pixels (1/96 inch), colours `#rrggbb`, opacities 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

CASING = 2  # CSS pixels by which a casing is wider than its line


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A point. `shape` tells categories apart without colour (WCAG 2.2, 1.4.1)."""

    color: str
    size: float = 10
    shape: Literal["circle", "square", "triangle", "diamond"] = "circle"
    outline: str = "#ffffff"
    outline_width: float = 1.5


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A line; `casing` is a wider line beneath it."""

    color: str
    width: float = 2
    opacity: float = 1
    dash: tuple[float, ...] = ()
    casing: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A polygon. `color=None` draws the outline alone.

    pattern  lies upon the fill in the outline's colour and tells categories apart without colour (WCAG 2.2, 1.4.1)
    """

    color: str | None
    opacity: float = 0.5
    pattern: Literal["hatch", "dots"] | None = None
    outline: str | None = None
    outline_width: float = 1
    outline_dash: tuple[float, ...] = ()

    @property
    def pattern_color(self) -> str:
        return self.outline or self.color or "#000000"


Simple = Marker | Stroke | Fill


@dataclass(frozen=True)
class Categorized:
    """One symbol for each value of a public property, and one for all other values."""

    field: str
    symbols: Mapping[str, Simple]
    default: Simple


Symbol = Simple | Categorized


def alike(symbol: Categorized) -> dict[Simple, list[str]]:
    """The categories that are drawn with one and the same symbol, in the order they were declared."""
    found: dict[Simple, list[str]] = {}
    for value, simple in symbol.symbols.items():
        found.setdefault(simple, []).append(str(value))
    return found


def parts(symbol: Symbol) -> list[tuple[Simple, tuple[str, ...]]]:
    """What is drawn alike, in the order of drawing: first what draws all values that no other names, without values."""
    if not isinstance(symbol, Categorized):
        return [(symbol, ())]
    named = [(simple, tuple(values)) for simple, values in alike(symbol).items()]
    return [(symbol.default, ()), *named]


def simple_symbols(symbol: Symbol) -> list[Simple]:
    """All simple symbols that a symbol may come down to."""
    if isinstance(symbol, Categorized):
        return [*symbol.symbols.values(), symbol.default]
    return [symbol]
