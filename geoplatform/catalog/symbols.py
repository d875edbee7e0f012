"""How a layer looks, said once: the MapLibre style, the WMS picture, the legend and the QGIS style all follow from it.

Sizes are CSS pixels (1/96 inch), colours `#rrggbb`, opacities 0 to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

CASING = 2  # CSS pixels by which a casing is wider than its line


@dataclass(frozen=True, kw_only=True)
class Marker:
    """A point. `shape` tells categories apart without colour (WCAG 2.2, 1.4.1)."""

    color: str
    size: float = 10
    shape: Literal["circle", "square", "triangle", "diamond", "cross"] = "circle"
    outline: str = "#ffffff"
    outline_width: float = 1.5

    @property
    def rim(self) -> float:
        """The outline's share of the size, whatever the zoom, of shapes other than circles."""
        return round(self.outline_width / self.size, 3)


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
    """One symbol for each value of a public property, and one for all other values.

    season  two public half months: between them a point wears a ring, since it is ripe then
    """

    field: str
    symbols: Mapping[str, Simple]
    default: Simple
    season: tuple[str, str] | None = None


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


# The status of a feature that its marker tells, by its shape and not by colour alone; all others look as declared.
UNCONFIRMED, GONE = "unconfirmed", "gone"
STATES = (GONE, UNCONFIRMED)
CROSS = 11  # CSS pixels: a smaller cross would be a dot
THICK = 2.5  # CSS pixels: the rim of a hollow marker
AROUND = 4.5  # CSS pixels from a marker's edge to that of the ring around it


def in_state(marker: Marker, status: str | None) -> Marker:
    """How a marker looks in a state: hollow while nobody has confirmed it, a grey cross when it is gone."""
    if status == GONE:
        return replace(marker, shape="cross", color="#595959", size=max(marker.size, CROSS))
    if status == UNCONFIRMED:
        rim = min(THICK, marker.size / 4)
        # The rim of a circle lies around it: as large as before in all.
        less = 2 * (rim - marker.outline_width) if marker.shape == "circle" else 0
        return replace(
            marker,
            color=marker.outline,
            outline=marker.color,
            size=marker.size - less,
            outline_width=rim,
        )
    return marker


def markers(symbol: Symbol) -> list[tuple[Marker, tuple[str, ...], str | None]]:
    """What points are drawn with, in the order of drawing: marker, values as `parts` has them, and the state."""
    return [
        (in_state(simple, status), values, status)
        for status in (*STATES, None)
        for simple, values in parts(symbol)
        if isinstance(simple, Marker)
    ]


def ring(symbol: Symbol) -> Marker | None:
    """What lies beneath a point that is ripe, where the layer has seasons."""
    if not isinstance(symbol, Categorized) or symbol.season is None:
        return None
    size = max(each.size for each in simple_symbols(symbol) if isinstance(each, Marker))
    return Marker(color="#ffd43b", size=size + 2 * AROUND, outline="#6b4a00", outline_width=1.25)


def simple_symbols(symbol: Symbol) -> list[Simple]:
    """All simple symbols that a symbol may come down to."""
    if isinstance(symbol, Categorized):
        return [*symbol.symbols.values(), symbol.default]
    return [symbol]
