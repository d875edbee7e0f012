"""Lines and polygons for a picture: the ones that are there, as fine as its pixels, under the same conditions."""

from __future__ import annotations

import random

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import LineString, MultiPolygon, Polygon
from django.utils import timezone

from geoplatform.catalog.registry import get, layers
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.drawing import FINE, TooMuch, shapes
from geoplatform.query.feature_query import FeatureQuery
from layers.green_spaces import GreenSpace
from layers.streets import Street
from tests import make

pytestmark = pytest.mark.django_db

DRAWN = [layer for layer in layers() if layer.dimension > 0]
WORLD = (-20037508.0, -20037508.0, 20037508.0, 20037508.0)
AROUND = (1_220_000.0, 6_980_000.0, 1_240_000.0, 7_000_000.0)


def green(*corners: tuple[float, float], **values: object) -> GreenSpace:
    area = MultiPolygon(Polygon([*corners, corners[0]]), srid=4326)
    return GreenSpace.objects.create(
        area=area, source=make.source(), **{"kind": "park", "name": "", **values}
    )


def square(x: float, y: float, side: float = 0.001, **values: object) -> GreenSpace:
    return green((x, y), (x + side, y), (x + side, y + side), (x, y + side), **values)


def ask(name: str = "green-spaces", box=WORLD, resolution=1.0, most=1000, labels=False, **asked):
    query = FeatureQuery(layer=get(name), **asked)
    return shapes(query, box, resolution=resolution, labels=labels, most=most)


@pytest.mark.parametrize("layer", DRAWN, ids=lambda each: each.name)
def test_every_layer_is_asked_without_error(layer):
    """Empty as it is here: the statement holds for each declaration, with names and as of an instant."""
    query = FeatureQuery(layer=layer)
    assert shapes(query, AROUND, resolution=10, labels=True, most=5).wkb == ()
    past = FeatureQuery(layer=layer, at=timezone.now())
    assert shapes(past, AROUND, resolution=10, labels=True, most=5).wkb == ()


def test_exactly_those_within_the_box():
    rng = random.Random(4)
    made = [square(11 + rng.random() / 10, 53 + rng.random() / 10) for _ in range(60)]
    for each in made:
        each.area.transform(3857)
    for _ in range(30):
        x, y = 1_224_000 + rng.random() * 12_000, 6_985_000 + rng.random() * 16_000
        box = (x, y, x + rng.random() * 5_000, y + rng.random() * 5_000)
        wanted = sum(shapely.box(*box).intersects(shapely.box(*it.area.extent)) for it in made)
        assert len(ask(box=box).wkb) == wanted


def test_as_fine_as_the_pixels():
    turns = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    made = green(*zip(11 + 0.01 * np.cos(turns), 53 + 0.006 * np.sin(turns), strict=True))
    made.area.transform(3857)
    whole = shapely.from_wkb(bytes(made.area.wkb))
    for resolution in (0.5, 10, 100):
        (found,) = shapely.from_wkb(ask(resolution=resolution).wkb)
        assert shapely.hausdorff_distance(found.boundary, whole.boundary) <= resolution * FINE
    assert shapely.get_num_coordinates(found) < 40


def test_smaller_than_a_pixel_is_still_there():
    square(11, 53, side=0.00001)
    (found,) = shapely.from_wkb(ask(resolution=1000).wkb)
    assert found.bounds[2] > found.bounds[0]


def test_of_a_huge_shape_only_what_lies_near():
    turns = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    made = green(*zip(11 + np.cos(turns), 53 + 0.6 * np.sin(turns), strict=True))
    made.area.transform(3857)
    _x0, y0, x1, _y1 = made.area.extent
    box = (x1 - 500, made.area.centroid.y - 500, x1 + 500, made.area.centroid.y + 500)
    (found,) = shapely.from_wkb(ask(box=box, resolution=1).wkb)
    assert x1 - 2000 < found.bounds[0] < x1 - 500
    assert found.bounds[1] > y0
    whole = shapely.from_wkb(bytes(made.area.wkb))
    seen = shapely.box(*box)
    difference = found.intersection(seen).symmetric_difference(whole.intersection(seen))
    assert difference.area < 1000 * FINE


def test_classes_names_and_anchors_the_largest_first():
    square(11.0, 53.0, 0.001, name="Schloßgarten")
    square(11.1, 53.1, 0.003, kind="forest", name="Wüstmark")
    square(11.2, 53.2, 0.002, kind="forest")
    found = ask(labels=True)
    assert found.labels == ("Wüstmark", None, "Schloßgarten")
    assert [found.classes[kind][0] for kind in found.kind] == ["forest", "forest", "park"]
    for wkb, label, anchor in zip(found.wkb, found.labels, found.anchors, strict=True):
        assert np.isnan(anchor).all() == (label is None)
        assert label is None or shapely.from_wkb(wkb).contains(shapely.Point(anchor))


def test_lines_have_no_anchors():
    Street.objects.create(
        course=LineString((11, 53), (11.01, 53.01), srid=4326),
        source=make.source(),
        kind="footway",
        name="Mühlenweg",
    )
    found = ask("streets", labels=True)
    assert (found.labels, found.anchors, found.classes[0][0]) == (("Mühlenweg",), None, "footway")


def test_more_than_may_be_drawn():
    for number in range(4):
        square(11 + number / 100, 53)
    assert len(ask(most=4).wkb) == 4
    with pytest.raises(TooMuch, match="3"):
        ask(most=3)


def test_filter_and_equals_hold():
    square(11, 53, kind="forest")
    square(11.1, 53)
    wanted = parse_filter("kind = 'forest'", layer=get("green-spaces"))
    assert [value for value, _status in ask(filter=wanted).classes] == ["forest"]
    assert len(ask(equals={"kind": "park"}).wkb) == 1


def test_as_it_was():
    before = timezone.now()
    made = square(11, 53, kind="forest")
    then = timezone.now()
    GreenSpace.objects.filter(id=made.id).update(kind="meadow")
    assert ask(at=before).wkb == ()
    for instant, kind in ((then, "forest"), (timezone.now(), "meadow")):
        found = ask(at=instant)
        assert [value for value, _status in found.classes] == [kind]
        assert shapely.from_wkb(found.wkb[0]).equals_exact(shapely.from_wkb(ask().wkb[0]), 1e-6)
