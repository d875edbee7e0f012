"""What pictures are drawn from, against brute force: every row looked at, whatever was edited, folded or not."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.pyramid import drawing
from geoplatform.pyramid.drawing import HALF, UNITS, covering
from tests import make
from tests.pyramid import brute
from tests.pyramid.test_exact import ASKED, COLUMN, LAYERS, ROW, edit, fold, start

pytestmark = pytest.mark.django_db
TREES = registry.get("trees")
# Around the corner of four tiles where the edits fall: one tile with its rim, two, four, and a street.
TILE = 2 * HALF / 1024
X, Y = COLUMN * TILE - HALF, HALF - ROW * TILE
BOXES = (
    (X - 3000, Y - 3000, X + 3000, Y + 3000),
    (X + 20, Y - 300, X + 700, Y - 20),
    (X - 20, Y - 300, X + 700, Y + 20),
    (X - 2000, Y - 3000, X + 900, Y - 100),
)


def wanted(rows, box, zoom):
    """Markers by brute force: all of these rows in the cells of the tiles that hold the box."""
    at = covering(box, min(max(int(zoom), 10), 13))
    shift = 19 - at.level
    sums = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        column, line = row["x"] >> shift, row["y"] >> shift
        if at.left * 64 - 1 <= column <= at.right * 64 + 64 and (
            at.top * 64 - 1 <= line <= at.bottom * 64 + 64
        ):
            each = sums[column, line, row["symbol"], row["status"]]
            each[0] += 1
            each[1] += row["x"] - (column << shift)
            each[2] += row["y"] - (line << shift)
    unit = 2 * HALF / UNITS
    return sorted(
        (
            ((column << shift) + sx / n + 0.5) * unit - HALF,
            HALF - ((line << shift) + sy / n + 0.5) * unit,
            n,
            str(symbol),
            status,
        )
        for (column, line, symbol, status), (n, sx, sy) in sums.items()
    )


def found(layer, parameters, box, zoom):
    points = drawing.points(layer, box, zoom, brute.choices(layer, parameters))
    assert points.x.dtype == points.y.dtype == np.float64
    assert points.labels is None
    classes = [points.classes[kind] for kind in points.kind]
    return sorted(
        (x, y, n, str(symbol), status)
        for x, y, n, (symbol, status) in zip(points.x, points.y, points.n, classes, strict=True)
    )


def assert_exact():
    for layer in LAYERS:
        for parameters in ASKED:
            rows = brute.rows(layer, parameters)
            for zoom, box in itertools.product((8.3, 12.0, 13.99), BOXES):
                assert found(layer, parameters, box, zoom) == wanted(rows, box, zoom), (
                    layer.name,
                    parameters,
                    box,
                    zoom,
                )


@given(seed=st.integers(0, 2**32), edits=st.integers(1, 40), folds=st.booleans())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_edits(seed, edits, folds):
    pick = random.Random(seed)
    with transaction.atomic():
        start()
        for _number in range(edits):
            edit(pick)
            if folds and pick.random() < 0.3:
                fold(pick.choice((1, 3, 100_000)))
        assert_exact()
        fold()
        assert_exact()
        transaction.set_rollback(True)


def test_a_box_of_very_many_tiles_is_everything():
    start()
    pick = random.Random(3)
    for number in range(40):
        edit(pick)
        if number == 20:
            fold()
    world = (-HALF, -HALF, HALF, HALF)
    for layer in LAYERS:
        for parameters in ASKED:
            points = drawing.points(layer, world, 13, brute.choices(layer, parameters))
            rows = brute.rows(layer, parameters)
            assert points.n.sum() == len(rows)
            assert found(layer, parameters, world, 10) == wanted(rows, world, 10)


def test_nothing_is_empty():
    points = drawing.points(TREES, BOXES[0], 11)
    assert len(points.x) == len(points.y) == len(points.n) == len(points.kind) == 0


@pytest.mark.parametrize(
    "box",
    [(HALF, HALF, HALF, HALF), (-HALF, -HALF, -HALF, -HALF), (-9e9, -9e9, 9e9, 9e9), (0, 0, 0, 0)],
)
def test_boxes_at_the_edge_of_the_world(box):
    make.plant(179.9999, 85.05, species=make.species())
    make.plant(-179.9999, -85.05, species=make.species("Pyrus communis"))
    for zoom in (0, 10, 13.5, 22):
        drawing.points(TREES, box, zoom)
    points = drawing.points(TREES, box, 13)
    holds = {(HALF, HALF, HALF, HALF): 1, (-HALF, -HALF, -HALF, -HALF): 1, (0, 0, 0, 0): 0}
    assert points.n.sum() == holds.get(box, 2)


def test_tiles_are_left_out_where_a_rim_is_enough():
    edge = 2 * HALF / 1024
    cell = edge / 64
    for west, east, tiles in (
        (0.5, 1.0, 1),  # cells of the right half of a tile
        (-0.5 / 64, 0.5, 1),  # the last cell of the one before, too: its rim
        (-1.5 / 64, 0.5, 2),
        (0.5, 1 + 0.5 / 64, 1),
        (0.5, 1 + 1.5 / 64, 2),
    ):
        at = covering((west * edge, cell, east * edge - 1e-3, 2 * cell), 10)
        assert at.right - at.left + 1 == tiles
