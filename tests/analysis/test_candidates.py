"""Where green would help most: whom each site serves as a city with it says, and choices against all there are."""

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.analysis import candidates, need
from tests.analysis import make
from tests.analysis.test_proof import SEEDS, boxes, random_city

VALUES = {"limit": 200.0, "area": 0.5, "gap": 20.0, "tolerance": 25.0}


def served_with(city, site):
    """Who has green within the limit in the city with a park more, and not in the city as it is."""
    new = make.green(site).set_axis(["new"])
    green = pd.concat([each for each in (city.green, new) if len(each)])
    walk = "public", VALUES["gap"], VALUES["area"] * 1e4, VALUES["tolerance"]
    before, after = (
        each.everybody[0].walk(each.walk(*walk))[0] <= VALUES["limit"]
        for each in (city, city.after(green=green))
    )
    return np.flatnonzero(after & ~before)


def follow(seed):
    city = random_city(seed)
    sites = np.array(boxes(np.random.default_rng(seed), 6, 200))
    found = candidates.newly_served(city, sites, VALUES)
    for site, own in zip(sites, found, strict=True):
        assert own.tolist() == served_with(city, site).tolist()


@settings(max_examples=10, deadline=None)
@given(seed=SEEDS)
def test_a_site_serves_whom_a_park_there_would(seed):
    follow(seed)


@pytest.mark.prove
@settings(max_examples=1000, deadline=None)
@given(seed=SEEDS)
def test_many_sites_serve_whom_a_park_there_would(seed):
    follow(seed)


SERVED = st.lists(
    st.lists(st.integers(0, 11), unique=True).map(lambda own: np.array(own, dtype=np.intp)),
    min_size=1,
    max_size=7,
)
WEIGHTS = st.lists(st.integers(0, 50), min_size=12, max_size=12).map(
    lambda numbers: np.array(numbers, dtype=float)
)
HECTARES = st.lists(st.integers(1, 40), min_size=7, max_size=7).map(
    lambda numbers: np.array(numbers) / 10
)


def together(sites, served, weight):
    return weight[sorted({int(n) for site in sites for n in served[site]})].sum()


def best(served, weight, allowed):
    """The most that any choice serves, all of them tried."""
    every = range(len(served))
    choices = (
        sites for size in range(len(served) + 1) for sites in itertools.combinations(every, size)
    )
    return max(together(sites, served, weight) for sites in choices if allowed(sites))


def assert_within_its_bounds(plan, served, weight, allowed):
    sites = [each.site for each in plan.choices]
    most = best(served, weight, allowed)
    assert allowed(sites)
    assert plan.served == together(sites, served, weight)
    assert plan.bound * most - 1e-9 <= plan.served <= most <= plan.ceiling + 1e-9


@settings(deadline=None)
@given(SERVED, WEIGHTS, st.integers(1, 5))
def test_so_many_sites(served, weight, most):
    plan = candidates.by_number(served, weight, most)
    assert_within_its_bounds(plan, served, weight, lambda sites: len(sites) <= most)
    single = best(served, weight, lambda sites: len(sites) == 1)
    if single:
        assert plan.choices[0].gain == single
    # Each next one is the best of those left.
    for number, choice in enumerate(plan.choices):
        before = [each.site for each in plan.choices[:number]]
        gains = [together([*before, n], served, weight) for n in range(len(served))]
        assert together([*before, choice.site], served, weight) == max(gains)


@settings(deadline=None)
@given(SERVED, WEIGHTS, HECTARES, st.integers(1, 100))
def test_so_many_hectares(served, weight, hectares, tenths):
    hectares, most = hectares[: len(served)], tenths / 10
    plan = candidates.by_area(served, weight, hectares, most)
    assert_within_its_bounds(
        plan, served, weight, lambda sites: sum(hectares[list(sites)]) <= most + 1e-9
    )


def town(*areas, inhabitants=1000.0):
    """Two streets of 400 m, 400 m apart, at either end of a quarter; a park of 0.3 ha in the north."""
    return make.city(
        quarters=make.quarters(make.square(0, 0, 1000), inhabitants=[inhabitants]),
        green=make.green(*(areas or [make.square(0, 700, 60, 50)])),
        streets=make.streets([(0, 200), (400, 200)], [(0, 680), (400, 680)]),
    )


def test_a_site_lifts_the_small_park_beside_it():
    city = town()
    beside, alone = make.square(65, 710, 60, 50), make.square(0, 210, 60, 50)
    lifted, small = candidates.newly_served(city, np.array([beside, alone]), VALUES)
    assert len(small) == 0
    # The street leads into the old park alone, 20 m from its first node: 180 m of it are within the limit.
    points = shapely.get_coordinates(city.everybody[0].points)
    assert lifted.tolist() == np.flatnonzero((points[:, 1] == 680) & (points[:, 0] <= 180)).tolist()
    assert len(lifted) == 7


def test_of_unknown_inhabitants_shares_are_told():
    assert candidates.people(town()).known
    unknown = candidates.people(town(inhabitants=np.nan))
    assert not unknown.known
    assert unknown.weight.sum() == pytest.approx(100)


def test_a_city_without_streets_serves_nobody():
    city = make.city(quarters=make.quarters(make.square(0, 0, 1000), inhabitants=[5]))
    site = np.array([make.square(0, 0, 200)])
    (own,) = candidates.newly_served(city, site, VALUES)
    assert len(own) == 0
    plan = candidates.by_number([own], candidates.people(city).weight, 3)
    assert (plan.choices, plan.served, plan.ceiling) == ((), 0, 0)


def test_who_goes_without_by_the_band_of_the_limit():
    """A street of 400 m, at whose west end a park begins: 16 places, the limit 200 m, its band 20 m."""
    city = town(make.square(-100, 650, 100, 60))
    city = city.after(streets=make.streets([(0, 680), (400, 680)]))
    found = need.need(city, VALUES, known=True)
    # Places lie 12.5, 37.5, ... 387.5 m from it: eight within 200 m, one more within 220 m.
    assert found.quarters.loc["q0"].to_dict() == pytest.approx(
        {"within": 50, "just": 6.25, "beyond": 43.75}
    )
    assert found.people.loc["q0"].to_dict() == pytest.approx(
        {"within": 500, "just": 62.5, "beyond": 437.5}
    )
    assert found.side == 100
    assert found.x.tolist() == [250, 350]
    assert found.y.tolist() == [650, 650]
    assert found.without == pytest.approx([250, 250])
    assert found.beyond == pytest.approx([187.5, 250])


def test_many_places_are_told_in_larger_squares(monkeypatch):
    monkeypatch.setattr(need, "MOST_CELLS", 2)
    found = need.need(town(inhabitants=np.nan), VALUES, known=False)
    assert len(found.x) <= 2
    assert found.side > 100
    assert found.without.sum() == pytest.approx(100)
    assert found.people.isna().all(axis=None)
