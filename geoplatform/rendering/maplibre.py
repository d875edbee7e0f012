"""A MapLibre style (style specification, version 8) from the declarations of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone

from geoplatform.catalog.facets import DEEPEST
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.seasons import half_month
from geoplatform.catalog.symbols import (
    CASING,
    GONE,
    STATES,
    Categorized,
    Fill,
    Marker,
    Simple,
    Stroke,
    markers,
    parts,
    ring,
)
from geoplatform.query.mvt import has_names, names_of
from geoplatform.rendering.naming import BELOW, HALO, INK, PAPER, first_zoom, text_size
from geoplatform.rendering.scale import SEVERAL, growing

# Images for marker shapes other than circles are drawn this wide, in CSS pixels, by whoever shows the style.
IMAGE_SIZE = 32


def style(layers: Iterable[Layer], tilejson: Callable[[Layer], str], name: str) -> dict[str, Any]:
    """The style of some layers in drawing order; `tilejson` gives the absolute address of a layer's TileJSON."""
    chosen = [layer for layer in layers if layer.geometry]
    return {
        "version": 8,
        "name": name,
        "sources": {layer.name: {"type": "vector", "url": tilejson(layer)} for layer in chosen},
        "layers": [
            {"id": "background", "type": "background", "paint": {"background-color": PAPER}},
            *[each for layer in chosen for each in shapes(layer)],
            # All names above all shapes.
            *[each for layer in chosen for each in names(layer)],
        ],
    }


def shapes(layer: Layer) -> list[dict[str, Any]]:
    """The style layers that draw a layer's geometry, casings beneath."""
    if layer.dimension == 0:
        return [*_rings(layer), *_markers(layer)]
    found = []
    for value, simple, condition in _parts(layer):
        for kind, body in _draw(simple):
            found.append(_common(layer, f"{kind}/{value}" if value else kind, condition) | body)
    # Casings of all categories lie beneath all lines, or crossings look cut.
    return sorted(found, key=lambda each: "/casing" not in each["id"])


def names(layer: Layer) -> list[dict[str, Any]]:
    """The style layer that writes a layer's label."""
    first = first_zoom(layer)
    if first is None:
        return []
    layout: dict[str, Any] = {"text-field": ["get", layer.label], "text-size": text_size(layer)}
    if layer.dimension == 1:
        layout["symbol-placement"] = "line"
    if layer.dimension == 0:
        layout |= {"text-anchor": "top", "text-offset": [0, BELOW], "text-optional": True}
    paint = {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": HALO}
    found = _common(layer, "label", None)
    if has_names(layer):
        found["source-layer"] = names_of(layer)
    return [found | {"type": "symbol", "minzoom": first, "layout": layout, "paint": paint}]


def _parts(layer: Layer) -> list[tuple[str | None, Simple, list[Any] | None]]:
    """Name, symbol and condition of each part that is drawn alike."""
    symbol = layer.symbol
    if symbol is None:
        return []
    if not isinstance(symbol, Categorized):
        return [(None, symbol, None)]
    (rest, _none), *named = parts(symbol)
    known = [str(value) for value in symbol.symbols]
    return [
        ("other", rest, _is_one_of(symbol.field, known, otherwise=True)),
        *((values[0], simple, _is_one_of(symbol.field, values)) for simple, values in named),
    ]


def _is_one_of(field: str, values: Iterable[str], *, otherwise: bool = False) -> list[Any]:
    """The condition for drawing; a missing value is none of them. QGIS reads this way of saying so."""
    return ["match", ["get", field], list(values), not otherwise, otherwise]


def _common(layer: Layer, kind: str, condition: list[Any] | None) -> dict[str, Any]:
    common: dict[str, Any] = {
        "id": f"{layer.name}/{kind}",
        "source": layer.name,
        "source-layer": layer.name,
        "minzoom": layer.zooms[0],
        "metadata": {"layer": layer.name},
        "layout": {},
    }
    if condition:
        common["filter"] = condition
    return common


def _draw(symbol: Simple) -> list[tuple[str, dict[str, Any]]]:
    match symbol:
        case Fill():
            return _fill(symbol)
        case Stroke():
            return _stroke(symbol)
        case Marker():
            return [("marker", _marker(symbol))]


def _fill(symbol: Fill) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if symbol.color:
        found.append(
            (
                "fill",
                {
                    "type": "fill",
                    "paint": {"fill-color": symbol.color, "fill-opacity": symbol.opacity},
                },
            )
        )
    if symbol.pattern:
        image = f"{symbol.pattern}-{symbol.pattern_color}"
        found.append(("pattern", {"type": "fill", "paint": {"fill-pattern": image}}))
    if symbol.outline:
        paint: dict[str, Any] = {"line-color": symbol.outline, "line-width": symbol.outline_width}
        if symbol.outline_dash:
            paint["line-dasharray"] = list(symbol.outline_dash)
        found.append(("outline", {"type": "line", "paint": paint}))
    return found


def _stroke(symbol: Stroke) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    layout = {"line-cap": "butt" if symbol.dash else "round", "line-join": "round"}
    if symbol.casing:
        casing = {"line-color": symbol.casing, "line-width": growing(symbol.width + CASING)}
        found.append(("casing", {"type": "line", "layout": layout, "paint": casing}))
    paint: dict[str, Any] = {
        "line-color": symbol.color,
        "line-width": growing(symbol.width),
        "line-opacity": symbol.opacity,
    }
    if symbol.dash:
        paint["line-dasharray"] = list(symbol.dash)
    found.append(("line", {"type": "line", "layout": layout, "paint": paint}))
    return found


def _markers(layer: Layer) -> list[dict[str, Any]]:
    """A style layer for each marker: of each state, and within it of each category."""
    found = []
    known = [(value, condition) for value, _simple, condition in _parts(layer)]
    for number, (marker, _values, status) in enumerate(
        markers(layer.symbol) if layer.symbol else []
    ):
        value, condition = known[number % len(known)]
        name = "/".join(part for part in ("marker", status, value) if part)
        so = _is_one_of("status", [status] if status else STATES, otherwise=not status)
        found.append(
            _common(layer, name, ["all", condition, so] if condition else so) | _marker(marker)
        )
    return found


def _rings(layer: Layer) -> list[dict[str, Any]]:
    """What lies beneath points that are ripe now, where they are drawn one by one."""
    symbol = layer.symbol
    marker = ring(symbol) if symbol else None
    if marker is None or not isinstance(symbol, Categorized) or symbol.season is None:
        return []
    stands = _is_one_of("status", [GONE], otherwise=True)
    found = _common(layer, "ripe", ["all", stands, *_within(*symbol.season)]) | _marker(marker)
    return [found | {"minzoom": max(layer.zooms[0], DEEPEST + 1)}]


def _within(start: str, end: str) -> list[Any]:
    """The conditions that today lies in a season, which may run past the turn of the year."""
    now, first, last = half_month(timezone.localdate()), ["get", start], ["get", end]
    begun, lasts = ["<=", first, now], [">=", last, now]
    in_one_year = ["all", ["<=", first, last], begun, lasts]
    past_its_turn = ["all", [">", first, last], ["any", begun, lasts]]
    return [["has", start], ["has", end], ["any", in_one_year, past_its_turn]]


def _marker(symbol: Marker) -> dict[str, Any]:
    if symbol.shape == "circle":
        paint = {
            "circle-color": symbol.color,
            "circle-radius": growing(symbol.size / 2, SEVERAL),
            "circle-stroke-color": symbol.outline,
            "circle-stroke-width": symbol.outline_width,
        }
        return {"type": "circle", "paint": paint}
    layout = {
        "icon-image": f"{symbol.shape}-{symbol.color}-{symbol.outline}-{symbol.rim:g}",
        "icon-size": growing(symbol.size / IMAGE_SIZE, SEVERAL),
        "icon-allow-overlap": True,
    }
    return {"type": "symbol", "layout": layout}
