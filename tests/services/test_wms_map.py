"""GetMap: the right picture of the right features, and an ETag that is right."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from django.db import connection
from PIL import Image

from geoplatform.catalog import registry
from geoplatform.services.wms import getmap
from tests import make
from tests.services.wms import BOXES, LATITUDE_FIRST, asked, get, refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def trees():
    """Three in a triangle around the middle of the town: an apple, a pear, and an oak that bears nothing."""
    make.town()
    apple = make.species(german_name="Apfel")
    pear = make.species("Pyrus communis", german_name="Birne", fruit_from=9.0, fruit_to=9.5)
    oak = make.species(
        "Quercus robur",
        german_name="Eiche",
        edible=False,
        category="",
        fruit_from=None,
        fruit_to=None,
    )
    return [
        make.plant(11.05, 53.05, species=apple),
        make.plant(11.045, 53.045, species=pear, access="closed"),
        make.plant(11.055, 53.055, species=oak),
    ]


def picture(values: dict[str, str]) -> np.ndarray:
    response = get(values)
    assert response.headers["Content-Type"].startswith("image/"), response.content
    assert response.status_code == 200
    return np.asarray(Image.open(BytesIO(response.content)).convert("RGBA"))


def marked(pixels: np.ndarray) -> set[tuple[int, int]]:
    """Middles of what is drawn, in pixels from the upper left."""
    drawn = pixels[..., 3] > 0
    rows, columns = np.nonzero(drawn)
    found: set[tuple[int, int]] = set()
    left = set(zip(columns.tolist(), rows.tolist(), strict=True))
    while left:
        waiting, blob = [left.pop()], []
        while waiting:
            x, y = waiting.pop()
            blob.append((x, y))
            for near in ((x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)):
                if near in left:
                    left.remove(near)
                    waiting.append(near)
        xs, ys = zip(*blob, strict=True)
        found.add((round((min(xs) + max(xs) + 1) / 2), round((min(ys) + max(ys) + 1) / 2)))
    return found


def places(features, crs: str, width: int = 256, height: int = 256) -> set[tuple[int, int]]:
    west, south, east, north = BOXES[crs]
    found = set()
    for each in features:
        point = each.location.clone()
        point.transform(4326 if crs == "CRS:84" else int(crs[5:]))
        x = (point.x - west) / (east - west) * width
        y = (north - point.y) / (north - south) * height
        found.add((x, y))
    return found


def agree(pixels: np.ndarray, wanted: set[tuple[float, float]]) -> bool:
    """Whether there is a mark for each place and no other, within a pixel."""
    found = marked(pixels)
    near = [any(abs(x - a) <= 1.5 and abs(y - b) <= 1.5 for a, b in found) for x, y in wanted]
    return len(found) == len(wanted) and all(near)


CLEAR = {"TRANSPARENT": "TRUE"}


@pytest.mark.parametrize("version", ["1.3.0", "1.1.1"])
@pytest.mark.parametrize("crs", BOXES)
def test_points_stand_where_they_are(trees, crs, version):
    """By the pyramid (zoom 13 and less)."""
    pixels = picture(asked(version, crs, **CLEAR))
    assert agree(pixels, places(trees, crs)), marked(pixels)


@pytest.mark.parametrize("crs", BOXES)
def test_points_stand_where_they_are_close_by(trees, crs):
    """One by one, in a picture so large that MapLibre's zoom is 14 and more."""
    large = {"WIDTH": "1000", "HEIGHT": "1000", "LAYERS": "trees"}
    pixels = picture(asked(crs=crs, **large, **CLEAR, DPI="96"))
    wanted = places(trees, crs, 1000, 1000)
    # Names stand below the markers and are left out of the comparison: marks alone have the marker's colour.
    pixels = pixels.copy()
    green = np.all(np.abs(pixels[..., :3].astype(int) - (60, 122, 58)) < 12, axis=2)
    # A faint edge may have any colour.
    pixels[~green | (pixels[..., 3] < 128)] = 0
    assert agree(pixels, wanted), marked(pixels)


def test_filters_by_facet_and_otherwise(trees):
    """The same features whether the pyramid answers or the rows."""
    apple, pear, oak = trees
    for values, wanted in [
        ({"CQL_FILTER": "species = 'Malus domestica'"}, [apple]),
        ({"CQL_FILTER": "species IN ('Malus domestica', 'Quercus robur')"}, [apple, oak]),
        ({"CQL_FILTER": "access = 'public' AND species = 'Quercus robur'"}, [oak]),
        ({"CQL_FILTER": "access = 'public' OR access = 'closed'"}, [apple, pear, oak]),
        ({"CQL_FILTER": "species_de LIKE 'Ap%'"}, [apple]),
        ({"CQL_FILTER": "S_INTERSECTS(geometry, BBOX(11.04,53.04,11.047,53.047))"}, [pear]),
        ({"CQL_FILTER": "INCLUDE"}, [apple, pear, oak]),
        ({"RIPE": "9.5"}, [apple, pear]),
        ({"ripe": "11.0"}, [apple]),
        ({"ACCESS": "closed", "CQL_FILTER": "species = 'Pyrus communis'"}, [pear]),
        ({"STATUS": "gone"}, []),
    ]:
        pixels = picture(asked(**CLEAR, **values))
        assert agree(pixels, places(wanted, "EPSG:25833")), values


def test_layers_in_their_order(trees):
    """What is named later lies above."""
    lower = picture(asked(LAYERS="trees,quarters", **CLEAR))
    upper = picture(asked(LAYERS="quarters,trees", **CLEAR))
    x, y = next(iter(marked(picture(asked(**CLEAR)))))
    assert not np.array_equal(lower[y, x], upper[y, x])
    assert (lower[..., 3] > 0).sum() > (picture(asked(**CLEAR))[..., 3] > 0).sum()


def test_a_filter_for_each_layer(trees):
    values = {
        "LAYERS": "trees,fruit-trees",
        "CQL_FILTER": "status = 'gone';species = 'Malus domestica'",
    }
    assert agree(picture(asked(**CLEAR, **values)), places(trees[:1], "EPSG:25833"))


def test_the_group_draws_all(trees):
    whole = picture(asked(LAYERS="geoplatform", **CLEAR))
    each = ",".join(layer.name for layer in registry.map_layers())
    assert np.array_equal(whole, picture(asked(LAYERS=each, **CLEAR)))
    assert (whole[..., 3] > 0).all()  # the quarter


def test_time(trees):
    """A tree that is gone stands on the map of the time before."""
    before = trees[0].changed
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (then,) = cursor.fetchone()
    trees[2].delete()
    now = picture(asked(**CLEAR))
    assert agree(now, places(trees[:2], "EPSG:25833"))
    was = picture(asked(**CLEAR, TIME=then.astimezone().isoformat()))
    assert agree(was, places(trees, "EPSG:25833"))
    assert before < then
    assert marked(picture(asked(**CLEAR, TIME="2001"))) == set()
    assert np.array_equal(now, picture(asked(**CLEAR, TIME="current")))


def test_too_much_is_refused_with_a_way_out(trees, monkeypatch):
    monkeypatch.setattr(getmap, "MOST", 2)
    code, text = refusal(get(asked(CQL_FILTER="height_m IS NULL", LANGUAGE="eng")))
    assert code == "InvalidParameterValue"
    assert "zoom in" in text
    # What the facets say costs the same for any number.
    assert agree(
        picture(asked(**CLEAR, CQL_FILTER="access IN ('public', 'closed')")),
        places(trees, "EPSG:25833"),
    )
    # Close by and unfiltered, markers stand for several instead.
    assert marked(picture(asked(**CLEAR, WIDTH="1000", HEIGHT="1000")))


def test_formats_and_backgrounds(trees):
    def image(**values: str) -> Image.Image:
        return Image.open(BytesIO(get(asked(**values)).content))

    assert image().mode in ("P", "RGB")
    assert image(FORMAT="image/png; mode=8bit", LAYERS="geoplatform").mode == "P"
    assert image(FORMAT="image/png; mode=24bit").mode == "RGB"
    assert image(FORMAT="image/png; mode=24bit", TRANSPARENT="true").mode == "RGBA"
    jpeg = image(FORMAT="image/jpeg", TRANSPARENT="TRUE", BGCOLOR="0x00FF00")
    assert (jpeg.format, jpeg.mode) == ("JPEG", "RGB")
    assert np.allclose(jpeg.getpixel((1, 1)), (0, 255, 0), atol=4)
    assert image(BGCOLOR="0xFF0000").convert("RGBA").getpixel((0, 0)) == (255, 0, 0, 255)
    assert image().convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)
    assert image(**CLEAR).convert("RGBA").getpixel((0, 0))[3] == 0
    assert image(WIDTH="31", HEIGHT="17").size == (31, 17)


def test_symbols_grow_with_the_dots_per_inch(trees):
    small = (picture(asked(**CLEAR))[..., 3] > 0).sum()
    large = (picture(asked(**CLEAR, DPI="192"))[..., 3] > 0).sum()
    assert large > 2 * small


def test_beyond_its_scales_a_layer_is_not_drawn(trees):
    for crs, box in (("EPSG:4326", "40,0,65,25"), ("EPSG:3857", "0,5000000,3000000,8000000")):
        assert marked(picture(asked(crs=crs, BBOX=box, **CLEAR))) == set()


@pytest.mark.parametrize("crs", BOXES)
def test_boxes_that_no_projection_knows_are_empty(trees, crs):
    for box in ("-9000,-9000,9000,9000", "170,80,190,100", "89,179,95,200"):
        response = get(asked(crs=crs, BBOX=box, LAYERS="geoplatform", **CLEAR))
        assert response.headers["Content-Type"] == "image/png"
    if crs not in LATITUDE_FIRST and crs != "CRS:84":
        assert marked(picture(asked(crs=crs, BBOX="8e8,8e8,9e8,9e8", **CLEAR))) == set()


@pytest.mark.parametrize(
    ("version", "inimage", "blank"),
    [
        ("1.3.0", "INIMAGE", "BLANK"),
        ("1.1.1", "application/vnd.ogc.se_inimage", "application/vnd.ogc.se_blank"),
    ],
)
def test_exceptions_as_pictures(version, inimage, blank):
    wrong = {"LAYERS": "nothing", "BBOX": "NaN"}
    words = picture(asked(version, EXCEPTIONS=inimage, **wrong))
    nothing = picture(asked(version, EXCEPTIONS=blank, **wrong))
    clear = picture(asked(version, EXCEPTIONS=blank, **CLEAR, **wrong))
    assert words.shape == nothing.shape == (256, 256, 4)
    assert (nothing == 255).all()
    assert (clear[..., 3] == 0).all()
    assert 100 < (words[..., 1] < 128).sum() < 5000
    # Without a size or format there is no picture to draw it in.
    assert refusal(get(asked(version, EXCEPTIONS=inimage, WIDTH="100000")))[0]
    assert refusal(get(asked(version, EXCEPTIONS=blank, FORMAT="image/x")))[0] == "InvalidFormat"


def test_head_and_headers(trees):
    from django.test import Client

    full = get(asked())
    head = Client().head("/wms", asked())
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == full.headers["Content-Type"] == "image/png"
    assert full.headers["Cache-Control"] == "no-cache"
    assert full.headers["Access-Control-Allow-Origin"] == "*"
    assert not full.cookies
