"""Side by side: each layer as MapLibre draws it in a browser, from the layer's style, and as the server draws it."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.registry import map_layers
from geoplatform.catalog.symbols import (
    Categorized,
    Fill,
    Marker,
    Simple,
    Stroke,
    markers,
    parts,
    ring,
    simple_symbols,
)
from geoplatform.query.crs import parse_crs
from geoplatform.query.drawing import Points, Shapes
from geoplatform.rendering.maplibre import shapes as style_layers
from geoplatform.rendering.maplibre import style
from geoplatform.rendering.naming import PAPER
from geoplatform.rendering.palette import rgb
from geoplatform.rendering.picture import Picture
from geoplatform.rendering.view import AROUND, View
from tests.browser.conftest import SECONDS
from tests.conftest import PROJECT

pytestmark = pytest.mark.browser

STATIC = PROJECT / "geoplatform/pages/static/pages"
FILES = {
    "/maplibre-gl.mjs": STATIC / "vendor/maplibre-gl.mjs",
    "/maplibre-gl-worker.mjs": STATIC / "vendor/maplibre-gl-worker.mjs",
    "/maplibre-gl.css": STATIC / "vendor/maplibre-gl.css",
    "/images.js": STATIC / "images.js",
}
PAGE = """<!doctype html><link rel="stylesheet" href="/maplibre-gl.css">
<style>html, body, #map { margin: 0; width: 100%; height: 100% }</style><div id="map"></div>
<script type="module">
  import { Map, setWorkerUrl } from "/maplibre-gl.mjs";
  import { drawMissingImages } from "/images.js";
  setWorkerUrl("/maplibre-gl-worker.mjs");
  let map;
  window.show = (options) => new Promise((done) => {
    if (map) {
      map.resize();
      map.setStyle(options.style, { diff: false });
      map.jumpTo(options);
    } else {
      const quiet = { interactive: false, attributionControl: false, fadeDuration: 0 };
      map = new Map({ container: "map", ...quiet, ...options });
      drawMissingImages(map);
    }
    map.once("idle", () => done(true));
  });
  window.ready = true;
</script>"""
ADDRESS = "http://map.test"
CELL, ACROSS = 64, 5  # CSS pixels of a feature's place, and how many stand side by side
MERCATOR = parse_crs("crs", "EPSG:3857")
MIDDLE = (1_271_000.0, 7_092_000.0)
Screens = Callable[[float], Page]


def view(zoom: float, cells: int, ratio: float) -> View:
    resolution = AROUND / 512 / 2**zoom
    width, height = CELL * ACROSS, CELL * math.ceil(cells / ACROSS)
    x, y = MIDDLE
    half_x, half_y = width / 2 * resolution, height / 2 * resolution
    box = (x - half_x, y - half_y, x + half_x, y + half_y)
    return View(MERCATOR, box, round(width * ratio), round(height * ratio), ratio)


def ground(layer: Layer) -> str:
    """What it is drawn on: the white outlines of markers would hardly be seen on paper."""
    return PAPER if layer.dimension else "#7f7f7f"


def geometry(layer: Layer, number: int) -> shapely.Geometry:
    """Something of the layer's kind in the place of that number, in CSS pixels from the left and the top."""
    left, top = number % ACROSS * CELL, number // ACROSS * CELL
    match layer.dimension:
        case 0:
            # Not on a whole pixel.
            return shapely.Point(left + 31.3, top + 32.6)
        case 1:
            corners = [(8, 50), (24, 12), (40, 44), (56, 20)]
        case _:
            corners = [(8, 10), (50, 6), (58, 30), (40, 56), (10, 48)]
    moved = [(left + x, top + y) for x, y in corners]
    if layer.dimension == 1:
        return shapely.LineString(moved)
    hole = [(left + x, top + y) for x, y in ((22, 20), (38, 22), (30, 36))]
    return shapely.Polygon(moved, [hole])


def in_mercator(found: shapely.Geometry, place: View) -> shapely.Geometry:
    west, _south, _east, north = place.box
    metres = place.resolution * place.ratio
    return shapely.transform(
        found, lambda c: np.column_stack([west + c[:, 0] * metres, north - c[:, 1] * metres])
    )


def in_degrees(found: shapely.Geometry) -> shapely.Geometry:
    radius = AROUND / 2 / math.pi
    return shapely.transform(
        found,
        lambda c: np.degrees(
            np.column_stack([c[:, 0] / radius, np.arctan(np.sinh(c[:, 1] / radius))])
        ),
    )


# What is drawn: the category, if any, and the state. "ripe" is a confirmed point within its season.
Kind = tuple[str | None, str]


def by_the_server(layer: Layer, place: View, values: list[Kind]) -> np.ndarray:
    there = [in_mercator(geometry(layer, number), place) for number in range(len(values))]
    kind = np.arange(len(values))
    ripe = np.array([state == "ripe" for _value, state in values])
    classes = tuple((value, "confirmed" if state == "ripe" else state) for value, state in values)
    picture = Picture(place)
    if layer.dimension == 0:
        ones = np.ones(len(values), np.int64)
        x, y = shapely.get_x(there), shapely.get_y(there)
        picture.points(layer, Points(x, y, ones, kind, classes, ripe=ripe))
    else:
        wkb = tuple(shapely.to_wkb(each) for each in there)
        picture.shapes(layer, Shapes(wkb, kind, classes))
    return read(picture.encode("png", ground(layer)))


@pytest.fixture(scope="module")
def screens(browser: Browser) -> Iterator[Screens]:
    """A page of each density with the library loaded: what is drawn on it is drawn anew for each picture."""
    contexts: dict[float, BrowserContext] = {}

    def screen(ratio: float) -> Page:
        if ratio not in contexts:
            contexts[ratio] = browser.new_context(device_scale_factor=ratio)
            page = contexts[ratio].new_page()
            page.set_default_timeout(SECONDS)
            page.route(f"{ADDRESS}/**", answer)
            page.goto(ADDRESS)
            page.wait_for_function("window.ready")
        return contexts[ratio].pages[0]

    yield screen
    for context in contexts.values():
        context.close()


def by_the_browser(
    screens: Screens, layer: Layer, place: View, zoom: float, values: list[Kind]
) -> np.ndarray:
    field = layer.symbol.field if isinstance(layer.symbol, Categorized) else "none"
    seasons = layer.symbol.season if isinstance(layer.symbol, Categorized) else None
    features = [
        {
            "type": "Feature",
            "properties": {
                "status": "confirmed" if state == "ripe" else state,
                **({field: value} if value else {}),
                **(dict(zip(seasons or (), (1.0, 12.5), strict=True)) if state == "ripe" else {}),
            },
            "geometry": json.loads(
                shapely.to_geojson(in_degrees(in_mercator(geometry(layer, number), place)))
            ),
        }
        for number, (value, state) in enumerate(values)
    ]
    said = style([layer], lambda _layer: "", "side by side")
    said["sources"][layer.name] = {
        "type": "geojson",
        "tolerance": 0,
        "data": {"type": "FeatureCollection", "features": features},
    }
    said["layers"][0]["paint"] = {"background-color": ground(layer)}
    wanted = {"background", *(each["id"] for each in style_layers(layer))}
    said["layers"] = [
        {key: value for key, value in each.items() if key != "source-layer"}
        for each in said["layers"]
        if each["id"] in wanted
    ]
    middle = in_degrees(shapely.Point(MIDDLE))
    options = {"style": said, "center": [middle.x, middle.y], "zoom": zoom, "maxZoom": 24}
    page = screens(place.ratio)
    size = [round(each / place.ratio) for each in (place.width, place.height)]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate("(options) => window.show(options)", options)
    return read(page.screenshot())


def answer(route: Route) -> None:
    path = route.request.url.removeprefix(ADDRESS)
    file: Path | None = FILES.get(path)
    if file is None:
        route.fulfill(body=PAGE if path == "/" else "", content_type="text/html")
        return
    kind = "text/css" if file.suffix == ".css" else "text/javascript"
    route.fulfill(body=file.read_text(), content_type=kind)


def binary_dilation(flags: np.ndarray) -> np.ndarray:
    """With all neighbours."""
    wide = np.pad(flags, 1)
    height, width = flags.shape
    return np.logical_or.reduce(
        [wide[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    )


def read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def painted(layer: Layer, pixels: np.ndarray) -> np.ndarray:
    """Where a pixel is plainly not the ground."""
    return np.abs(pixels - rgb(ground(layer))).max(axis=2) > 12


def dashed(layer: Layer) -> Layer | None:
    """The same layer with unbroken lines; None where none is broken."""
    symbols = {
        simple: replace(simple, **{"dash" if isinstance(simple, Stroke) else "outline_dash": ()})
        for simple in simple_symbols(layer.symbol)
        if isinstance(simple, Stroke | Fill)
    }
    if all(simple == whole for simple, whole in symbols.items()):
        return None
    if not isinstance(layer.symbol, Categorized):
        return replace(layer, symbol=symbols[layer.symbol])
    whole = {value: symbols[simple] for value, simple in layer.symbol.symbols.items()}
    return replace(
        layer, symbol=replace(layer.symbol, symbols=whole, default=symbols[layer.symbol.default])
    )


def is_broken(symbol: Simple) -> bool:
    """Whether dashes are most of what is seen."""
    if isinstance(symbol, Fill):
        return bool(symbol.outline_dash) and (not symbol.color or symbol.opacity < 0.2)
    return isinstance(symbol, Stroke) and bool(symbol.dash)


def cases() -> list[Any]:
    """Near; and, in the proofs, from afar, where sizes grow, and on a dense screen."""
    proved = [pytest.mark.prove]
    return [
        pytest.param(layer, zoom, ratio, id=f"{layer.name}-{zoom}-{ratio:g}", marks=marks)
        for layer in map_layers()
        for zoom, ratio, marks in (
            (max(layer.zooms[0], 10) + 0.4, 1.0, proved),
            (max(layer.zooms[0], 15) + 0.6, 1.0, []),
            (16.0, 2.0, proved),
        )
    ]


def drawn(layer: Layer, zoom: float) -> Iterator[tuple[Simple, Kind]]:
    """Everything that the layer tells apart: categories, and of points each state of each."""
    if layer.dimension:
        for simple, values in parts(layer.symbol):
            yield simple, (values[0] if values else None, "confirmed")
        return
    for marker, values, state in markers(layer.symbol):
        yield marker, (values[0] if values else None, state or "confirmed")
    if ring(layer.symbol) and zoom >= 14:
        yield ring(layer.symbol), (None, "ripe")


@pytest.mark.usefixtures("_collected")
@pytest.mark.parametrize(("layer", "zoom", "ratio"), cases())
def test_the_server_draws_what_the_browser_draws(screens, layer, zoom, ratio):
    drawn_by = list(drawn(layer, zoom))
    values = [kind for _simple, kind in drawn_by]
    place = view(zoom, len(values), ratio)
    assert place.zoom == pytest.approx(zoom)
    ours = by_the_server(layer, place, values)
    theirs = by_the_browser(screens, layer, place, zoom, values)
    assert ours.shape == theirs.shape
    whole_layer = dashed(layer)
    unbroken = ours if whole_layer is None else by_the_server(whole_layer, place, values)
    cell = round(CELL * ratio)
    for number, (simple, value) in enumerate(drawn_by):
        row, column = divmod(number, ACROSS)
        here = slice(row * cell, (row + 1) * cell), slice(column * cell, (column + 1) * cell)
        one, other, whole = (painted(layer, each[here]) for each in (ours, theirs, unbroken))
        said = f"{value}: {one.sum()} and {other.sum()} pixels"
        assert one.any(), said
        if is_broken(simple):
            # Where dashes begin and end is MapLibre's own affair between whole zooms: they lie on the same line, and
            # there is about as much of them.
            assert one.sum() == pytest.approx(other.sum(), rel=0.25), said
            near = binary_dilation(whole)
            assert (other & near).sum() > 0.97 * other.sum(), said
            assert (one & near).sum() > 0.97 * one.sum(), said
            continue
        together = (one & other).sum() / (one | other).sum()
        # Of a marker of some pixels most are edges, of a cross of five pixels all.
        thin = isinstance(simple, Marker) and simple.shape == "cross"
        least = 0.93 if layer.dimension else 0.4 if thin else 0.75
        assert together > least, f"{said}, {together:.2f} alike"
        if layer.dimension:
            colors = [np.median(each[here][one & other], axis=0) for each in (ours, theirs)]
        else:
            middle = slice(cell // 2 - 1, cell // 2 + 2)
            colors = [each[here][middle, middle].mean(axis=(0, 1)) for each in (ours, theirs)]
        assert np.abs(colors[0] - colors[1]).max() <= (10 if layer.dimension else 40), said
