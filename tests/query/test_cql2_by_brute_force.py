"""Filters thrown at the database give what the same filter means in Python, in text and in JSON alike."""

import datetime as dt
import json
from itertools import pairwise

import cql2
import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geoplatform.catalog import registry
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count, features
from layers.green_spaces import GreenSpace
from layers.plants import Plant
from layers.streets import Street
from tests import make
from tests.query.cql2_reference import holds

pytestmark = pytest.mark.django_db
TREES = registry.get("trees")
many = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
few = settings(many, max_examples=30)

TEXTS = [
    "Apfel",
    "apfel",
    "Süßkirsche",
    "SÜSSKIRSCHE",
    "100%",
    "a_b",
    "a\\b",
    "O'Brien",
    "",
    "Äpfel",
]
DATES = [dt.date(2024, 2, 29), dt.date(2025, 6, 1), dt.date(2026, 5, 1)]
PROPERTIES = {
    "text": ["species_de", "cultivar", "note"],
    "number": ["height_m", "crown_m", "planted_year", "number_of_plants"],
    "date": ["last_confirmed"],
}


def ask(layer, tree):
    """Numbers of the rows that the filter finds, and the filter itself, from JSON; from text it is the same."""
    expression = cql2.Expr(tree)
    found = parse_filter(json.dumps(flat(tree)), lang="cql2-json", layer=layer)
    assert found == parse_filter(expression.to_text(), layer=layer)
    query = FeatureQuery(layer=layer, filter=found, limit=None)
    with transaction.atomic():
        numbers = {fid for fid, _text in features(query)}
        assert count(query) == len(numbers)
    return numbers


def flat(tree):
    """AND within AND, OR within OR taken together, as they are in text without brackets."""
    if not (isinstance(tree, dict) and "op" in tree):
        return tree
    args = [flat(each) for each in tree["args"]]
    if tree["op"] in {"and", "or"}:
        args = [
            part
            for each in args
            for part in (each["args"] if each.get("op") == tree["op"] else [each])
        ]
    return {**tree, "args": args}


def expected(rows, tree):
    return {row["fid"] for row in rows if holds(tree, row) is True}


@pytest.fixture
def plants(db):
    """Plants with gaps: each value is now and then unknown."""
    species = [
        make.species("Malus domestica", german_name="Apfel"),
        make.species("Prunus avium", german_name="Süßkirsche"),
        None,
    ]
    numbers = [None, 0.0, 2.5, 4.0, 12.25]
    for n in range(30):
        make.plant(
            11 + n / 300,
            species=species[n % 3],
            own_growth_form="tree",
            cultivar=TEXTS[n % len(TEXTS)],
            note=TEXTS[(n * 7) % len(TEXTS)],
            height_m=numbers[n % 5],
            crown_m=numbers[(n // 5) % 5],
            planted_year=[None, 1900, 2020][n % 3 - n % 2],
            number_of_plants=1 + n % 4,
            last_confirmed=[None, *DATES][n % 4],
        )
    return [
        {
            "fid": each.fid,
            "id": str(each.id),
            "species_de": each.species.german_name if each.species else None,
            "geometry": shapely.from_wkb(bytes(each.location.wkb)),
            **{
                name: getattr(each, name)
                for name in (
                    "cultivar", "note", "edible", "height_m", "crown_m", "planted_year",
                    "number_of_plants", "last_confirmed", "changed", "growth_form",
                )
            },
        }
        for each in Plant.objects.select_related("species")
    ]  # fmt: skip


def properties_of(kind):
    return st.sampled_from(PROPERTIES[kind]).map(lambda name: {"property": name})


def op(name, *args):
    return st.tuples(*args).map(lambda values: {"op": name, "args": list(values)})


texts = st.one_of(properties_of("text"), st.sampled_from(TEXTS))
folded = st.one_of(
    texts, op("casei", texts), op("accenti", texts), op("casei", op("accenti", texts))
)
literal_numbers = st.sampled_from([-3, 0.5, 2, 2.5, 4, 10, 1900, 2020])
numbers = st.recursive(
    st.one_of(properties_of("number"), literal_numbers),
    lambda inner: st.one_of(
        *[op(name, inner, inner) for name in "+-*"],
        op("^", properties_of("number"), st.sampled_from([2, 3])),
        *[op(name, inner, st.sampled_from([2, 2.5, -4, 5])) for name in ("/", "%", "div")],
        op("/", inner, st.just({"op": "-", "args": [4, 4]})),
    ),
    max_leaves=4,
)
dates = st.one_of(properties_of("date"), st.sampled_from(DATES).map(lambda day: {"date": str(day)}))
patterns = st.lists(
    st.sampled_from(["%", "_", "\\%", "\\_", "\\\\", "a", "A", "ä", "ß", "ss", "pfel", "'", "\\x"]),
    min_size=1,
    max_size=5,
).map("".join)


def comparison(values):
    return st.one_of(
        *[op(name, values, values) for name in ("=", "<>", "<", ">", "<=", ">=")],
        op("in", values, st.lists(values, min_size=2, max_size=4)),
        op("between", values, values, values),
    )


predicates = st.one_of(
    comparison(folded),
    comparison(numbers),
    comparison(dates),
    op("like", texts, patterns),
    op("like", op("casei", texts), op("casei", patterns)),
    op("like", op("accenti", texts), op("accenti", patterns)),
    op("isNull", st.one_of(properties_of("text"), properties_of("number"), properties_of("date"))),
    st.just({"property": "edible"}),
    op("=", st.just({"property": "edible"}), st.booleans()),
)
filters = st.recursive(
    predicates,
    lambda inner: st.one_of(
        op("and", inner, inner), op("or", inner, inner, inner), op("not", inner)
    ),
    max_leaves=5,
)


@many
@given(tree=filters)
def test_values(plants, tree):
    assert ask(TREES, tree) == expected(plants, tree)


instants = st.sampled_from([dt.date(2024, 1, 1), *DATES, dt.date(2027, 1, 1)])
literal_intervals = (
    st.tuples(instants, instants)
    .map(sorted)
    .flatmap(
        lambda pair: st.sampled_from(
            [[str(pair[0]), str(pair[1])], ["..", str(pair[1])], [str(pair[0]), ".."]]
        )
    )
    .map(lambda ends: {"interval": ends})
)
mixed_intervals = st.sampled_from(
    [
        {"interval": [{"property": "last_confirmed"}, ".."]},
        {"interval": [{"property": "last_confirmed"}, {"date": "2026-05-01"}]},
        {"interval": [{"date": "2024-02-29"}, {"property": "last_confirmed"}]},
    ]
)
intervals = st.one_of(literal_intervals, mixed_intervals)
INSTANT_FUNCTIONS = ["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"]
OTHERS = [
    "t_contains", "t_during", "t_finishedby", "t_finishes", "t_meets", "t_metby",
    "t_overlappedby", "t_overlaps", "t_startedby", "t_starts",
]  # fmt: skip
times = st.one_of(
    *[op(name, st.one_of(dates, intervals), st.one_of(dates, intervals)) for name in INSTANT_FUNCTIONS],
    *[op(name, intervals, intervals) for name in [*INSTANT_FUNCTIONS, *OTHERS]],
)  # fmt: skip


@many
@given(tree=st.one_of(times, op("not", times)))
def test_times(plants, tree):
    assert ask(TREES, tree) == expected(plants, tree)


@few
@given(data=st.data())
def test_instants(plants, data):
    """Stamps that the database itself has set, to the microsecond."""
    stamps = sorted({row["changed"].isoformat() for row in plants})
    some = st.sampled_from(stamps)
    value = st.one_of(
        st.just({"property": "changed"}), some.map(lambda stamp: {"timestamp": stamp})
    )
    ends = st.tuples(some, some).map(sorted).map(lambda pair: {"interval": pair})
    tree = data.draw(
        st.one_of(
            comparison(value),
            *[op(name, value, st.one_of(value, ends)) for name in INSTANT_FUNCTIONS],
        )
    )
    assert ask(TREES, tree) == expected(plants, tree)


# Geometries on a coarse grid touch, cross and share edges all the time. Edges run straight or at 45 degrees and steps
# are powers of two: where they cross is then a number without rounding, and no answer hangs on the last bit.
STEP = 1 / 128
STEPS = [(11 + x * STEP, 53 + y * STEP) for x in range(5) for y in range(5)]
positions = st.sampled_from(STEPS).map(list)


def plain(vertices):
    """Whether all edges run straight or at 45 degrees."""
    return all(
        (x - u) * (y - v) * (abs(x - u) - abs(y - v)) == 0 for (x, y), (u, v) in pairwise(vertices)
    )


lines = st.lists(positions, min_size=2, max_size=4, unique_by=tuple).filter(plain)
rings = (
    st.lists(positions, min_size=3, max_size=5, unique_by=tuple)
    .map(lambda ring: [*ring, ring[0]])
    .filter(plain)
)


def shaped(kind, coordinates):
    return coordinates.map(lambda found: {"type": kind, "coordinates": found})


boxes = st.tuples(positions, positions).map(
    lambda p: {
        "bbox": [
            min(p[0][0], p[1][0]), min(p[0][1], p[1][1]),
            max(p[0][0], p[1][0]), max(p[0][1], p[1][1]),
        ]
    }
)  # fmt: skip
single = st.one_of(
    shaped("Point", positions),
    shaped("MultiPoint", st.lists(positions, min_size=1, max_size=3, unique_by=tuple)),
    shaped("LineString", lines),
    shaped("MultiLineString", st.lists(lines, min_size=1, max_size=2)),
    shaped("Polygon", rings.map(lambda ring: [ring])),
    shaped("MultiPolygon", st.lists(rings.map(lambda ring: [ring]), min_size=1, max_size=2)),
)
collections = st.lists(single, min_size=1, max_size=3).map(
    lambda members: {"type": "GeometryCollection", "geometries": members}
)
collections_of_one_kind = st.lists(shaped("Point", positions), min_size=1, max_size=3).map(
    lambda members: {"type": "GeometryCollection", "geometries": members}
)
SPATIAL = [
    "s_intersects", "s_disjoint", "s_contains", "s_within", "s_touches", "s_crosses", "s_overlaps", "s_equals",
]  # fmt: skip


def _valid(node):
    if "bbox" in node:
        return node["bbox"][0] < node["bbox"][2] and node["bbox"][1] < node["bbox"][3]
    return shapely.geometry.shape(node).is_valid


@pytest.fixture
def shapes(db):
    """Points, lines and areas on the same grid, by layer."""
    for x, y in STEPS[::2]:
        make.plant(x, y, own_growth_form="tree")
    x0, x1, x2, x4 = (11 + n * STEP for n in (0, 1, 2, 4))
    y0, y1, y2, y4 = (53 + n * STEP for n in (0, 1, 2, 4))
    for line in (
        [(x0, y0), (x4, y4)],
        [(x0, y4), (x4, y0)],
        [(x1, y1), (x1, y2), (x2, y2)],
        [(x0, y1), (x4, y1)],
    ):
        wkt = ", ".join(f"{x} {y}" for x, y in line)
        Street.objects.create(
            kind="path", source=make.source(), course=GEOSGeometry(f"SRID=4326;LINESTRING({wkt})")
        )
    for west, south, east, north in (
        (x0, y0, x2, y2),
        (x2, y0, x4, y2),
        (x1, y1, x4, y4),
        (x0, y0, x4, y4),
    ):
        GreenSpace.objects.create(
            kind="park", source=make.source(), area=make.area(west, south, east, north)
        )
    GreenSpace.objects.create(
        kind="park",
        source=make.source(),
        area=GEOSGeometry(
            f"SRID=4326;MULTIPOLYGON((({x0} {y0}, {x4} {y0}, {x4} {y4}, {x0} {y4}, {x0} {y0}),"
            f"({x1} {y1}, {x1} {y2}, {x2} {y2}, {x2} {y1}, {x1} {y1})))"
        ),
    )
    found = {}
    for model, name, field in (
        (Plant, "trees", "location"),
        (Street, "streets", "course"),
        (GreenSpace, "green-spaces", "area"),
    ):
        found[name] = [
            {
                "fid": each.fid,
                "geometry": shapely.from_wkb(bytes(getattr(each, field).wkb)),
                field: shapely.from_wkb(bytes(getattr(each, field).wkb)),
            }
            for each in model.objects.all()
        ]
    return found


@pytest.mark.parametrize("name", ["trees", "streets", "green-spaces"])
@many
@given(data=st.data())
def test_places(shapes, name, data):
    layer = registry.get(name)
    function = data.draw(st.sampled_from(SPATIAL))
    wanted = st.one_of(single, boxes)
    if function in {"s_intersects", "s_disjoint"}:
        wanted = st.one_of(wanted, collections)
    else:
        wanted = st.one_of(wanted, collections_of_one_kind)
    geometry = data.draw(wanted.filter(_valid))
    own = {"property": data.draw(st.sampled_from(["geometry", layer.geometry]))}
    args = data.draw(st.sampled_from([[own, geometry], [geometry, own], [own, own]]))
    tree = {"op": function, "args": args}
    assert ask(layer, tree) == expected(shapes[name], tree)
    without = {"op": "not", "args": [tree]}
    assert ask(layer, without) == expected(shapes[name], without)


@few
@given(
    position=st.tuples(st.floats(10.9, 11.2), st.floats(52.9, 53.1)),
    metres=st.floats(0, 20_000),
)
def test_distances(plants, position, metres):
    """Metres on the ellipsoid, whatever the latitude."""
    ellipsoid = Geod(ellps="WGS84")
    # The parser of text reads a coordinate to the last bit but one.
    metres, position = round(metres, 3), [round(each, 7) for each in position]
    apart = {
        row["fid"]: ellipsoid.inv(*position, row["geometry"].x, row["geometry"].y)[2]
        for row in plants
    }
    assume(all(abs(each - metres) > 1e-4 for each in apart.values()))
    point = {"type": "Point", "coordinates": position}
    tree = {"op": "s_dwithin", "args": [{"property": "geometry"}, point, metres]}
    assert ask(TREES, tree) == {fid for fid, each in apart.items() if each <= metres}
