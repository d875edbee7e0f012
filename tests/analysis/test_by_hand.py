"""Each indicator on a city small enough to reckon by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from geoplatform.analysis import registry
from geoplatform.analysis.crowns import discs
from geoplatform.analysis.diversity import gini
from geoplatform.analysis.indicators.green_near_and_large import both
from tests.analysis import make


def rows(id: str, city, **given):
    """The figures of an indicator for a city, as dictionaries by quarter."""
    indicator = registry.get(id)
    assert indicator.compute is not None
    found = indicator.compute(city, indicator.values(given))
    assert list(found.columns) == [each.name for each in indicator.columns]
    return found.to_dict("index")


def one(id: str, city, **given):
    """The figures of the only quarter."""
    (found,) = rows(id, city, **given).values()
    return found


def test_green_per_inhabitant():
    # Two parks of 1 ha overlap by half; a third of what they cover lies outside of the quarter.
    quarter = make.quarters(make.square(0, 0, 1000), inhabitants=[2000])
    green = make.green(make.square(900, 0, 100), make.square(950, 0, 100))
    found = one("green-per-inhabitant", make.city(quarters=quarter, green=green))
    assert found == pytest.approx({"green": 5.0, "iso37120": 50.0})


def homes(*points, green, weight=1, inhabitants=1000.0, **more):
    """A quarter whose people live at these points."""
    quarter = make.quarters(make.square(-5000, -5000, 10_000), inhabitants=[inhabitants])
    return make.city(quarters=quarter, green=green, grid=make.grid(*points, weight=weight), **more)


def test_green_within_300_m():
    park = make.green(make.square(-100, -50, 100))
    found = one("green-within-300-m", homes((0, 0), (300, 0), (300.1, 0), (900, 0), green=park))
    assert found["share"] == 50
    assert (found["lower"], found["upper"]) == (25, 75)  # within 270 m, within 330 m


def test_gaps_of_20_metres_do_not_part_green():
    halves = [make.square(0, 0, 100, 50), make.square(120, 0, 100, 50)]
    wider = [make.square(0, 0, 100, 50), make.square(120.001, 0, 100, 50)]
    assert one("green-within-300-m", homes((-10, 0), green=make.green(*halves)))["share"] == 100
    assert one("green-within-300-m", homes((-10, 0), green=make.green(*wider)))["share"] == 0


CASES = {(200, 600): True, (200, 800): False, (400, 100): False, (300, 700): True}


def test_green_near_and_large():
    near, large = np.array(list(CASES)).T
    assert both(near <= 300, large <= 700).tolist() == list(CASES.values())
    assert both(near <= 300, large <= 700).mean() * 100 == 50


@pytest.mark.parametrize(("near", "far"), CASES)
def test_green_near_and_large_as_drawn(near, far):
    small = make.square(-100, -50, 100)
    large = make.square(near - 250, far, 500, 200)
    found = one("green-near-and-large", homes((near, 0), green=make.green(small, large)))
    # On the ground what is large enough for the one is so for the other: 400 m and 100 m cannot be.
    assert found["share"] == (100 if CASES[near, far] or far <= 300 else 0)


def walkers():
    """A-E in a line, 100 m apart, a park 20 m from A; F-G apart from all."""
    line = [(100 * n, 0) for n in range(5)]
    apart = [(0, 2000), (100, 2000)]
    park = make.green(make.square(-120, -50, 100))
    return homes(
        *line,
        *apart,
        weight=[50, 100, 100, 100, 50, 50, 50],
        green=park,
        streets=make.streets(line, apart),
    )


def test_green_within_a_walk():
    found = one("green-within-a-walk", walkers())
    assert found["share"] == pytest.approx(50)
    assert found["far"] == pytest.approx(80)


def test_walk_to_green():
    assert one("walk-to-green", walkers()) == pytest.approx({"walk": 220, "unreachable": 20})


def test_park_area_within_a_walk():
    park = make.green(make.square(0, 10, 100, 60))
    street = make.streets([(0, 0), (200, 0)])
    city = homes((50, 0), (100, 0), green=park, inhabitants=1500.0, streets=street)
    assert one("park-area-within-a-walk", city) == pytest.approx({"area": 4.0})
    target = registry.get("park-area-within-a-walk").targets[0]
    assert target.value > 4.0


def test_allotments():
    quarter = make.quarters(make.square(0, 0, 1000), inhabitants=[2000])
    plots = make.plots(*(make.square(20 * n, 0, 20) for n in range(46)))
    site = make.gardens(make.square(0, 0, 920, 20))
    found = one("allotments", make.city(quarters=quarter, plots=plots, gardens=site))
    assert found == pytest.approx({"plots": 23.0, "area": 9.2})


def test_sites_without_recorded_plots_have_an_unknown_number():
    quarter = make.quarters(make.square(0, 0, 1000), inhabitants=[2000])
    found = one("allotments", make.city(quarters=quarter, gardens=make.gardens(make.square(0, 0, 100))))  # fmt: skip
    assert math.isnan(found["plots"])
    assert found["area"] == pytest.approx(5)


def test_large_plots():
    quarter = make.quarters(make.square(0, 0, 1000), inhabitants=[2000])
    areas = (380, 400, 401, 450)
    plots = make.plots(*(make.square(0, 50 * n, area / 20, 20) for n, area in enumerate(areas)))
    found = one("large-plots", make.city(quarters=quarter, plots=plots))
    assert found == {"large": 50, "plots": 4}


def hectare(**subjects):
    return make.city(quarters=make.quarters(make.square(0, 0, 100), inhabitants=[100]), **subjects)


def test_trees_per_hectare():
    assert one("trees-per-hectare", hectare(trees=make.trees({"number": 4})))["density"] == 4


def test_crown_cover():
    crowns = make.crowns((20, 20), (20, 70), (70, 20), (70, 70), crown_m=20)
    assert round(one("crown-cover", hectare(crowns=crowns))["cover"], 2) == 12.57


def test_crowns_that_overlap_count_once():
    # Two circles of radius 10 whose centres are 10 apart share a lens (Wikipedia, Lens (geometry)).
    lens = 2 * 100 * math.acos(0.5) - 5 * math.sqrt(400 - 100)
    crowns = make.crowns((40, 40), (50, 40), crown_m=20)
    found = one("crown-cover", hectare(crowns=crowns))["cover"]
    assert found == pytest.approx((200 * math.pi - lens) / 100, rel=0.001)


def test_a_crown_has_the_area_of_its_circle():
    crowns = make.crowns((0, 0), (9, 9), crown_m=[3, 17])
    areas = [each.area for each in discs(crowns.geometry.to_numpy(), crowns["crown_m"].to_numpy())]
    assert areas == pytest.approx([math.pi * 1.5**2, math.pi * 8.5**2])


def test_edible_trees():
    quarter = make.quarters(make.square(0, 0, 100), inhabitants=[3500])
    trees = make.trees(
        {"edible": True, "access": "public", "number": 7},
        {"edible": True, "access": "own-property", "number": 2},
        {"edible": None, "access": "public", "number": 5},
        {"edible": False, "access": "public", "number": 3},
    )
    assert one("edible-trees", make.city(quarters=quarter, trees=trees))["edible"] == pytest.approx(2.0)  # fmt: skip


def test_tree_diversity():
    kinds = {"Tilia cordata": 50, "Acer campestre": 30, "Quercus robur": 20}
    trees = make.trees(
        *({"species": name, "genus": name.split()[0], "number": n} for name, n in kinds.items())
    )
    found = one("tree-diversity", hectare(trees=trees))
    assert round(found["entropy"], 4) == 1.0297
    assert round(found["effective"], 2) == 2.80
    assert found["species"] == 50
    limit = registry.get("tree-diversity").targets[0]
    assert (limit.column, limit.value, limit.at_least) == ("species", 10, False)


def test_mesh_size():
    quarter = make.quarters(make.square(0, 0, 1000, 100), inhabitants=[100])
    half_inside = make.green(make.square(800, 0, 400, 100))
    found = one("mesh-size", make.city(quarters=quarter, green=half_inside))
    assert found["mesh"] == pytest.approx(0.8)


def test_corridor_gaps():
    quarter = make.quarters(make.square(-50, -50, 500), inhabitants=[100])
    lines = make.corridors([(0, 0), (100, 0)], [(115, 0), (200, 0)], [(260, 0), (300, 0)])
    found = one("corridor-gaps", make.city(quarters=quarter, corridors=lines))
    assert found == {"gaps": 1, "longest": 60, "components": 2}


def test_three_trees_in_view_is_not_computed():
    indicator = registry.get("three-trees-in-view")
    assert indicator.compute is None
    assert "buildings" in str(indicator.missing)


def test_gini():
    assert gini(pd.Series([2, 4, 6, 8])) == pytest.approx(0.25)
    assert gini(pd.Series([5, 5, 5, None])) == pytest.approx(0)
    assert math.isnan(gini(pd.Series([0, 0])))
    with pytest.raises(ValueError, match="negative"):
        gini(pd.Series([1, -1]))
