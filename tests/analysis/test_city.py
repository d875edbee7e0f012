"""What a city finds out of its frames: its border, its network, its patches."""

import numpy as np
import pytest
import shapely

from geoplatform.analysis import green, network, walking
from tests.analysis import make


@pytest.mark.parametrize("corners", [3, 48, 49, 50, 51, 99, 100, 101, 150])
def test_the_edge_is_the_whole_border(corners):
    turns = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    known = shapely.Polygon(np.column_stack([np.cos(turns), np.sin(turns)]) * 1000)
    city = make.city(quarters=make.quarters(known, make.square(5000, 0, 10), inhabitants=[1, 1]))
    assert shapely.length(city.edge).sum() == pytest.approx(known.length + 40)
    whole = shapely.union_all(city.quarters.geometry.to_numpy()).boundary
    assert shapely.union_all(city.edge).equals(whole)


def lengths(*lines, flat=False):
    """Metres from the first vertex of the first line to the end of the last one; infinite where no way leads."""
    shapes = np.array([shapely.LineString(each) for each in lines])
    ways = network.network(shapes, flat=np.full(len(shapes), flat))
    doors = walking.entrances(ways, shapely.points([lines[0][0]]), 0.1)
    (end,) = ways.nodes.query(shapely.Point(lines[-1][-1]), predicate="dwithin", distance=0.01)
    return walking.field(ways, doors, 1).metres[end]


def test_lines_meet_at_shared_vertices():
    assert lengths([(0, 0), (50, 0), (90, 0)], [(50, 0), (50, 30)]) == 80


def test_a_line_that_ends_upon_another_meets_it():
    assert lengths([(0, 0), (90, 0)], [(50, 0.04), (50, 30)]) == pytest.approx(80, abs=0.1)
    assert lengths([(0, 0), (90, 0)], [(50, 0.06), (50, 30)]) == np.inf


def test_lines_that_cross_are_a_bridge_unless_they_know_no_levels():
    crossing = [(0, 0), (90, 0)], [(50, -30), (50, 30)]
    assert lengths(*crossing) == np.inf
    assert lengths(*crossing, flat=True) == 80


def test_of_parallel_ways_the_shortest_counts():
    detour = [(0, 0), (50, 40), (100, 0)]
    assert lengths(detour, [(0, 0), (100, 0)]) == 100


def test_a_long_street_can_be_left_on_its_way():
    """Straight along a park, with vertices far from it."""
    ways = network.network(np.array([shapely.LineString([(0, 0), (1000, 0)])]))
    park = np.array([make.square(400, 10, 200)])
    assert len(walking.entrances(ways, park, 25).node) >= 2
    assert ways.length.max() <= network.LONGEST
    assert ways.length.sum() == pytest.approx(1000)


def test_a_network_without_streets_leads_nowhere():
    ways = network.network(np.zeros(0, dtype=object))
    doors = walking.entrances(ways, np.array([make.square(0, 0, 10)]), 25)
    assert len(walking.field(ways, doors, 1).metres) == 0


def test_a_gap_of_exactly_20_metres_is_none():
    areas = np.array([make.square(0, 0, 10), make.square(30, 0, 10), make.square(60.001, 0, 10)])
    found = green.patches(areas, 20)
    assert found.size[found.patch] == pytest.approx([200, 200, 100])
