"""Each indicator on random small cities, against the slow and plain way of `brute`; and edits against starting anew."""

import itertools

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.analysis import changes, registry
from geoplatform.analysis.city import City
from tests.analysis import brute, make

COMPUTED = [each.id for each in registry.indicators() if each.compute is not None]
SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=4, deadline=None)
MANY = settings(max_examples=150, deadline=None)
KINDS = ["park", "park", "garden", "forest", "farmland", "playground"]
SPECIES = {
    "Tilia cordata": ("Tilia", "Malvaceae"),
    "Acer campestre": ("Acer", "Sapindaceae"),
    "Acer rubrum": ("Acer", "Sapindaceae"),
    "Malus domestica": ("Malus", "Rosaceae"),
    "": ("Tilia", "Malvaceae"),
}


def random_city(seed: int) -> City:
    """Two to four quarters of a square kilometre and all that may be in them, some of it beyond their border."""
    rng = np.random.default_rng(seed)
    edges = [0, *sorted(rng.uniform(150, 850, rng.integers(1, 4))), 1000]
    areas = [shapely.box(a, 0, b, 1000) for a, b in itertools.pairwise(edges)]
    people = rng.choice([np.nan, 0, 100, 2500, 7777], len(areas))
    return make.city(
        quarters=make.quarters(*areas, inhabitants=people),
        green=random_green(rng, int(rng.integers(0, 9))),
        gardens=make.gardens(*boxes(rng, 3, 150)).assign(
            kind=rng.choice(["allotment-site", "community"], 3)
        ),
        plots=make.plots(*boxes(rng, int(rng.integers(0, 12)), 25)),
        corridors=make.corridors(
            *(
                rng.uniform(0, 1000, (1, 2)) + rng.uniform(-150, 150, (2, 2))
                for _n in range(rng.integers(0, 9))
            )
        ),
        streets=random_streets(rng),
        crowns=make.crowns(*rng.uniform(-20, 1020, (20, 2)), crown_m=rng.uniform(1, 60, 20)),
        trees=make.trees(*(random_trees(rng, len(areas)) for _n in range(rng.integers(0, 20)))),
    )


def random_line(rng):
    return rng.uniform(0, 1000, (1, 2)) + rng.uniform(-150, 150, (2, 2))


def boxes(rng, count, size):
    return [
        shapely.box(x, y, x + w, y + h)
        for (x, y), (w, h) in zip(
            rng.uniform(-50, 1000, (count, 2)), rng.uniform(5, size, (count, 2)), strict=True
        )
    ]


def random_green(rng, count):
    said = [None if n == 0 else bool(n - 1) for n in rng.integers(0, 3, count)]
    kinds = list(rng.choice(KINDS, count))
    return make.green(*boxes(rng, count, 250), kind=kinds or "park", public_access=said)


def random_streets(rng):
    """A web between random places; some streets end upon others, some pass over others."""
    places = rng.uniform(-100, 1100, (14, 2))
    lines = []
    for n, place in enumerate(places):
        near = np.argsort(np.hypot(*(places - place).T))[1:4]
        lines += [(place, places[m]) for m in near[: rng.integers(1, 4)] if m != n]
    for _n in range(3):
        line = shapely.LineString(lines[rng.integers(len(lines))])
        end = line.interpolate(rng.uniform(0.2, 0.8), normalized=True)
        lines.append((rng.uniform(0, 1000, 2), (end.x, end.y)))
    kinds = rng.choice(
        ["residential", "residential", "footway", "living_street", "motorway"], len(lines)
    )
    return make.streets(*lines, kind=list(kinds))


def random_trees(rng, quarters):
    species = str(rng.choice(list(SPECIES)))
    genus, family = SPECIES[species]
    return {
        "quarter": f"q{rng.integers(quarters)}",
        "species": species,
        "genus": genus,
        "family": family if rng.random() < 0.8 else "",
        "edible": [None, True, False][rng.integers(3)],
        "access": str(rng.choice(["", "public", "owner-permits", "own-property"])),
        "number": int(rng.integers(1, 5)),
    }


def values(indicator, seed):
    """Parameters near their defaults, some smaller, so that both sides of a limit are met."""
    rng = np.random.default_rng(seed)
    return {
        each.name: float(np.clip(each.default * rng.choice([1, 1, 0.5, 0.2]), each.low, each.high))
        for each in indicator.parameters
    }


def compare(id, seed):
    city, indicator = random_city(seed), registry.get(id)
    given = values(indicator, seed)
    ours = indicator.compute(city, given).astype("float64")
    plain = brute.compute(id, city, given).astype("float64")[list(ours.columns)]
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-6, atol=1e-6, check_names=False)


@pytest.mark.parametrize("id", COMPUTED)
@FEW
@given(seed=SEEDS)
def test_some_cities(id, seed):
    compare(id, seed)


@pytest.mark.prove
@pytest.mark.parametrize("id", COMPUTED)
@MANY
@given(seed=SEEDS)
def test_many_cities(id, seed):
    compare(id, seed)


def edit(seed):
    """A city, and the same one after an edit of green, crowns, plots, corridors or trees."""
    city = random_city(seed)
    rng = np.random.default_rng(seed + 1)
    what = rng.choice(["green", "crowns", "plots", "gardens", "corridors", "trees"])
    other = getattr(random_city(seed + 1), what)
    frame = getattr(city, what)
    if what == "trees":
        other = other[other["quarter"].isin(city.quarters.index)]
        return city, city.after(trees=pd.concat([frame.iloc[1:], other.iloc[:1]], ignore_index=True))  # fmt: skip
    more = other.iloc[:1].set_axis(["new"] * len(other.iloc[:1]))
    left = frame.drop(index=frame.index[rng.integers(0, 2) : 1])
    return city, city.after(**{what: pd.concat([left, more]).sort_index()})


def follow(seed):
    """What is computed again for the quarters touched equals a city that knows of no earlier one."""
    before, after = edit(seed)
    for indicator in registry.indicators():
        if indicator.compute is None:
            continue
        given = values(indicator, seed)
        rows = indicator.compute(before, given)
        quarters = changes.touched(indicator, given, before, after)
        fresh = indicator.compute(after.only(quarters), given) if quarters else rows.iloc[:0]
        rows.loc[fresh.index] = fresh
        names = ("quarters", "green", "gardens", "plots", "corridors", "streets", "crowns", "trees")
        anew = make.city(**{name: getattr(after, name) for name in names})
        pd.testing.assert_frame_equal(
            rows, indicator.compute(anew, given), check_exact=True, obj=indicator.id
        )


@FEW
@given(seed=SEEDS)
def test_an_edit_gives_what_starting_anew_gives(seed):
    follow(seed)


@pytest.mark.prove
@settings(max_examples=1000, deadline=None)
@given(seed=SEEDS)
def test_many_edits_give_what_starting_anew_gives(seed):
    follow(seed)
