"""Questions of features: by hand, and against shapely and networkx without any index."""

import datetime as dt
import itertools
import json
import math

import pytest
import shapely
from django.contrib.gis.geos import LineString, MultiPolygon, Polygon
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from geoplatform.analysis import drawn, keeping, question
from geoplatform.analysis.reply import reply
from geoplatform.query.errors import QueryError
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from layers.streets import Street
from tests import make
from tests.analysis.between import graph_of, walk

TOWN = "13004000"
SRID = 25833
# Within both quarters of tests.make, around the edge that they share; 0.001 degree is 67 m or 111 m.
WEST, SOUTH = 11.09, 53.05
METRIC = Transformer.from_crs(4326, SRID, always_xy=True)
pytestmark = pytest.mark.usefixtures("nothing_is_kept")


@pytest.fixture
def town(db):
    return make.town()


def ask(**parameters):
    given = {name.replace("_", "-"): str(value) for name, value in parameters.items()}
    towns = [] if "area" in given else [TOWN]
    return reply(question.parse(given, towns))


def by_key(found, column="value"):
    return dict(zip(found.rows["key"], found.rows[column], strict=True))


def metres(geometry):
    """A geometry of the database as shapely has it, in metres."""
    return shapely.transform(shapely.from_wkb(bytes(geometry.wkb)), METRIC.transform, interleaved=False)  # fmt: skip


def park(*boxes, **values):
    shapes = MultiPolygon([Polygon.from_bbox(each) for each in boxes], srid=4326)
    return GreenSpace.objects.create(area=shapes, source=make.source(), **{"kind": "park", **values})  # fmt: skip


def street(*points, **values):
    return Street.objects.create(
        course=LineString(*points, srid=4326), source=make.source(), **{"kind": "footway", **values}
    )


def tree(x, y, **values):
    return make.plant(x, y, own_growth_form="tree", **values)


# By hand


def test_how_many_trees_a_quarter_has(town):
    for x in (11.01, 11.02, 11.15):
        tree(x, 53.05)
    tree(11.03, 53.05, status="gone")
    found = ask(layer="trees")
    assert by_key(found) == {"a": 2, "b": 1}
    assert found.version > 0
    assert list(found.rows["municipality"].unique()) == [TOWN]
    assert found.licences == ("cc-zero",)
    assert by_key(ask(layer="trees", per="municipality")) == {TOWN: 3}


def test_only_who_gave_what_was_read_is_named(town):
    tree(11.01, 53.05)
    tree(11.21, 53.05, licence="odbl", source=make.source("next-door", attribution="Next door"))
    tree(7.01, 50.05, licence="cc-by/4.0", source=make.source("far-away", attribution="Far away"))
    found = ask(layer="trees")
    assert found.licences == ("cc-zero", "odbl")
    assert "Next door" in found.attributions
    assert "Far away" not in found.attributions


def test_a_way_that_runs_back_over_itself_counts_once(town):
    there, back = (11.05, 53.05), (11.06, 53.05)
    for course in ((there, back), (there, back, there)):
        Street.objects.create(
            kind="path", source=make.source(), course=LineString(*course, srid=4326)
        )
    once = shapely.length(metres(LineString(there, back, srid=4326)))
    found = ask(layer="streets", figure="length")
    assert by_key(found)["a"] == pytest.approx(2 * once)


def test_sums_and_means_of_what_is_known(town):
    tree(11.01, 53.05, height_m=10)
    tree(11.02, 53.05, height_m=20)
    tree(11.03, 53.05)
    found = ask(layer="trees", figure="mean", number="height_m")
    assert by_key(found, "features") == {"a": 3, "b": 0}
    assert by_key(found, "known") == {"a": 2, "b": 0}
    assert by_key(found)["a"] == 15
    assert math.isnan(by_key(found)["b"])
    assert by_key(ask(layer="trees", figure="sum", number="height_m")) == {"a": 30, "b": 0}


def test_an_area_that_overlaps_counts_once_and_where_it_lies(town):
    park((11.05, 53.05, 11.15, 53.06))
    park((11.052, 53.052, 11.058, 53.058), kind="forest")
    whole = metres(GreenSpace.objects.get(kind="park").area)
    found = by_key(ask(layer="green-spaces", figure="area"))
    assert sum(found.values()) == pytest.approx(whole.area, rel=1e-6)
    assert found["a"] == pytest.approx(found["b"], rel=1e-3)
    forest = metres(GreenSpace.objects.get(kind="forest").area).area
    one = by_key(ask(layer="green-spaces", figure="area", filter="kind = 'forest'"))
    assert one == {"a": pytest.approx(forest, rel=1e-6), "b": 0}


def test_what_stands_in_a_park_and_what_in_none(town):
    park((11.01, 53.01, 11.02, 53.02))
    tree(11.015, 53.015)
    tree(11.03, 53.015)
    inside = {"relation": "within", "other": "green-spaces"}
    assert by_key(ask(layer="trees", **inside)) == {"a": 1, "b": 0}
    assert by_key(ask(layer="trees", match="none", **inside)) == {"a": 1, "b": 0}
    assert by_key(ask(layer="green-spaces", relation="contains", other="trees")) == {"a": 1, "b": 0}


def test_a_feature_is_not_beside_itself(town):
    tree(11.01, 53.05)
    alone = {"relation": "distance", "metres": 100, "other": "trees"}
    assert by_key(ask(layer="trees", **alone)) == {"a": 0, "b": 0}
    tree(11.0101, 53.05)
    assert by_key(ask(layer="trees", **alone)) == {"a": 2, "b": 0}


def test_a_walk_begins_and_ends_in_the_middle_of_a_street(town):
    """A straight street of some hundred metres: a tree beside it, a playground 200 m on."""
    street((11.09, 53.05), (11.10, 53.05))
    tree(11.0905, 53.05005)
    place = metres(tree(11.0935, 53.05, status="gone").location)
    park((11.0935, 53.04995, 11.0936, 53.05005), kind="playground")
    way = place.distance(metres(Plant.objects.get(status="confirmed").location))
    walk = {"layer": "trees", "relation": "walk", "other": "green-spaces"}
    assert by_key(ask(metres=way - 2, **walk)) == {"a": 0, "b": 0}
    # Five metres to the street besides.
    assert by_key(ask(metres=way + 6, **walk)) == {"a": 1, "b": 0}
    assert by_key(ask(metres=way + 6, match="none", **walk)) == {"a": 0, "b": 0}


def test_a_drawn_area_across_a_border(town):
    tree(11.09, 53.05)
    tree(11.11, 53.05)
    tree(11.19, 53.05)
    area = json.dumps(json.loads(Polygon.from_bbox((11.08, 53.04, 11.12, 53.06)).geojson))
    found = ask(layer="trees", area=area)
    assert list(found.rows["value"]) == [2]
    assert list(found.rows["name"]) == ["Drawn area"]
    again = question.parse(found.question.parameters(), [])
    assert again.parameters() == found.question.parameters()
    park((11.115, 53.045, 11.13, 53.055))
    found = ask(layer="green-spaces", figure="area", area=area)
    inside = Polygon.from_bbox((11.115, 53.045, 11.12, 53.055))
    assert found.rows["value"].iloc[0] == pytest.approx(metres(inside).area, rel=2e-5)


def test_as_it_was(fresh_database):
    make.town()
    tree(11.01, 53.05)
    first = ask(layer="trees")
    Plant.objects.all().delete()
    assert by_key(ask(layer="trees")) == {"a": 0, "b": 0}
    then = reply(first.question, at=first.at)
    assert by_key(then) == by_key(first) == {"a": 1, "b": 0}
    assert then.version == first.version
    with pytest.raises(QueryError, match="future"):
        reply(first.question, at=first.at + dt.timedelta(days=1))


# Against the slow and plain way

# A busy machine is no fault; layers are taken away before each try.
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
place = st.tuples(st.integers(0, 300), st.integers(0, 150))
numbers = st.one_of(st.none(), st.integers(1, 30))


def degrees(spot):
    return WEST + spot[0] * 0.0001 - 0.005, SOUTH + spot[1] * 0.0001


@st.composite
def layers(draw):
    trees = draw(st.lists(st.tuples(place, numbers), min_size=1, max_size=8))
    parks = draw(st.lists(st.tuples(place, st.integers(2, 60), st.integers(2, 60)), max_size=4))
    spots = draw(st.lists(place, min_size=2, max_size=7, unique=True))
    lines = draw(
        st.lists(
            st.lists(st.sampled_from(spots), min_size=2, max_size=4).filter(
                lambda line: all(a != b for a, b in itertools.pairwise(line))
            ),
            max_size=5,
        )
    )
    return trees, parks, lines


def put(drawn_layers):
    trees, parks, lines = drawn_layers
    for model in (Plant, GreenSpace, Street):
        model.objects.all().delete()
    for spot, height in trees:
        tree(*degrees(spot), height_m=height)
    for spot, width, height in parks:
        x, y = degrees(spot)
        park((x, y, x + width * 0.0001, y + height * 0.0001))
    for line in lines:
        street(*map(degrees, line))


def quarter_of(shapes):
    """Key by tree: the quarter that it lies in, the first one on the edge."""
    return {each.id: "a" if each.location.x <= 11.1 else "b" for each in shapes}


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(layers(), st.integers(0, 900), st.booleans())
def test_straight_distances_are_those_of_shapely(town, drawn_layers, limit, none):
    put(drawn_layers)
    keeping.forget()
    parks = [metres(each.area) for each in GreenSpace.objects.all()]
    homes = quarter_of(Plant.objects.all())
    expected = {"a": [], "b": []}
    for each in Plant.objects.all():
        far = min((park.distance(metres(each.location)) for park in parks), default=math.inf)
        if abs(far - limit) < 1e-6:
            return
        if (far <= limit) != none:
            expected[homes[each.id]].append(each.height_m)
    match = "none" if none else "some"
    beside = {"relation": "distance", "metres": limit, "other": "green-spaces", "match": match}
    found = ask(layer="trees", figure="sum", number="height_m", **beside)
    assert by_key(found, "features") == {key: len(each) for key, each in expected.items()}
    assert by_key(found) == {key: sum(h for h in each if h) for key, each in expected.items()}
    # The same the other way round: parks beside trees.
    trees = [metres(each.location) for each in Plant.objects.all()]
    some = sum(any(park.distance(each) <= limit for each in trees) != none for park in parks)
    backwards = ask(layer="green-spaces", **{**beside, "other": "trees"}, per="municipality")
    assert by_key(backwards) == {TOWN: some}


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW)
@given(layers(), st.tuples(place, place, place))
def test_areas_lengths_and_topology_are_those_of_shapely(town, drawn_layers, corners):
    put(drawn_layers)
    ring = [degrees(each) for each in corners]
    triangle = shapely.Polygon(ring)
    if triangle.area < 1e-8:
        return
    area = json.dumps({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})
    within = drawn.parse(area).metric
    parks = [metres(each.area) for each in GreenSpace.objects.all()]
    lines = [metres(each.course) for each in Street.objects.all()]
    trees = [metres(each.location) for each in Plant.objects.all()]

    def figure(**asked):
        return ask(area=area, **asked).rows["value"].iloc[0]

    ground = shapely.union_all(parks).intersection(within).area
    assert figure(layer="green-spaces", figure="area") == pytest.approx(ground, rel=1e-6, abs=1e-3)
    way = sum(line.intersection(within).length for line in lines)
    assert figure(layer="streets", figure="length") == pytest.approx(way, rel=1e-6, abs=1e-3)
    here = [each for each in trees if within.distance(each) == 0]
    if all(abs(within.boundary.distance(each)) > 1e-3 for each in trees):
        assert figure(layer="trees") == len(here)
        if all(park.boundary.distance(each) > 1e-3 for park in parks for each in trees):
            shady = sum(any(park.contains(each) for park in parks) for each in here)
            assert figure(layer="trees", relation="within", other="green-spaces") == shady


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(layers(), st.integers(50, 1500))
def test_walks_are_those_of_networkx(town, drawn_layers, limit):
    put(drawn_layers)
    keeping.forget()
    ways = keeping.current(TOWN).city.network
    trees = {each.id: metres(each.location) for each in Plant.objects.all()}
    parks = [metres(each.area) for each in GreenSpace.objects.all()]
    graph = graph_of(ways, [*trees.values(), *parks])
    doors = [("shape", len(trees) + n) for n in range(len(parks))]
    homes = quarter_of(Plant.objects.all())
    expected = {"a": 0, "b": 0}
    for number, (id, at) in enumerate(trees.items()):
        far = min((walk(graph, ("shape", number), door) for door in doors), default=math.inf)
        if any(at.intersects(each) for each in parks):
            far = 0.0
        if abs(far - limit) < 1e-6:
            return
        expected[homes[id]] += far <= limit
    found = ask(layer="trees", relation="walk", metres=limit, other="green-spaces")
    assert by_key(found) == expected


# What cannot be asked


@pytest.mark.parametrize(
    ("asked", "parameter", "words"),
    [
        ({"layer": "nonsense"}, "layer", "trees"),
        ({"layer": "quarters"}, "layer", "trees"),
        ({}, "layer", "trees"),
        ({"layer": "trees", "figure": "area"}, "figure", "area"),
        ({"layer": "trees", "figure": "sum", "number": "note"}, "number", "height_m"),
        ({"layer": "trees", "filter": "own_edible = TRUE"}, "filter", "no property"),
        ({"layer": "trees", "other": "streets", "other-filter": "x = 1"}, "other-filter", "no property"),
        ({"layer": "trees", "relation": "within"}, "other", "another layer"),
        ({"layer": "trees", "other": "species"}, "other", "streets"),
        ({"layer": "trees", "other": "streets", "relation": "near"}, "relation", "distance"),
        ({"layer": "trees", "other": "streets", "metres": "nan"}, "metres", "0 to 10000"),
        ({"layer": "trees", "other": "streets", "metres": "-1"}, "metres", "0 to 10000"),
        ({"layer": "trees", "other": "streets", "relation": "walk", "metres": "2001"}, "metres", "2000"),
        ({"layer": "trees", "other": "fruit-trees", "relation": "walk"}, "other", "another kind"),
        ({"layer": "trees", "per": "street"}, "per", "quarter"),
        ({"layer": "trees", "per": "area"}, "area", "Draw"),
    ],
)  # fmt: skip
def test_questions_that_cannot_be_asked(asked, parameter, words):
    with pytest.raises(QueryError, match=words) as refused:
        question.parse(asked, [TOWN])
    assert refused.value.parameter == parameter


HOLE = [[11.0, 53.0], [11.1, 53.1], [11.1, 53.0], [11.0, 53.1], [11.0, 53.0]]


@pytest.mark.parametrize(
    ("area", "words"),
    [
        ("{", "not JSON"),
        ('{"type":"Point","coordinates":[11,53]}', "Polygon"),
        ('{"type":"Polygon","coordinates":[]}', "coordinates do not fit"),
        (json.dumps({"type": "Polygon", "coordinates": [HOLE]}), "crosses itself at 11.05 53.05"),
        (json.dumps({"type": "Polygon", "coordinates": [HOLE[:2]]}), "ring four or more"),
        ('{"type":"Polygon","coordinates":[[[0,40],[20,40],[20,60],[0,60],[0,40]]]}', "km²"),
        ('{"type":"Polygon","coordinates":[[[0,40],[20,40],[20,95],[0,60],[0,40]]]}', "Latitude|latitude"),
        ('{"type":"Polygon","coordinates":[[[11,53],[NaN,53],[11,54],[11,53]]]}', "no number"),
        (json.dumps({"type": "Polygon", "coordinates": [[[11 + n / 1e6, 53] for n in range(1500)]]}), "bytes"),
        ('{"type":"Polygon","coordinates":[[[11,53],[11.0000001,53],[11,53.0000001],[11,53]]]}', "smaller"),
    ],
)  # fmt: skip
def test_areas_that_cannot_be_asked(area, words):
    with pytest.raises(QueryError, match=words) as refused:
        drawn.parse(area)
    assert refused.value.parameter == "area"


def test_a_walk_out_of_what_is_known(town):
    area = json.dumps(json.loads(Polygon.from_bbox((13, 52, 13.1, 52.1)).geojson))
    with pytest.raises(QueryError, match="No municipality"):
        ask(layer="trees", relation="walk", other="streets", area=area)
