"""Where a place lies in a picture: pyproj point by point is what the fit has to equal."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geoplatform.query.crs import supported
from geoplatform.rendering.view import AROUND, HALF, View

CRS = {each.name: each for each in supported()}
every_crs = pytest.mark.parametrize("name", list(CRS))


def own(name: str, x, y):
    """Places in EPSG:3857 in another CRS, by pyproj."""
    return Transformer.from_crs(3857, CRS[name].srid, always_xy=True).transform(x, y)


def around(name: str, x: float, y: float, size: float, width: int = 640, height: int = 480) -> View:
    """A picture of about `size` metres with that place in the middle."""
    column, row = own(name, x, y)
    half = size / 2 / (AROUND / 360) if CRS[name].degrees else size / 2
    box = (column - half, row - half * height / width, column + half, row + half * height / width)
    return View(CRS[name], box, width, height)


places = st.tuples(
    st.floats(6, 15), st.floats(47.5, 55), st.floats(20, 40_000), st.integers(0, 2**32 - 1)
)


@every_crs
@given(place=places)
@settings(max_examples=60, deadline=None)
def test_pixels_are_where_pyproj_says(name, place):
    longitude, latitude, size, seed = place
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(longitude, latitude)
    view = around(name, x, y, size)
    west, south, east, north = view.mercator(20)
    pick = np.random.default_rng(seed)
    xs, ys = pick.uniform(west, east, 200), pick.uniform(south, north, 200)
    columns, rows = own(name, xs, ys)
    left, bottom, right, top = view.box
    wanted = (columns - left) / (right - left) * 640, (top - rows) / (top - bottom) * 480
    found = view.pixels(xs, ys)
    assert np.abs(np.array(found) - np.array(wanted)).max() < 1e-5


@every_crs
@given(place=places, margin=st.sampled_from((0, 30)))
@settings(max_examples=60, deadline=None)
def test_the_mercator_box_holds_the_picture(name, place, margin):
    longitude, latitude, size, seed = place
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(longitude, latitude)
    view = around(name, x, y, size)
    left, bottom, right, top = view.box
    more = (right - left) / 640 * margin
    pick = np.random.default_rng(seed)
    columns = np.append(pick.uniform(left - more, right + more, 200), [left - more, right + more])
    rows = np.append(pick.uniform(bottom - more, top + more, 200), [bottom - more, top + more])
    back = Transformer.from_crs(CRS[name].srid, 3857, always_xy=True)
    xs, ys = back.transform(columns, rows)
    west, south, east, north = view.mercator(margin)
    slack = (east - west) * 1e-9
    assert (west - slack <= xs).all()
    assert (xs <= east + slack).all()
    assert (south - slack <= ys).all()
    assert (ys <= north + slack).all()
    # And little more than the picture.
    assert (east - west) * (north - south) < 1.5 * (np.ptp(xs) * np.ptp(ys))


@every_crs
@given(
    west=st.floats(-1e8, 1e8),
    south=st.floats(-1e8, 1e8),
    width=st.floats(1e-6, 2e8),
    height=st.floats(1e-6, 2e8),
)
@example(west=-180.0, south=-90.0, width=360.0, height=180.0)
@example(west=300_000.0, south=9_900_000.0, width=400_000.0, height=300_000.0)
@example(west=-5e7, south=-5e7, width=1e8, height=1e8)
@settings(max_examples=100, deadline=None)
def test_absurd_boxes_give_finite_results(name, west, south, width, height):
    if west + width <= west or south + height <= south:
        return
    view = View(CRS[name], (west, south, west + width, south + height), 256, 256, 1.5)
    assert math.isfinite(view.resolution)
    assert view.resolution > 0
    assert math.isfinite(view.zoom)
    assert view.scale_denominator > 0
    box = view.mercator(10)
    assert all(abs(each) <= HALF for each in box)
    assert box[0] <= box[2]
    assert box[1] <= box[3]
    xs = np.array([-HALF, -1e6, 0.0, 1.2e6, HALF])
    assert np.isfinite(view.pixels(xs, xs[::-1].copy())).all()


def test_zoom_is_that_of_maplibre():
    # One tile of 512 CSS pixels holds the world at zoom 0.
    world = (-HALF, -HALF, HALF, HALF)
    assert View(CRS["EPSG:3857"], world, 512, 512).zoom == pytest.approx(0)
    assert View(CRS["EPSG:3857"], world, 1024, 1024, 2).zoom == pytest.approx(0)
    assert View(CRS["EPSG:3857"], world, 1024, 1024).zoom == pytest.approx(1)


def test_scales_are_those_of_the_standard():
    world = (-HALF, -HALF, HALF, HALF)
    assert View(CRS["EPSG:3857"], world, 256, 256).scale_denominator == pytest.approx(559082264.028)
    assert View(CRS["EPSG:3857"], world, 512, 512, 2).scale_denominator == pytest.approx(
        559082264.028
    )
    degrees = (-180.0, -90.0, 180.0, 90.0)
    for name in ("CRS84", "EPSG:4326", "EPSG:4258"):
        found = View(CRS[name], degrees, 256, 128).scale_denominator
        assert found == pytest.approx(559082264.028)


@every_crs
def test_a_zoom_is_the_same_in_every_crs(name):
    x, y = 1_270_000.0, 7_090_000.0
    # 100 m on the ground in Schwerin are about 169 m in EPSG:3857, and more in degrees of longitude.
    wanted = {"EPSG:3857": 1.0}.get(name, math.cosh(y / 6378137.0))
    if CRS[name].degrees:
        wanted = math.sqrt(wanted)
    view = around(name, x, y, 1000)
    assert view.resolution == pytest.approx(1000 / 640 * wanted, rel=2e-3)
