"""A city after one change and another: green that comes and goes, paths that are drawn. Each equals one made anew."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings

from geoplatform.analysis import changes, registry, walking
from geoplatform.analysis import city as cities
from geoplatform.analysis.city import COLUMNS
from tests.analysis import make
from tests.analysis.test_proof import SEEDS, random_city, random_green, values

SUBJECTS = tuple(name for name in COLUMNS if name != "grid")
COMPUTED = [each for each in registry.indicators() if each.compute is not None]


def anew(city):
    """The same city, which knows of no earlier one."""
    return make.city(**{name: getattr(city, name) for name in (*SUBJECTS, "trees")})


def nodes(city, *walk):
    """Where the nodes are, in their order from west to east, and the walk from each."""
    ways = city.network
    order = np.lexsort((ways.y, ways.x))
    return ways.x[order], ways.y[order], city.walk(*walk).metres[order]


def assert_same(city, *walk):
    for ours, plain in zip(nodes(city, *walk), nodes(anew(city), *walk), strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=1e-6)


def other_green(city, rng):
    """The green with one more, one less, or one of another shape."""
    green = city.green
    chosen = green.index[rng.integers(len(green))] if len(green) else None
    what = rng.integers(3) if len(green) else 0
    if what == 0:
        new = random_green(rng, 1).set_axis([f"new{rng.integers(10**9)}"])
        return pd.concat([each for each in (green, new) if len(each)])
    if what == 1:
        return green.drop(index=chosen)
    moved = green.copy()
    moved.loc[chosen, "geometry"] = shapely.box(*rng.uniform(0, 900, 2), 950, 950)
    return moved


def other_streets(city, rng):
    """The streets with one more, drawn in one of the ways that somebody draws; rarely with one less."""
    streets = city.streets
    if rng.random() < 0.1:
        return streets.drop(index=streets.index[rng.integers(len(streets))])
    shapes = streets.geometry.to_numpy()
    corners = shapely.get_coordinates(shapes)
    on = shapely.line_interpolate_point(rng.choice(shapes, 2), rng.random(2), normalized=True)
    ends = [*corners[rng.integers(len(corners), size=2)], *shapely.get_coordinates(on)]
    path = [ends[rng.integers(4)], *rng.uniform(-50, 1050, (rng.integers(3), 2))]
    path.append(ends[rng.integers(4)] if rng.random() < 0.7 else rng.uniform(0, 1000, 2))
    kind = str(rng.choice(["footway", "footway", "footway", "residential", "motorway"]))
    new = make.streets(path, kind=kind, flat=bool(rng.integers(2)))
    found = pd.concat([streets, new.set_axis([f"{rng.choice(['a', 'z'])}{rng.integers(10**9)}"])])
    return found.sort_index() if rng.random() < 0.3 else found


@pytest.fixture(autouse=True, scope="module")
def _small_cities_are_repaired_too():
    """However much of a small city one path is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walking, "MOST", 1)
        patch.setattr(cities, "MOST", 1)
        yield


def follow(seed, steps, only=None):
    rng = np.random.default_rng(seed)
    city = random_city(seed)
    city = city.after(streets=city.streets.assign(flat=rng.random(len(city.streets)) < 0.3))
    of_each = {each.id: values(each, seed) for each in only or COMPUTED}
    walk = "public", 20.0, 1000.0, 25.0
    city.walk(*walk)
    rows = {each.id: each.compute(city, of_each[each.id]) for each in only or COMPUTED}
    for _step in range(steps):
        frames = {}
        if rng.random() < 0.7:
            frames["streets"] = other_streets(city, rng)
        if not frames or rng.random() < 0.5:
            frames["green"] = other_green(city, rng)
        now = city.after(**frames)
        assert_same(now, *walk)
        for each in only or COMPUTED:
            given = of_each[each.id]
            quarters = changes.touched(each, given, city, now)
            if quarters:
                fresh = each.compute(now.only(quarters), given)
                rows[each.id].loc[fresh.index] = fresh
            plain = each.compute(anew(now), given)
            pd.testing.assert_frame_equal(rows[each.id], plain, rtol=0, atol=1e-6, obj=each.id)
        city = now


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS)
def test_some_changes(seed):
    follow(seed, 3)


@pytest.mark.prove
@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_many_changes(seed):
    follow(seed, 6)


@pytest.mark.prove
@settings(max_examples=400, deadline=None)
@given(seed=SEEDS)
def test_many_walks(seed):
    follow(seed, 8, only=[registry.get("green-within-a-walk")])


def crossroads():
    """People along a street of 200 m, a park 100 m south of its middle, which no way leads to."""
    return make.city(
        quarters=make.quarters(make.square(-500, -500, 1000), inhabitants=[1000]),
        green=make.green(make.square(50, -200, 100)),
        streets=make.streets([(0, 0), (50, 0), (200, 0)]),
    )


def with_path(city, *path, flat=True):
    path = make.streets(path, kind="footway", flat=flat).set_axis(["path"])
    return city.after(streets=pd.concat([city.streets, path]))


def share(city, limit=100):
    indicator = registry.get("green-within-a-walk")
    return indicator.compute(city, indicator.values({"limit": limit, "tolerance": 0.5}))["share"].to_list()  # fmt: skip


def test_a_path_is_walked_by_those_who_live_where_it_sets_out():
    city = crossroads()
    assert share(city) == [0]
    now = with_path(city, (100, 0), (100, -100))
    assert len(now.network.x) == len(city.network.x) + 2
    # Eight places lie 25 m apart: two of them 12.5 m from where the path sets out, in the middle of an edge.
    assert share(now, 112) == [0]
    assert share(now, 113) == [25]
    assert share(with_path(city, (112.5, 0), (112.5, -100)), 125) == [37.5]


def test_a_drawn_path_meets_what_it_crosses():
    city = crossroads()
    across = [(112.5, 50), (112.5, -100)]
    assert share(with_path(city, *across)) == [12.5]
    assert share(with_path(city, *across, flat=False)) == [0]


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ([(100, 1), (100, 90)], True),
        ([(100, 0.04), (100, 90)], False),
        ([(100, -50), (100, 90)], False),
        ([(50, 0), (50, 90)], False),
    ],
)
def test_a_path_that_touches_nothing_is_an_island(path, lost):
    city = with_path(crossroads(), *path)
    assert city.islands(["path"]) == (["path"] if lost else [])
    assert anew(city).islands(["path", "nobody's"]) == (["path"] if lost else [])


def test_paths_that_meet_each_other_alone_are_an_island():
    paths = make.streets([(0, 50), (90, 50)], [(90, 50), (90, 90)], [(0, 50), (0, -50)], flat=True)
    paths = paths.set_axis(["a", "b", "c"])
    city = crossroads()
    both = city.after(streets=pd.concat([city.streets, paths.iloc[:2]]))
    assert both.islands(["a", "b"]) == ["a", "b"]
    all_ = city.after(streets=pd.concat([city.streets, paths]))
    assert all_.islands(["a", "b", "c"]) == []


def test_a_path_from_where_two_streets_meet_beside_a_third_parts_none_of_them():
    """Whether two lines meet is a matter of these two alone."""
    lines = [(0, 0), (100, 0)], [(50, 0.04), (50, 90)]
    city = crossroads().after(streets=make.streets(*lines))
    now = with_path(city, (50, 0.04), (80, 60))
    assert now.islands(["id1"]) == []
    assert_same(now, "public", 20.0, 5000.0, 25.0)


def test_a_new_green_lifts_its_neighbour_over_the_smallest_size():
    """0.6 ha alone do not count; with 0.5 ha beside them they do, also for who lives at their far end."""
    homes = [make.square(0, 0, 200), make.square(1300, 0, 200)]
    streets = make.streets([(0, 100), (200, 100)], [(1300, 100), (1500, 100)])
    small = make.green(make.square(250, 90, 400, 15))
    city = make.city(
        quarters=make.quarters(*homes, inhabitants=[100, 100]), streets=streets, green=small
    )
    indicator = registry.get("green-within-300-m")
    given = indicator.values()
    assert indicator.compute(city, given)["share"].to_list() == [0, 0]
    beside = make.green(make.square(660, 75, 100, 50)).set_axis(["new"])
    now = city.after(green=pd.concat([small, beside]))
    assert shapely.distance(beside.geometry.iloc[0], homes[0]) > 330
    assert changes.touched(indicator, given, city, now) == ["q0"]
    assert indicator.compute(now, given)["share"].to_list() == [100, 0]
