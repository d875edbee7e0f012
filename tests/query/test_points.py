"""Points one by one, as pictures take them: the same rows as the query's, where the database says they are."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query import drawing
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.drawing import TooMuch
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import raw_cursor
from layers.plants import Plant
from tests import make
from tests.pyramid import brute

pytestmark = pytest.mark.django_db
TREES, FRUIT = registry.get("trees"), registry.get("fruit-trees")
WORLD = (-20037508.0, -20037508.0, 20037508.0, 20037508.0)


@pytest.fixture
def plants(request):
    make.town()
    species = [
        make.species(),
        make.species("Juglans regia", category="nut", german_name="Walnuss"),
        make.species("Hippophae rhamnoides", category="shrub", german_name=""),
        make.species("Quercus robur", category="", edible=None),
    ]
    pick = random.Random(8)
    return [
        make.plant(
            11.05 + pick.uniform(-0.04, 0.04),
            53.05 + pick.uniform(-0.04, 0.04),
            species=pick.choice([*species, None]),
            access=pick.choice(("public", "overhanging")),
            status=pick.choice(("confirmed", "unconfirmed")),
        )
        for _number in range(80)
    ]


def stored() -> dict[int, tuple[float, float]]:
    with raw_cursor() as cursor:
        cursor.execute("SELECT fid, ST_X(location_3857), ST_Y(location_3857) FROM layers_plant")
        return {fid: (x, y) for fid, x, y in cursor}


def wanted(layer, fids=None):
    """Place, category and status of each row, by the ORM."""
    at = stored()
    return sorted(
        (
            *at[row.fid],
            str(row.species and row.species.category) if layer is FRUIT else "None",
            row.status,
        )
        for row in layer.rows().select_related("species")
        if fids is None or row.fid in fids
    )


def found(points):
    assert points.x.dtype == points.y.dtype == np.float64
    assert (points.n == 1).all()
    classes = [points.classes[kind] for kind in points.kind]
    return sorted(
        (x, y, str(symbol), status)
        for x, y, (symbol, status) in zip(points.x, points.y, classes, strict=True)
    )


def ask(layer, box=WORLD, most=1000, choices=(), labels=False, **more):
    query = FeatureQuery(layer=layer, **more)
    return drawing.points(query, box, choices=choices, labels=labels, most=most)


@pytest.mark.parametrize("layer", [TREES, FRUIT], ids=lambda each: each.name)
def test_every_row_of_the_layer_and_no_other(plants, layer):
    assert found(ask(layer)) == wanted(layer)
    assert len(found(ask(layer))) < len(plants)


@pytest.mark.parametrize(
    "parameters",
    [
        {"species": "Malus domestica"},
        {"category": "nut,shrub"},
        {"access": "overhanging", "status": "unconfirmed"},
        {"ripe": "9.5"},
        {"species": "Nothing at all"},
    ],
    ids=str,
)
@pytest.mark.parametrize("layer", [TREES, FRUIT], ids=lambda each: each.name)
def test_choices(plants, layer, parameters):
    fids = {row["fid"] for row in brute.rows(layer, parameters)}
    for _twice in range(2):
        assert found(ask(layer, choices=brute.choices(layer, parameters))) == wanted(layer, fids)


def test_filters_and_choices_together(plants):
    condition = parse_filter("status = 'confirmed' AND species = 'Juglans regia'", layer=TREES)
    public = brute.choices(TREES, {"access": "public"})
    fids = {
        row["fid"]
        for row in brute.rows(
            TREES, {"access": "public", "status": "confirmed", "species": "Juglans regia"}
        )
    }
    assert fids
    assert found(ask(TREES, filter=condition, choices=public)) == wanted(TREES, fids)


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_boxes(plants, seed):
    """All within the box, and nothing beyond what coordinates of single precision may mistake."""
    pick = random.Random(seed)
    everything = found(ask(TREES))
    xs, ys = [each[0] for each in everything], [each[1] for each in everything]
    west, east = sorted(pick.uniform(min(xs), max(xs)) for _each in "we")
    south, north = sorted(pick.uniform(min(ys), max(ys)) for _each in "sn")
    inside = found(ask(TREES, (west, south, east, north)))

    def within(margin):
        return [
            each
            for each in everything
            if west - margin <= each[0] <= east + margin
            and south - margin <= each[1] <= north + margin
        ]

    assert set(within(0)) <= set(inside) <= set(within(2))


def test_labels_only_when_asked(plants):
    assert ask(TREES).labels is None
    points = ask(TREES, labels=True)
    assert len(points.labels) == len(points.x)
    at = {place: fid for fid, place in stored().items()}
    names = {row.fid: row.species and row.species.german_name for row in Plant.objects.all()}
    for x, y, name in zip(points.x, points.y, points.labels, strict=True):
        assert name == (names[at[x, y]] or None)


def test_more_than_may_be_drawn(plants):
    number = TREES.rows().count()
    assert len(ask(TREES, most=number).x) == number
    with pytest.raises(TooMuch, match=str(number - 1)):
        ask(TREES, most=number - 1)


def test_no_points():
    points = ask(FRUIT, labels=True)
    assert (len(points.x), points.classes, points.labels) == (0, (), ())
