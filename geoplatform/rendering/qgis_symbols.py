"""A layer's looks as QGIS writes them: renderer and names, from the same Symbol as map and pictures.

The elements are those that QGIS 3.22 writes and later ones read. Lengths are points (1/72 inch), of which a CSS pixel
is three quarters, so that symbols are as large on any screen and on paper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import (
    CASING,
    GONE,
    STATES,
    Categorized,
    Fill,
    Marker,
    Simple,
    Stroke,
    in_state,
    ring,
)
from geoplatform.rendering.naming import HALO, INK, PAPER, SPACING, first_zoom, text_size
from geoplatform.rendering.scale import DOT, LINE, SQUARE
from geoplatform.rendering.visibility import LEVEL_0

POINTS = 0.75  # in a CSS pixel
# Our cross stands on its corners, QGIS's on its arm.
SHAPES = {"cross": ("cross_fill", 45)}
KINDS = {0: "marker", 1: "line", 2: "fill"}
AWAY = 3  # CSS pixels between a marker and its name
# QgsPalLayerSettings.Placement by dimension: around the point, curved along the line, horizontal within the area.
PLACEMENTS = {0: 6, 1: 3, 2: 4}


def renderer(layer: Layer) -> Element | None:
    """`<renderer-v2>`: one category for each declared value, the last for all others; None for what is not drawn."""
    symbol = layer.symbol
    if symbol is None:
        return None
    # Lines are drawn in levels, or crossings of streets look cut.
    made = Element("renderer-v2", symbollevels="1" if layer.dimension == 1 else "0")
    if not isinstance(symbol, Categorized):
        made.set("type", "singleSymbol")
        SubElement(made, "symbols").append(_symbol("0", layer, symbol))
        return made
    made.set("type", "categorizedSymbol")
    made.set("attr", symbol.field)
    categories, symbols = SubElement(made, "categories"), SubElement(made, "symbols")
    labels = {str(value): label for value, label in property_by_name(layer)[symbol.field].choices}
    told: list[tuple[str, object, Simple]] = [
        (str(value), labels.get(str(value), value), simple)
        for value, simple in symbol.symbols.items()
    ]
    rest = [str(label) for value, label in labels.items() if value not in symbol.symbols]
    # The empty value is the category of all that no other names.
    told.append(("", ", ".join(rest), symbol.default))
    for number, (value, label, simple) in enumerate(told):
        SubElement(
            categories,
            "category",
            value=value,
            type="string",
            label=str(label),
            symbol=str(number),
            render="true",
        )
        symbols.append(_symbol(str(number), layer, simple))
    return made


def labeling(layer: Layer) -> Element | None:
    """`<labeling>`: the names, from the zoom on from which the map writes them; None for a layer without names."""
    first = first_zoom(layer) if layer.geometry else None
    if first is None or layer.label is None:
        return None
    made = Element("labeling", type="simple")
    settings = SubElement(made, "settings")
    style = SubElement(
        settings,
        "text-style",
        fieldName=layer.label,
        fontSize=_points(text_size(layer)),
        fontSizeUnit="Point",
        textColor=_color(INK),
        textOpacity="1",
    )
    SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize=_points(HALO),
        bufferSizeUnits="Point",
        bufferColor=_color(PAPER),
        bufferOpacity="1",
    )
    SubElement(
        settings,
        "placement",
        placement=str(PLACEMENTS[layer.dimension]),
        dist=_points(0 if layer.dimension else AWAY),
        distUnits="Point",
        repeatDistance=_points(SPACING if layer.dimension == 1 else 0),
        repeatDistanceUnits="Point",
    )
    SubElement(
        settings,
        "rendering",
        scaleVisibility="1",
        scaleMin="1",
        scaleMax=f"{LEVEL_0 / 2**first:.0f}",
        obstacle="0",  # names may lie upon areas and streets
    )
    return made


def _symbol(name: str, layer: Layer, simple: Simple) -> Element:
    made = Element("symbol", name=name, type=KINDS[layer.dimension], alpha="1", clip_to_extent="1")
    match simple:
        case Marker():
            around = ring(layer.symbol) if layer.symbol else None
            if around is not None and isinstance(layer.symbol, Categorized) and layer.symbol.season:
                ripe = {"enabled": _is_ripe(*layer.symbol.season)}
                made.append(_marker(around, ripe))
            made.append(_marker(simple, _told_by_states(simple)))
        case Stroke():
            if simple.casing:
                made.append(_line(simple.casing, simple.width + CASING, level=0))
            made.append(_line(simple.color, simple.width, simple.dash, simple.opacity, level=1))
        case Fill():
            made.extend(_fill(simple))
    return made


def _marker(marker: Marker, told: Mapping[str, str]) -> Element:
    """`told`: expressions that overrule a property where they give a value."""
    return _layer("SimpleMarker", {**_look(marker), "scale_method": "diameter"}, told)


def _look(marker: Marker) -> dict[str, str]:
    """The properties of a marker that a state may change.

    QGIS draws the rim upon the edge; ours lies around a circle, and within the square of other shapes.
    """
    shape, angle = SHAPES.get(marker.shape, (marker.shape, 0))
    outwards = 1 if marker.shape == "circle" else -1
    return {
        "name": shape,
        "angle": str(angle),
        "color": _color(marker.color),
        "outline_color": _color(marker.outline),
        "outline_width": _points(marker.outline_width),
        "outline_width_unit": "Point",
        "size": _points(marker.size + outwards * marker.outline_width),
        "size_unit": "Point",
    }


# QGIS's names of the same properties, where an expression overrules them.
OVERRULED = {
    "name": "name",
    "angle": "angle",
    "color": "fillColor",
    "outline_color": "outlineColor",
    "outline_width": "outlineWidth",
    "size": "size",
}


def _told_by_states(marker: Marker) -> dict[str, str]:
    """How a marker looks while unconfirmed or when gone, whichever its category."""
    usual = _look(marker)
    states = {status: _look(in_state(marker, status)) for status in STATES}
    found = {}
    for name, overruled in OVERRULED.items():
        cases = [
            f"WHEN \"status\" = '{status}' THEN '{look[name]}'"
            for status, look in states.items()
            if look[name] != usual[name]
        ]
        if cases:
            found[overruled] = f"CASE {' '.join(cases)} END"
    return found


def _is_ripe(start: str, end: str) -> str:
    """Whether today lies in a season, which may run past the turn of the year, of what still stands."""
    today = "month(now()) + if(day(now()) > 15, 0.5, 0)"
    begun, lasts = f'"{start}" <= {today}', f'"{end}" >= {today}'
    within = f'if("{start}" <= "{end}", {begun} AND {lasts}, {begun} OR {lasts})'
    return f"\"status\" <> '{GONE}' AND coalesce({within}, false)"


def _line(
    color: str,
    width: float,
    dash: tuple[float, ...] = (),
    opacity: float = 1,
    *,
    level: int = 0,
) -> Element:
    """A line; `dash` is in widths."""
    look = {
        "line_color": _color(color, opacity),
        "line_width": _points(width),
        "line_width_unit": "Point",
        "capstyle": "flat" if dash else "round",
        "joinstyle": "round",
    }
    if dash:
        look |= {
            "use_custom_dash": "1",
            "customdash": ";".join(_points(each * width) for each in dash),
            "customdash_unit": "Point",
        }
    return _layer("SimpleLine", look, level=level)


def _fill(fill: Fill) -> list[Element]:
    found = []
    if fill.color:
        look = {"color": _color(fill.color, fill.opacity), "outline_style": "no", "style": "solid"}
        found.append(_layer("SimpleFill", look))
    if fill.pattern == "hatch":
        # The lines rise through the corners of the square.
        look = {"angle": "45", "distance": _points(SQUARE / math.sqrt(2)), "distance_unit": "Point"}
        found.append(_layer("LinePatternFill", look))
        found[-1].append(_within("line", _line(fill.pattern_color, LINE)))
    if fill.pattern == "dots":
        sides = {"distance_x": SQUARE, "distance_y": SQUARE / 2, "displacement_x": SQUARE / 2}
        look = {name: _points(each) for name, each in sides.items()}
        look |= {f"{name}_unit": "Point" for name in sides}
        found.append(_layer("PointPatternFill", look))
        dot = Marker(color=fill.pattern_color, size=2 * DOT, outline_width=0)
        found[-1].append(_within("marker", _marker(dot, {})))
    if fill.outline:
        found.append(_line(fill.outline, fill.outline_width, fill.outline_dash))
    return found


def _within(kind: str, layer: Element) -> Element:
    """The symbol that a pattern repeats."""
    made = Element("symbol", name="@0@0", type=kind, alpha="1", clip_to_extent="1")
    made.append(layer)
    return made


def _layer(
    kind: str, look: Mapping[str, str], told: Mapping[str, str] | None = None, *, level: int = 0
) -> Element:
    """A symbol layer with its properties, and the expressions that overrule some of them."""
    made = Element("layer", {"class": kind, "enabled": "1", "locked": "0", "pass": str(level)})
    options = SubElement(made, "Option", type="Map")
    for name, value in look.items():
        SubElement(options, "Option", name=name, value=value, type="QString")
    if told:
        overruled = SubElement(SubElement(made, "data_defined_properties"), "Option", type="Map")
        SubElement(overruled, "Option", name="name", value="", type="QString")
        each = SubElement(overruled, "Option", name="properties", type="Map")
        for name, expression in told.items():
            one = SubElement(each, "Option", name=name, type="Map")
            SubElement(one, "Option", name="active", value="true", type="bool")
            SubElement(one, "Option", name="expression", value=expression, type="QString")
            SubElement(one, "Option", name="type", value="3", type="int")
        SubElement(overruled, "Option", name="type", value="collection", type="QString")
    return made


def _points(pixels: float) -> str:
    return f"{pixels * POINTS:g}"


def _color(color: str, opacity: float = 1) -> str:
    red, green, blue = bytes.fromhex(color[1:])
    return f"{red},{green},{blue},{round(255 * opacity)}"
