"""Maps and plots: everything that has a place is drawn, within the picture, and lengths are true."""

import math
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.planning import picture, plots

NUMBERS = re.compile(r"-?[0-9.]+")


def look(id):
    return f"about {id}", "1", id[-1]


def rows(*shapes):
    index = [f"q{number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(geometry=list(shapes), index=index, crs=4326)


def box(x, y, size=0.01):
    return shapely.box(x, y, x + size, y + size)


def corners(outline):
    found = [float(each) for each in NUMBERS.findall(outline)]
    return found[::2], found[1::2]


def test_neighbours_lie_side_by_side_and_north_is_up():
    made = picture.drawn(rows(box(11, 53), box(11.01, 53), box(11, 53.01)), look)
    west, east, north = made.areas
    assert max(corners(west.outline)[0]) == min(corners(east.outline)[0])
    assert max(corners(north.outline)[1]) == min(corners(west.outline)[1])
    assert (west.title, west.shade, west.sign) == ("about q0", "1", "0")
    for each in made.areas:
        xs, ys = corners(each.outline)
        assert min(xs) >= 0
        assert max(xs) <= made.width
        assert min(ys) >= 0
        assert max(ys) <= made.height


def test_the_bar_is_as_long_as_it_says():
    made = picture.drawn(rows(box(11, 53, 0.1)), look)
    (area,) = made.areas
    xs, ys = corners(area.outline)
    metres_up = 0.1 * 111_320
    pixels = max(ys) - min(ys)
    assert made.bar / made.metres == pytest.approx(pixels / metres_up, rel=0.01)
    assert (max(xs) - min(xs)) / pixels == pytest.approx(math.cos(math.radians(53.05)), rel=0.01)


def test_what_has_no_room_has_no_sign():
    made = picture.drawn(rows(box(11, 53, 0.1), box(11.1, 53, 0.0005)), look)
    assert [each.sign for each in made.areas] == ["0", ""]


def test_towns_far_apart_have_maps_of_their_own():
    made = rows(box(11, 53), box(11.1, 53), box(7, 51), None)
    made["municipality"] = ["a", "b", "c", "d"]
    assert [list(each.index) for each in picture.apart(made)] == [["q0", "q1"], ["q2"]]


@pytest.mark.parametrize(
    "shapes",
    [
        [],
        [None],
        [shapely.Polygon()],
        [shapely.MultiPolygon([box(11, 53), box(12, 53)]), None],
        [box(11, 53).difference(box(11.002, 53.002, 0.002))],
        [box(11, 53, 1e-9)],
        [box(-180, -80, 170)],
        # Two towns that overlap, as official outlines do.
        [box(11, 53), box(11.005, 53.005)],
    ],
)
def test_whatever_the_outlines_a_map_is_drawn(shapes):
    made = picture.drawn(rows(*shapes), look)
    there = [each for each in shapes if each is not None and not each.is_empty]
    assert len(made.areas) == len(there)
    assert "nan" not in str(made)


def known(values):
    return pd.Series(values, index=[f"q{n}" for n in range(len(values))], dtype="float64")


def dot(id):
    return f"about {id}", "1"


def words(value):
    return f"{value:g}"


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=120))
def test_each_quarter_is_one_dot_over_its_figure(values):
    made = plots.distribution(known([*values, math.nan]), dot, words)
    assert len(made.dots) == len(values)
    for each in made.dots:
        assert -6 <= each.x - plots.LEFT <= made.width
        assert 0 <= each.y <= made.base
    order = [each.id for each in made.dots]
    assert list(known(values)[order]) == sorted(values)
    assert [each.x for each in made.dots] == sorted(each.x for each in made.dots)
    assert 2 <= len(made.across) <= 9


def test_a_target_beyond_all_figures_is_drawn_too():
    made = plots.distribution(known([1, 2, 3]), dot, words, goal=30)
    assert made.goal <= made.width
    assert made.goal > max(each.x for each in made.dots)


def test_nothing_to_draw():
    assert plots.distribution(known([math.nan]), dot, words) is None
    assert plots.scatter(known([1, math.nan]), known([math.nan, 1]), dot, words, words) is None


def test_a_scatter_plot_has_more_above_and_to_the_right():
    made = plots.scatter(known([1, 2, 3]), known([30, 10, math.nan]), dot, words, words)
    first, second = made.dots
    assert first.x < second.x
    assert first.y < second.y


def test_rank_correlation_is_that_of_the_ranks():
    rho, count = plots.together(known([1, 2, 3, 4]), known([1, 10, 100, math.nan]))
    assert (rho, count) == (pytest.approx(1), 3)
    assert plots.together(known([1, 2, 3, 4]), known([4, 3, 2, 1]))[0] == pytest.approx(-1)
    # Spearman's own formula, for ranks without ties: 1 - 6 Σd² / (n (n² - 1)).
    assert plots.together(known([1, 2, 3, 4]), known([2, 1, 4, 3]))[0] == pytest.approx(0.6)
    assert math.isnan(plots.together(known([1, 1, 1]), known([1, 2, 3]))[0])
    assert np.isnan(plots.together(known([1, 2]), known([1, 2]))[0])
