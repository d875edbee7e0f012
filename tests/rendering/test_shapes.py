"""Lines and polygons as pixels, against exact areas and against what the symbol says."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import shapely
import skia

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.registry import get, layers
from geoplatform.catalog.symbols import Fill, Stroke, Symbol, parts
from geoplatform.query.crs import parse_crs
from geoplatform.query.drawing import Shapes
from geoplatform.rendering.palette import rgb
from geoplatform.rendering.paths import TOGETHER, outlines
from geoplatform.rendering.picture import Picture
from geoplatform.rendering.view import View

MERCATOR = parse_crs("crs", "EPSG:3857")
UTM = parse_crs("crs", "EPSG:25833")
X, Y = 1_271_000.0, 7_092_000.0  # Schwerin
NEAR = 2.0  # metres in a pixel: beyond zoom 15, where sizes are full


def view(width=64, height=48, resolution=NEAR, ratio=1.0):
    return View(
        MERCATOR, (X, Y, X + width * resolution, Y + height * resolution), width, height, ratio
    )


def shapes(*geometries, values=None, place=None) -> Shapes:
    """Geometries given in pixels from the left and the top of `place`."""
    place = place or view()

    def there(c):
        return np.column_stack(
            [X + c[:, 0] * place.resolution, Y + (place.height - c[:, 1]) * place.resolution]
        )

    moved = [shapely.transform(each, there) for each in geometries]
    values = values or [None] * len(moved)
    classes = tuple(dict.fromkeys((value, "confirmed") for value in values))
    kind = np.array([classes.index((value, "confirmed")) for value in values])
    return Shapes(tuple(shapely.to_wkb(each) for each in moved), kind, classes)


def looking(symbol: Symbol, name="green-spaces") -> Layer:
    """A layer like another, of another look."""
    return replace(get(name), symbol=symbol)


def drawn(layer: Layer, found: Shapes, place: View | None = None) -> np.ndarray:
    picture = Picture(place or view())
    picture.shapes(layer, found)
    return picture.rgba


def alpha(symbol: Symbol, *geometries, place: View | None = None) -> np.ndarray:
    name = "streets" if isinstance(symbol, Stroke) else "green-spaces"
    return drawn(looking(symbol, name), shapes(*geometries, place=place), place)[..., 3] / 255


SOLID = Fill(color="#000000", opacity=1)


def covered(geometry: shapely.Geometry, place: View) -> np.ndarray:
    """How much of each pixel lies within."""
    rows, columns = np.mgrid[0 : place.height, 0 : place.width]
    squares = shapely.box(columns, rows, columns + 1, rows + 1)
    return shapely.area(shapely.intersection(squares, geometry))


def test_the_library_reads_the_bytes_of_a_path():
    """Their layout is its own affair: an upgrade that changes it must be seen here."""
    place = view()
    found = outlines(shapes(shapely.box(10, 10, 20, 30), shapely.box(30, 5, 40, 8)).wkb, place)
    path = found.path()
    assert path.countVerbs() == path.countPoints() == 10
    assert path.getBounds().contains(skia.Rect(10, 5, 40, 30))
    assert skia.Rect(9.9, 4.9, 40.1, 30.1).contains(path.getBounds())


def test_pixels_are_covered_as_much_as_the_polygon_covers_them():
    rng = random.Random(7)
    place = view()
    for _ in range(20):
        corners = [(rng.uniform(-20, 84), rng.uniform(-20, 68)) for _ in range(6)]
        found = shapely.convex_hull(shapely.multipoints(corners))
        difference = np.abs(alpha(SOLID, found) - covered(found, place))
        assert difference.max() < 0.2
        assert difference.mean() < 0.005


@pytest.mark.parametrize("turned", [False, True])
def test_holes_stay_empty_whichever_way_rings_run(turned):
    found = shapely.box(10, 10, 50, 40) - shapely.box(20, 20, 30, 30)
    if turned:
        holes = [list(ring.coords)[::-1] for ring in found.interiors]
        found = shapely.Polygon(list(found.exterior.coords)[::-1], holes)
    seen = alpha(SOLID, found, shapely.box(24, 24, 26, 26))
    assert seen[25, 25] == 1
    assert seen[22, 22] == 0
    assert seen[15, 15] == 1


def test_what_two_polygons_of_a_symbol_cover_is_painted_once():
    half = Fill(color="#204060", opacity=0.5)
    seen = alpha(half, shapely.box(5, 5, 30, 30), shapely.box(20, 20, 50, 45))
    assert seen[25, 25] == seen[10, 10] == seen[40, 40]


def test_parts_of_a_multipolygon_are_all_drawn():
    many = shapely.MultiPolygon([shapely.box(5, 5, 10, 10), shapely.box(40, 30, 50, 40)])
    seen = alpha(SOLID, many)
    assert (seen[7, 7], seen[35, 45], seen[20, 20]) == (1, 1, 0)


@pytest.mark.parametrize(
    "nothing",
    [
        shapely.from_wkt(text)
        for text in (
            "POLYGON EMPTY",
            "MULTIPOLYGON EMPTY",
            "GEOMETRYCOLLECTION EMPTY",
            "POLYGON((9 9, 9 9, 9 9, 9 9))",
            "GEOMETRYCOLLECTION(POINT(3 3), LINESTRING(1 1, 9 9))",
        )
    ],
    ids=str,
)
def test_what_has_no_area_does_not_disturb(nothing):
    seen = alpha(SOLID, nothing, shapely.box(20, 20, 30, 30), nothing)
    assert seen[25, 25] == 1
    assert seen.sum() == pytest.approx(100, abs=2)
    assert not alpha(SOLID, nothing).any()


def test_shapes_that_reach_far_out_are_whole_within():
    """A cubic through the picture says nothing of what lies far away: long edges must not bend."""
    west, south = 262_000.0, 5_945_000.0
    place = View(UTM, (west, south, west + 640, south + 480), 64, 48)
    there = place.mercator()
    x, y = (there[0] + there[2]) / 2, (there[1] + there[3]) / 2
    wide = 400_000
    triangle = shapely.Polygon([(x - wide, y - wide), (x + wide, y - wide), (x + wide, y + wide)])
    one = Shapes((shapely.to_wkb(triangle),), np.zeros(1, np.int64), ((None, "confirmed"),))
    seen = drawn(looking(SOLID), one, place)[..., 3] / 255
    # Half of it, cut from corner to corner through the middle.
    assert seen.mean() == pytest.approx(0.5, abs=0.02)
    assert seen[-1, -1] == 1
    assert seen[0, 0] == 0
    edge = Fill(color=None, outline="#ff0000", outline_width=2)
    outlined = drawn(looking(edge), one, place)[..., 3]
    assert not outlined[:, :4].any() or not outlined[:4, :4].any()  # no frame along the cut
    assert not outlined[10:20, -4:].any()


def test_a_line_is_as_wide_as_it_says_and_grows_with_the_zoom():
    along = shapely.LineString([(5, 24), (59, 24)])
    for resolution, factor in ((NEAR, 1.0), (NEAR * 2**6, 0.5)):
        for ratio in (1.0, 2.0):
            place = view(resolution=resolution / ratio, ratio=ratio)
            assert place.zoom > 15 or place.zoom < 10
            wide = alpha(Stroke(color="#000000", width=6), along, place=place)[:, 32].sum()
            assert wide == pytest.approx(6 * factor * ratio, abs=0.1)


def test_dashes_are_counted_in_line_widths():
    along = shapely.LineString([(0, 24), (64, 24)])
    dashed = alpha(Stroke(color="#000000", width=4, dash=(2, 1)), along)[24]
    assert (dashed[:8] > 0.9).all()
    assert (dashed[8:12] < 0.1).all()
    assert (dashed[12:20] > 0.9).all()


def test_casings_lie_beneath_all_lines_even_of_many():
    line = Stroke(color="#ffffff", width=4, casing="#ff0000")
    many = [shapely.LineString([(0, 24), (64, 24)])] * (TOGETHER + 5)
    pixels = drawn(looking(line, "streets"), shapes(*many, shapely.LineString([(32, 0), (32, 48)])))
    assert tuple(pixels[24, 32]) == (255, 255, 255, 255)
    assert tuple(pixels[24, 29]) == (255, 255, 255, 255)
    assert tuple(pixels[10, 29]) == (255, 0, 0, 255)


def test_translucent_lines_do_not_darken_where_they_cross():
    line = Stroke(color="#000000", width=6, opacity=0.5)
    across = [shapely.LineString([(0, 24), (64, 24)])] * (TOGETHER + 5)
    seen = alpha(line, *across, shapely.LineString([(32, 0), (32, 48)]))
    assert seen[24, 32] == seen[24, 10] == seen[10, 32]


def test_patterns_tell_apart_without_colour():
    plain = alpha(Fill(color="#aaaaaa", opacity=0.5), shapely.box(0, 0, 64, 48))
    looks = {}
    for name in ("hatch", "dots"):
        fill = Fill(color="#aaaaaa", opacity=0.5, pattern=name, outline="#000000")
        seen = alpha(fill, shapely.box(-9, -9, 90, 90))
        assert 0.05 < (seen > 0.8).mean() < 0.4
        # It repeats without a seam.
        assert (seen[8:16, 8:16] == seen[16:24, 24:32]).all()
        looks[name] = seen
    assert plain.std() == 0
    assert (looks["hatch"] != looks["dots"]).any()


@pytest.mark.parametrize(
    "layer", [each for each in layers() if each.dimension > 0], ids=lambda each: each.name
)
def test_each_symbol_of_each_layer_in_its_colours(layer):
    for simple, values in parts(layer.symbol):
        value = values[0] if values else None
        if isinstance(simple, Fill):
            pixels = drawn(layer, shapes(shapely.box(10, 10, 54, 38), values=[value]))
            wanted = np.array(rgb(simple.color or "#000000")) * simple.opacity
            inside = pixels[14:34, 14:50].reshape(-1, 4)
            if simple.color is None:
                assert not inside.any()
                continue
            plain = np.abs(inside[:, :3] - wanted).max(axis=1) <= 2
            assert plain.mean() > (0.5 if simple.pattern else 0.999)
            assert np.median(inside[plain][:, 3]) == pytest.approx(simple.opacity * 255, abs=2)
        else:
            across = shapely.LineString([(-5, 24), (70, 24)])
            pixels = drawn(layer, shapes(across, values=[value]))
            wanted = np.array(rgb(simple.color)) * simple.opacity
            # A line of 1.2 pixels covers no pixel wholly.
            closest = np.abs(pixels[22:26, :, :3] - wanted).max(axis=2).min()
            assert closest <= (3 if simple.width > 2 else 110)
