"""Names on pictures: readable, none upon another, none cut, the same at every drawing."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from geoplatform.catalog.registry import get, layers
from geoplatform.query.crs import parse_crs
from geoplatform.query.drawing import Points, Shapes
from geoplatform.rendering import labels, lettering, maplibre, naming
from geoplatform.rendering.palette import palette, rgb
from geoplatform.rendering.picture import Picture
from geoplatform.rendering.text import line, lines
from geoplatform.rendering.view import View

MERCATOR = parse_crs("crs", "EPSG:3857")
WIDTH, HEIGHT = 240, 120


def view(ratio=1.0):
    """A pixel of CSS is a metre: zoom 16.3, where every layer is named."""
    size = round(WIDTH * ratio), round(HEIGHT * ratio)
    return View(MERCATOR, (0, 0, WIDTH, HEIGHT), *size, ratio)


def areas(*named: tuple[str | None, float, float]) -> Shapes:
    """Tiny polygons with names at x and y (metres, upwards)."""
    return Shapes(
        tuple(shapely.to_wkb(shapely.box(x, y, x + 0.1, y + 0.1)) for _name, x, y in named),
        np.zeros(len(named), np.int64),
        ((None, "confirmed"),),
        tuple(name for name, _x, _y in named),
        np.array([(x, y) if name else (np.nan, np.nan) for name, x, y in named]),
    )


def courses(*named: tuple[str, shapely.LineString]) -> Shapes:
    return Shapes(
        tuple(shapely.to_wkb(course) for _name, course in named),
        np.zeros(len(named), np.int64),
        ((None, "confirmed"),),
        tuple(name for name, _course in named),
    )


def places(*named: tuple[str, float, float]) -> Points:
    x, y = (np.array([each[axis] for each in named], np.float64) for axis in (1, 2))
    ones = np.ones(len(named), np.int64)
    return Points(x, y, ones, ones * 0, ((None, "confirmed"),), tuple(each[0] for each in named))


def written(*drawn, ratio=1.0) -> np.ndarray:
    """Where ink or halo of names is: the picture with names against the same without."""
    both = []
    for names in (False, True):
        picture = Picture(view(ratio))
        for name, found in drawn:
            if isinstance(found, Points):
                picture.points(get(name), found)
            else:
                picture.shapes(get(name), found)
        both.append(picture.rgba.copy())
        if names:
            picture.names()
            both.append(picture.rgba)
    return (both[-1] != both[0]).any(axis=2)


def box_of(seen: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(seen)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_a_polygon_is_named_in_its_middle():
    left, top, right, bottom = box_of(written(("green-spaces", areas(("Schloßgarten", 120, 60)))))
    assert (left + right) / 2 == pytest.approx(120, abs=2)
    assert (top + bottom) / 2 == pytest.approx(60, abs=3)
    assert right - left > 50


def test_a_marker_is_named_beneath():
    left, top, right, bottom = box_of(written(("fruit-trees", places(("Apfel", 120, 60)))))
    assert (left + right) / 2 == pytest.approx(120, abs=2)
    assert 60 < top < 72
    assert bottom < 90


def test_a_line_is_named_along_its_course():
    for ends in ([(20, 20), (220, 20)], [(220, 20), (20, 20)]):
        left, top, right, bottom = box_of(
            written(("streets", courses(("Mühlenstraße", shapely.LineString(ends)))))
        )
        assert (left + right) / 2 == pytest.approx(120, abs=2)
        assert (top + bottom) / 2 == pytest.approx(100, abs=3)
        assert bottom - top < 22
    left, top, right, bottom = box_of(
        written(("streets", courses(("Mühlenstraße", shapely.LineString([(30, 10), (30, 110)])))))
    )
    assert bottom - top > 60 > 25 > right - left


def test_pieces_of_a_street_are_named_together():
    pieces = [shapely.LineString([(20 + 20 * i, 20), (40 + 20 * i, 20)]) for i in range(10)]
    seen = written(("streets", courses(*(("Mühlenstraße", each) for each in pieces))))
    assert box_of(seen)[2] - box_of(seen)[0] > 50


def test_no_name_along_a_sharp_bend_or_a_line_too_short():
    bent = shapely.LineString([(100, 60), (120, 80), (100, 80), (120, 60), (100, 70), (120, 70)])
    assert not written(("streets", courses(("Mühlenstraße", bent)))).any()
    short = shapely.LineString([(100, 60), (120, 60)])
    assert not written(("streets", courses(("Mühlenstraße", short)))).any()


@pytest.mark.parametrize("letters", ["äöüß", "ÄÖÜẞ", "éçñ", "Łódź", "Žďár", "Ελλ", "Мир"])
def test_the_font_has_the_letters(letters):
    assert 0 not in line(letters, 12).glyphs


def test_umlauts_differ_from_plain_letters():
    assert (
        written(("green-spaces", areas(("Würm", 120, 60))))
        != written(("green-spaces", areas(("Wurm", 120, 60))))
    ).any()


def test_the_upper_layer_and_the_first_feature_win():
    lower, upper = areas(("Unten", 120, 60)), areas(("Obenauf", 121, 60))
    both = written(("quarters", lower), ("green-spaces", upper))
    alone = written(("green-spaces", upper))
    assert box_of(both)[:3:2] == box_of(alone)[:3:2]
    first = written(("green-spaces", areas(("Erster", 120, 60), ("Zweiter", 122, 62))))
    assert (
        box_of(first)[:3:2] == box_of(written(("green-spaces", areas(("Erster", 120, 60)))))[:3:2]
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("Am Ziegelsee", "Ö", "Großer Dreesch mit langem Namen")),
            st.floats(-20, WIDTH + 20),
            st.floats(-20, HEIGHT + 20),
        ),
        max_size=30,
    ),
    st.sampled_from((0.5, 1.0, 2.0)),
)
@settings(max_examples=60, deadline=None)
def test_no_two_names_overlap_and_none_is_cut(named, ratio):
    """Each name that is written takes a place of its own, within the picture."""
    place = view(ratio)
    taken = labels._Places(place)
    taken_boxes: list[np.ndarray] = []
    take_each = taken.take_each

    def noted(boxes):
        for number in take_each(boxes):
            taken_boxes.append(boxes[number])
            yield number

    taken.take_each = noted
    texts = [each[0] for each in named]
    x, y = (np.array([each[axis] for each in named], np.float64) * ratio for axis in (1, 2))
    found = labels._at_points(taken, place, 12 * ratio, texts, x, y)
    assert len(taken_boxes) <= len(found)
    boxes = [shapely.box(*each) for each in taken_boxes]
    frame = shapely.box(0, 0, place.width, place.height)
    assert all(frame.covers(each) for each in boxes)
    for number, each in enumerate(boxes):
        assert not any(each.intersects(other) for other in boxes[:number])
    inside = (x >= 0) & (x < place.width) & (y >= 0) & (y < place.height)
    assert bool(taken_boxes) == bool(inside.any())


def test_at_the_edge_a_name_moves_in():
    seen = written(("green-spaces", areas(("Schloßgarten", 3, 117))))
    assert seen.any()
    assert not seen[0].any()
    assert not seen[:, 0].any()


def test_a_name_larger_than_the_picture_is_left_out():
    picture = Picture(View(MERCATOR, (0, 0, 20, 20), 20, 20))
    picture.shapes(get("green-spaces"), areas(("Schloßgarten", 10, 10)))
    before = picture.rgba.copy()
    picture.names()
    assert (picture.rgba == before).all()


def test_long_names_are_broken_at_spaces():
    rows = lines("Großer Dreesch mit einem sehr langen Namen", 12, naming.WIDEST * 12)
    assert len(rows) > 1
    assert max(row.width for row in rows) < naming.WIDEST * 12 * 1.4
    assert " ".join(row.text for row in rows) == "Großer Dreesch mit einem sehr langen Namen"


@pytest.mark.parametrize(
    "text", ["\u202eabc", "a\x07b", "   ", "\n", "😀 Baum", "ﷺ" * 50, "x" * 500]
)
def test_strange_texts_do_no_harm(text):
    drawn = [("green-spaces", areas((text, 120, 60), ("Garten", 60, 90)))]
    drawn.append(("streets", courses((text, shapely.LineString([(0, 60), (240, 60)])))))
    drawn.append(("fruit-trees", places((text, 60, 30))))
    assert written(*drawn).any()


def test_sizes_follow_the_ratio():
    one = box_of(written(("green-spaces", areas(("Schloßgarten", 120, 60)))))
    two = box_of(written(("green-spaces", areas(("Schloßgarten", 120, 60))), ratio=2.0))
    assert two[2] - two[0] == pytest.approx(2 * (one[2] - one[0]), abs=5)


@pytest.mark.parametrize("layer", [each for each in layers() if each.label], ids=lambda e: e.name)
def test_names_appear_when_the_browser_shows_them(layer):
    if not layer.geometry:
        return
    (said,) = maplibre.names(layer)
    assert said["minzoom"] == naming.first_zoom(layer)
    assert said["layout"]["text-size"] == naming.text_size(layer)
    for zoom, shown in ((said["minzoom"] - 0.1, False), (said["minzoom"] + 0.1, True)):
        side = 2 * np.pi * 6378137 / 2**zoom / 512 * 64
        assert Picture(View(MERCATOR, (0, 0, side, side), 64, 64)).is_named(layer) is shown


def test_ink_and_paper():
    picture = Picture(view())
    picture.shapes(get("green-spaces"), areas(("Schloßgarten", 120, 60)))
    picture.names()
    colors = picture.rgba[55:66, 80:160, :3].reshape(-1, 3).astype(int)
    for wanted in (naming.INK, naming.PAPER):
        assert np.abs(colors - rgb(wanted)).max(axis=1).min() < 25


def test_names_upon_markers_are_stamps_of_the_same_letters():
    """On a palette they look as upon colours, but for its steps; and stay within the picture whatever their letters."""
    some = places(("Süßkirsche", 120, 60), ("Ạ̈̂̊g҉̐", 60, 118), ("Am Ziegelsee", 237, 3))
    stamped, drawn = Picture(view()), Picture(view())
    for picture in (stamped, drawn):
        picture.points(get("trees"), some)
    assert drawn.rgba.any()  # from here on in colours
    for picture in (stamped, drawn):
        picture.names()
    content = stamped.encode("png")
    image = Image.open(io.BytesIO(content))
    assert image.mode == "P"
    away = np.abs(stamped.rgba.astype(int) - drawn.rgba.astype(int))
    assert away.max() < 24
    assert away.mean() < 0.5
    assert (stamped.rgba[..., 3] == 255).sum() > 500


def test_a_stamp_is_cut_at_every_edge():
    row, looks = line("Ziegelsee", 12), palette((lettering.LOOK,))
    whole = np.zeros((60, 120), np.uint8)
    lettering.upon_entries(whole, view(), [lettering.Straight(row, 30, 30)], looks)
    assert whole.any()
    for x, y in ((-20, 12), (30, 0), (100, 30), (30, 61), (-200, 30), (30, 300)):
        part = np.zeros((60, 120), np.uint8)
        lettering.upon_entries(part, view(), [lettering.Straight(row, x, y)], looks)
        wide = np.zeros((800, 800), np.uint8)
        lettering.upon_entries(wide, view(), [lettering.Straight(row, x + 300, y + 300)], looks)
        assert (part == wide[300:360, 300:420]).all()


def test_over_nothing_a_name_is_seen_as_it_is():
    looks = palette((lettering.LOOK,))
    entries = np.arange(len(looks.colors), dtype=np.uint16)
    assert (looks.over.take(entries * 256) == entries).all()


corner = st.integers(0, 700)
rectangles = st.lists(
    st.tuples(corner, corner, st.integers(1, 120), st.integers(1, 40)), min_size=1, max_size=60
)


@given(rectangles, st.lists(rectangles, max_size=2), st.sampled_from((1, 3, 150)))
@settings(max_examples=60, deadline=None)
def test_each_name_takes_what_the_ones_before_it_left(first, before, at_once):
    """As one after the other, square by square; however many are compared at once."""
    places = labels._Places(view())
    taken: set[tuple[int, int]] = set()

    def squares(box):
        low, high = np.array(box[:2]) - places.padding, np.array(box[2:]) + places.padding
        if (low < 0).any() or (high > (places.width, places.height)).any():
            return None
        (left, top), (right, bottom) = low // places.cell, np.ceil(high / places.cell)
        return {(x, y) for x in range(int(left), int(right)) for y in range(int(top), int(bottom))}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(labels, "AT_ONCE", at_once)
        for some in (*before, first):
            boxes = np.array([(x, y, x + w, y + h) for x, y, w, h in some], float)
            wanted = []
            for number, box in enumerate(boxes):
                own = squares(box)
                if own is not None and not own & taken:
                    taken |= own
                    wanted.append(number)
            assert places.take_each(boxes) == wanted
