"""Markers as pixels: where they are, how large, in which colours, and what covers what."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geoplatform.catalog import registry
from geoplatform.catalog.symbols import Marker
from geoplatform.query.crs import supported
from geoplatform.query.drawing import Points
from geoplatform.rendering.palette import palette, rgb
from geoplatform.rendering.picture import Picture
from geoplatform.rendering.points import all_at_once, markers, one_by_one
from geoplatform.rendering.stamps import PHASES, look, stamps
from geoplatform.rendering.view import View

MERCATOR = next(each for each in supported() if each.srid == 3857)
TREES, FRUIT = registry.get("trees"), registry.get("fruit-trees")
CLASSES = tuple((each, "confirmed") for each in ("fruit", "nut", "shrub", "herb", None))
POINT_LAYERS = [each for each in registry.layers() if each.dimension == 0]


def view(width: int = 60, height: int = 40, ratio: float = 1.0, metres: float = 0.5) -> View:
    """A pixel is `metres` wide; x runs from 0, y from the top at 0 downwards to negative numbers."""
    return View(MERCATOR, (0, -height * metres, width * metres, 0), width, height, ratio)


def points(*places, n=1, kind=0, classes=((None, "confirmed"),), metres: float = 0.5) -> Points:
    """Markers at pixels from the left and the top."""
    at = np.array(places, np.float64).reshape(-1, 2) * metres
    size = len(at)
    return Points(
        at[:, 0],
        -at[:, 1],
        np.broadcast_to(np.array(n, np.int64), size).copy(),
        np.broadcast_to(np.array(kind, np.int64), size).copy(),
        classes,
    )


def drawn(layer, some: Points, at: View) -> np.ndarray:
    picture = Picture(at)
    picture.points(layer, some)
    return picture.rgba


def read(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@given(x=st.floats(10, 50), y=st.floats(10, 30), n=st.sampled_from((1, 7, 200)))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("layer", POINT_LAYERS, ids=lambda each: each.name)
def test_the_middle_of_a_marker_is_where_the_point_is(layer, x, y, n):
    found = drawn(layer, points((x, y), n=n), view())[..., 3].astype(float)
    rows, columns = np.mgrid[0:40, 0:60] + 0.5
    # Positions are told apart by a quarter of a pixel, half of which they may be off.
    if markers(layer)[0].shape == "circle":
        assert (columns * found).sum() / found.sum() == pytest.approx(x, abs=0.2)
        assert (rows * found).sum() / found.sum() == pytest.approx(y, abs=0.2)


def test_sizes_follow_zoom_ratio_and_number():
    def area(n: int, ratio: float, metres: float) -> float:
        at = view(60, 40, ratio, metres)
        return float(drawn(TREES, points((30, 20), n=n, metres=metres), at)[..., 3].sum()) / 255

    # Half a pixel less than radius and outline, as MapLibre draws it.
    full = np.pi * (3 + 1 - 0.5) ** 2
    assert area(1, 1, 0.5) == pytest.approx(full, rel=0.05)
    assert area(200, 1, 0.5) == pytest.approx(np.pi * (4.5 + 1 - 0.5) ** 2, rel=0.05)
    assert area(1, 2, 0.5) == pytest.approx(np.pi * (6 + 2 - 0.5) ** 2, rel=0.05)
    # From afar the fill is half as wide, its outline is not.
    assert area(1, 1, 500) == pytest.approx(np.pi * (1.5 + 1 - 0.5) ** 2, rel=0.08)


def test_fill_and_outline_have_their_colours():
    found = drawn(TREES, points((30, 20)), view())
    marker = TREES.symbol
    assert tuple(found[20, 30]) == (*rgb(marker.color), 255)
    # Three pixels away: the outline, a pixel wide.
    assert np.abs(found[18, 32].astype(int) - [*rgb(marker.outline), 255]).max() < 60


@pytest.mark.parametrize("number", range(len(CLASSES)))
def test_shape_and_colour_go_by_category(number):
    found = drawn(FRUIT, points((30, 20), kind=number, classes=CLASSES), view())
    symbol = FRUIT.symbol.symbols.get(CLASSES[number][0] or "", FRUIT.symbol.default)
    assert tuple(found[20, 30]) == (*rgb(symbol.color), 255)
    filled = (np.abs(found.astype(int) - [*rgb(symbol.color), 255]).max(axis=2) < 8).sum(axis=1)
    wide = filled[filled > 0]
    match symbol.shape:
        case "square":
            assert len(set(wide)) == 1
        case "triangle":
            assert wide[-1] > 2 * wide[0]
        case "diamond" | "circle":
            assert wide[len(wide) // 2] > wide[0]


def test_what_is_further_down_covers_what_is_above():
    for places in ([(30, 20), (31, 23)], [(31, 23), (30, 20)]):
        found = drawn(TREES, points(*places), view())
        assert tuple(found[23, 31]) == (*rgb(TREES.symbol.color), 255)
        # The upper one's middle is next to the lower one's outline, which lies above it.
        assert np.abs(found[19, 31].astype(int) - [255, 255, 255, 255]).max() < 120


def test_categories_cover_each_other_as_in_the_style():
    some = points((30, 20), (30, 20), kind=[1, 0], classes=CLASSES)
    found = drawn(FRUIT, some, view())
    assert tuple(found[20, 30]) == (*rgb(FRUIT.symbol.symbols["nut"].color), 255)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 80), ratio=st.sampled_from((1.0, 1.7)))
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("shape", ["circle", "square", "triangle", "diamond"])
def test_one_by_one_and_all_at_once_are_the_same(shape, seed, count, ratio):
    pick = np.random.default_rng(seed)
    marker = Marker(color="#336699", size=9, shape=shape)
    colors = palette((look(marker),))
    made = stamps(marker, 15, ratio, True, colors)
    width = 60
    at = pick.choice((40 - made.side) * width, count, replace=False)
    at = at[at % width <= width - made.side]
    variant = pick.integers(0, made.sizes * PHASES**2, len(at))
    pictures = []
    for put in (all_at_once, one_by_one):
        canvas = np.zeros((40, width), np.uint8)
        put(canvas, at, variant, made, colors)
        pictures.append(canvas)
    assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize("layer", POINT_LAYERS, ids=lambda each: each.name)
def test_markers_at_the_edge_are_cut_and_those_outside_are_not_drawn(layer):
    large = view(100, 80)
    places = [(20.25, 20.5), (79.5, 40), (50, 59.75), (21, 61), (0, 0), (99, 79)]
    whole = drawn(layer, points(*places), large)[20:60, 20:80]
    moved = [(x - 20, y - 20) for x, y in places]
    assert (drawn(layer, points(*moved), view()) == whole).all()


def test_a_picture_of_markers_is_a_palette_png_of_the_same_pixels():
    picture = Picture(view())
    pick = np.random.default_rng(5)
    some = pick.uniform([0, 0], [60, 40], (50, 2))
    picture.points(TREES, points(*some))
    picture.points(FRUIT, points(*some, kind=pick.integers(0, 5, 50), classes=CLASSES))
    content = picture.encode("png")
    image = read(content)
    assert image.mode == "P"
    straight = np.asarray(image.convert("RGBA")).astype(int)
    rgba = picture.rgba.astype(int)
    assert rgba.flags["C_CONTIGUOUS"]
    alpha = straight[..., 3:]
    assert (alpha == rgba[..., 3:]).all()
    assert np.abs(straight[..., :3] * alpha / 255 - rgba[..., :3]).max() <= 1
    # Now that somebody asked for colours it is encoded as such, and looks the same.
    again = np.asarray(read(picture.encode("png"))).astype(int)
    assert again.shape == (40, 60, 4)
    assert np.abs(again - straight)[alpha[..., 0] > 0].max() <= 1


@pytest.mark.parametrize("form", ["png", "png8", "jpeg"])
@pytest.mark.parametrize("is_mixed", [False, True])
def test_every_form_with_a_background_is_opaque(form, is_mixed):
    picture = Picture(view())
    picture.points(TREES, points((30, 20)))
    if is_mixed:
        assert picture.rgba.shape == (40, 60, 4)
    image = read(picture.encode(form, "#0000ff"))
    assert image.format == ("JPEG" if form == "jpeg" else "PNG")
    assert image.size == (60, 40)
    assert "A" not in image.mode
    assert "transparency" not in image.info
    found = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(found[2, 2] - [0, 0, 255]).max() < 12
    assert np.abs(found[20, 30] - rgb(TREES.symbol.color)).max() < 40


def test_png8_of_many_colours():
    picture = Picture(view())
    picture.rgba[...] = np.random.default_rng(3).integers(128, 256, (40, 60, 1), np.uint8)
    image = read(picture.encode("png8"))
    assert image.mode == "P"
    found = np.asarray(image.convert("RGBA")).astype(int)
    assert np.abs(found[..., 3] - picture.rgba[..., 3]).mean() < 12


def test_markers_over_colours_equal_markers_alone():
    alone, over = Picture(view()), Picture(view())
    over.rgba[...] = 255
    for picture in (alone, over):
        picture.points(TREES, points((30, 20), (32, 22)))
    alone_on_white = np.asarray(read(alone.encode("png", "#ffffff")).convert("RGB")).astype(int)
    assert np.abs(over.rgba[..., :3].astype(int) - alone_on_white).max() <= 2


def test_more_looks_than_a_palette_holds():
    from dataclasses import replace

    symbol = FRUIT.symbol
    values = [f"v{number}" for number in range(90)]
    many = replace(
        symbol,
        symbols={
            value: Marker(color=f"#{number * 2:02x}40{255 - number:02x}", size=8)
            for number, value in enumerate(values)
        },
    )
    layer = replace(FRUIT, symbol=many)
    classes = tuple((each, "confirmed") for each in values)
    places = [(6 + 10 * (number % 10), 6 + 10 * (number // 10)) for number in range(90)]
    found = drawn(layer, points(*places, kind=range(90), classes=classes), view(110, 110))
    for (x, y), value in zip(places, values, strict=True):
        wanted = np.array([*rgb(many.symbols[value].color), 255])
        assert np.abs(found[y, x].astype(int) - wanted).max() <= 1


def test_nothing_at_all_is_a_small_transparent_picture():
    content = Picture(view(1000, 1000)).encode("png")
    assert len(content) < 8000
    assert np.asarray(read(content).convert("RGBA"))[..., 3].max() == 0
