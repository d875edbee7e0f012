"""Walks between features by hand, and equal to those of networkx on small random networks."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from geoplatform.analysis.between import walks
from geoplatform.analysis.network import network
from tests.analysis.between import graph_of, walk

TOLERANCE = 25.0


def ways(*lines):
    return network(np.array([shapely.LineString(each) for each in lines], dtype=object))


def shapes(*geometries):
    return np.array(geometries, dtype=object)


def test_both_in_the_middle_of_one_street():
    street = ways([(0, 0), (90, 0)])
    tree, bench = shapely.Point(20, 5), shapely.Point(70, -10)
    assert walks(street, shapes(tree), shapes(bench), TOLERANCE).tolist() == [5 + 50 + 10]


def test_the_nearer_of_two_and_none():
    street = ways([(0, 0), (300, 0)], [(0, 500), (300, 500)])
    trees = shapes(shapely.Point(100, 0), shapely.Point(100, 500), shapely.Point(100, 300))
    others = shapes(shapely.Point(40, 0), shapely.Point(180, 0))
    assert walks(street, trees, others, TOLERANCE).tolist() == [60, math.inf, math.inf]


def test_an_area_is_left_where_the_path_leaves_it():
    street = ways([(0, 0), (90, 0)])
    garden = shapely.box(10, -5, 30, 5)
    tree = shapely.Point(50, 0)
    assert walks(street, shapes(tree), shapes(garden), TOLERANCE).tolist() == [20]
    assert walks(street, shapes(garden), shapes(tree), TOLERANCE).tolist() == [20]
    assert walks(street, shapes(shapely.Point(20, 0)), shapes(garden), TOLERANCE).tolist() == [0]


def test_farther_than_the_tolerance_no_path_leads():
    street = ways([(0, 0), (90, 0)])
    bench = shapes(shapely.Point(80, 0))
    found = walks(street, shapes(shapely.Point(20, 25), shapely.Point(20, 25.1)), bench, TOLERANCE)
    assert found.tolist() == [25 + 60, math.inf]


def test_nothing_to_walk_on_or_to():
    tree, none = shapes(shapely.Point(0, 0)), np.zeros(0, dtype=object)
    other = shapes(shapely.Point(9, 9))
    assert walks(network(none), tree, other, TOLERANCE).tolist() == [math.inf]
    assert walks(ways([(0, 0), (90, 0)]), tree, none, TOLERANCE).tolist() == [math.inf]
    assert walks(ways([(0, 0), (90, 0)]), none, tree, TOLERANCE).tolist() == []


spots = st.tuples(st.integers(0, 4), st.integers(0, 3))
off = st.integers(-30, 30)


@st.composite
def towns(draw):
    """Lines between the corners of a grid 60 m wide; points and boxes beside them."""
    pairs = draw(st.lists(st.tuples(spots, spots), min_size=2, max_size=7))
    lines = [[(60 * x, 60 * y) for x, y in pair] for pair in pairs if pair[0] != pair[1]]

    def place():
        (x, y), dx, dy = draw(spots), draw(off), draw(off)
        return 60 * x + dx, 60 * y + dy

    def shape():
        x, y = place()
        size = draw(st.integers(0, 40))
        return shapely.box(x, y, x + size, y + size / 2) if size > 5 else shapely.Point(x, y)

    some = [shape() for _each in range(draw(st.integers(1, 5)))]
    others = [shape() for _each in range(draw(st.integers(1, 3)))]
    return lines, some, others


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(towns())
def test_walks_are_those_of_networkx(town):
    lines, some, others = town
    if not lines:
        return
    street = ways(*lines)
    graph = graph_of(street, [*some, *others])
    expected = []
    for number, shape in enumerate(some):
        doors = (("shape", len(some) + n) for n in range(len(others)))
        far = min(walk(graph, ("shape", number), door) for door in doors)
        expected.append(0.0 if any(shape.intersects(each) for each in others) else far)
    event(f"{sum(0 < each < math.inf for each in expected)} walks")
    found = walks(street, shapes(*some), shapes(*others), TOLERANCE)
    assert found.tolist() == pytest.approx(expected, abs=1e-6)
