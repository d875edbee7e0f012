"""Each rule of the grammar (OGC 21-065r2, annex B) in text and JSON is the same filter, and the database takes it."""

import json

import pytest

from geoplatform.catalog import registry
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count

pytestmark = pytest.mark.django_db
TREES = registry.get("trees")


def p(name):
    return {"property": name}


def o(op, *args):
    return {"op": op, "args": list(args)}


POINT = {"type": "Point", "coordinates": [11.4, 53.6]}
RING = [[11, 53], [12, 53], [12, 54], [11, 53]]
PAIRS = [
    ("edible", p("edible")),
    ("TRUE", True),
    ("NOT edible", o("not", p("edible"))),
    ("edible = false", o("=", p("edible"), False)),
    ("height_m = 12", o("=", p("height_m"), 12)),
    ("height_m = 12.0", o("=", p("height_m"), 12)),
    ("height_m <> -1.5e1", o("<>", p("height_m"), -15)),
    ("12 < height_m", o("<", 12, p("height_m"))),
    ("height_m>=crown_m", o(">=", p("height_m"), p("crown_m"))),
    ('"height_m" <= 3', o("<=", p("height_m"), 3)),
    ("note = 'O''Brien'", o("=", p("note"), "O'Brien")),
    ("note > 'a'", o(">", p("note"), "a")),
    ("last_confirmed = DATE('2026-05-01')", o("=", p("last_confirmed"), {"date": "2026-05-01"})),
    (
        "changed > TIMESTAMP('2026-05-01T12:00:00Z')",
        o(">", p("changed"), {"timestamp": "2026-05-01T12:00:00Z"}),
    ),
    ("note IS NULL", o("isNull", p("note"))),
    ("note is not null", o("not", o("isNull", p("note")))),
    ("location IS NULL", o("isNull", p("location"))),
    (
        "edible AND height_m > 1 AND crown_m > 1",
        o("and", p("edible"), o(">", p("height_m"), 1), o(">", p("crown_m"), 1)),
    ),
    (
        "edible OR height_m > 1 AND crown_m > 1",
        o("or", p("edible"), o("and", o(">", p("height_m"), 1), o(">", p("crown_m"), 1))),
    ),
    (
        "(edible or height_m > 1) and not crown_m > 1",
        o("and", o("or", p("edible"), o(">", p("height_m"), 1)), o("not", o(">", p("crown_m"), 1))),
    ),
    ("species LIKE 'Malus %'", o("like", p("species"), "Malus %")),
    ("species NOT LIKE '_a\\%'", o("not", o("like", p("species"), "_a\\%"))),
    ("height_m BETWEEN 5 AND 10", o("between", p("height_m"), 5, 10)),
    (
        "height_m NOT BETWEEN crown_m AND 2 * crown_m",
        o("not", o("between", p("height_m"), p("crown_m"), o("*", 2, p("crown_m")))),
    ),
    ("access IN ('public','closed')", o("in", p("access"), ["public", "closed"])),
    ("planted_year NOT IN (1, 2)", o("not", o("in", p("planted_year"), [1, 2]))),
    ("planted_year IN (1900)", o("in", p("planted_year"), [1900])),
    (
        "CASEI(species_de) IN (casei('Οδος'), CASEI('Straße'))",
        o("in", o("casei", p("species_de")), [o("casei", "Οδος"), o("casei", "Straße")]),
    ),
    (
        "ACCENTI(note) = ACCENTI('débárquér')",
        o("=", o("accenti", p("note")), o("accenti", "débárquér")),
    ),
    (
        "casei(accenti(note)) LIKE casei(accenti('%É％'))",
        o("like", o("casei", o("accenti", p("note"))), o("casei", o("accenti", "%É％"))),
    ),
    ("height_m - 1 > crown_m", o(">", o("-", p("height_m"), 1), p("crown_m"))),
    ("height_m + 2 * 3 = 9", o("=", o("+", p("height_m"), o("*", 2, 3)), 9)),
    ("planted_year % 10 = 0", o("=", o("%", p("planted_year"), 10), 0)),
    ("planted_year div 100 = 19", o("=", o("div", p("planted_year"), 100), 19)),
    ("height_m / 0 = 1", o("=", o("/", p("height_m"), 0), 1)),
    ("height_m ^ 0.5 > 2", o(">", o("^", p("height_m"), 0.5), 2)),
    ("S_INTERSECTS(geometry,POINT(11.4 53.6))", o("s_intersects", p("geometry"), POINT)),
    ("s_within(location, BBOX(11,53,12,54))", o("s_within", p("location"), {"bbox": [11, 53, 12, 54]})),
    ("S_DISJOINT(location, BBOX(170,-10,-170,10))", o("s_disjoint", p("location"), {"bbox": [170, -10, -170, 10]})),
    (
        "S_INTERSECTS(location, POINT Z(11.4 53.6 40))",
        o("s_intersects", p("location"), {"type": "Point", "coordinates": [11.4, 53.6, 40]}),
    ),
    (
        "S_TOUCHES(POLYGON((11 53,12 53,12 54,11 53)), location)",
        o("s_touches", {"type": "Polygon", "coordinates": [RING]}, p("location")),
    ),
    (
        "S_CROSSES(location, LINESTRING(11 53, 12 54))",
        o("s_crosses", p("location"), {"type": "LineString", "coordinates": [[11, 53], [12, 54]]}),
    ),
    (
        "S_OVERLAPS(location, MULTIPOINT((11 53),(12 54)))",
        o("s_overlaps", p("location"), {"type": "MultiPoint", "coordinates": [[11, 53], [12, 54]]}),
    ),
    (
        "S_CONTAINS(MULTILINESTRING((11 53,12 54),(11 54,12 53)), location)",
        o(
            "s_contains",
            {"type": "MultiLineString", "coordinates": [[[11, 53], [12, 54]], [[11, 54], [12, 53]]]},
            p("location"),
        ),
    ),
    (
        "S_EQUALS(location, MULTIPOLYGON(((11 53,12 53,12 54,11 53))))",
        o("s_equals", p("location"), {"type": "MultiPolygon", "coordinates": [[RING]]}),
    ),
    (
        "S_INTERSECTS(location, GEOMETRYCOLLECTION(POINT(11 53),LINESTRING(11 53,12 54)))",
        o(
            "s_intersects",
            p("location"),
            {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Point", "coordinates": [11, 53]},
                    {"type": "LineString", "coordinates": [[11, 53], [12, 54]]},
                ],
            },
        ),
    ),
    ("S_DWITHIN(location, POINT(11.4 53.6), 500)", o("s_dwithin", p("location"), POINT, 500)),
    (
        "T_INTERSECTS(changed, INTERVAL('2026-01-01T00:00:00Z','..'))",
        o("t_intersects", p("changed"), {"interval": ["2026-01-01T00:00:00Z", ".."]}),
    ),
    (
        "T_DURING(INTERVAL(last_confirmed,'2026-05-01'), INTERVAL('..',DATE('2027-01-01')))",
        o(
            "t_during",
            {"interval": [p("last_confirmed"), "2026-05-01"]},
            {"interval": ["..", {"date": "2027-01-01"}]},
        ),
    ),
    (
        "T_AFTER(last_confirmed, DATE('2026-05-01'))",
        o("t_after", p("last_confirmed"), {"date": "2026-05-01"}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), PAIRS, ids=[text for text, _tree in PAIRS])
def test_text_and_json_are_one_filter(text, tree):
    found = parse_filter(text, layer=TREES)
    assert found == parse_filter(json.dumps(tree), lang="cql2-json", layer=TREES)
    assert count(FeatureQuery(layer=TREES, filter=found)) == 0


def test_crs_of_literals():
    """The same place, said in each CRS and each order of axes."""
    from geoplatform.query.crs import parse_crs
    from tests import make

    make.plant(11.4, 53.6, own_growth_form="tree")
    for name, box in {
        "OGC:CRS84": "11.39,53.59,11.41,53.61",
        "EPSG:4326": "53.59,11.39,53.61,11.41",
        "EPSG:4258": "53.59,11.39,53.61,11.41",
        "EPSG:25833": "261500,5944000,262800,5945500",
        "EPSG:25832": "658300,5940800,659600,5942300",
        "EPSG:3857": "1268000,7093000,1270500,7096000",
    }.items():
        crs = parse_crs("filter-crs", name)
        inside = parse_filter(f"S_WITHIN(location, BBOX({box}))", layer=TREES, crs=crs)
        assert count(FeatureQuery(layer=TREES, filter=inside)) == 1, name


def test_property_of_a_related_table_is_joined_as_of():
    from tests import make

    make.plant(own_growth_form="tree", species=make.species())
    found = parse_filter("species_de = 'Apfel' AND category = 'fruit'", layer=TREES)
    assert count(FeatureQuery(layer=TREES, filter=found)) == 1


POWERS = [
    ("0 ^ -1 = 1", None),
    ("(0 - 8) ^ 0.5 = 1", None),
    ("(10 ^ 300) ^ 300 = 1", None),
    ("(10 ^ (0-300)) ^ 300 < 1", True),
    ("(10 ^ 300) * (10 ^ 300) > 1", True),
    ("(10 ^ (0-300)) * (10 ^ (0-300)) ^ 2 < 1", True),
    ("1 / 0 = 1", None),
    ("1 % 0 = 1", None),
    ("7 div 2 = 3", True),
    ("0.1 + 0.2 = 0.3", True),
    ("2 ^ 3 ^ 2 > 60", True),
]


@pytest.mark.parametrize(("text", "truth"), POWERS, ids=[text for text, _truth in POWERS])
def test_no_number_is_an_error(text, truth):
    """What cannot be calculated is unknown: neither it nor its contrary finds anything."""
    from tests import make

    make.plant(own_growth_form="tree")
    yes, no = (parse_filter(each, layer=TREES) for each in (text, f"NOT ({text})"))
    assert count(FeatureQuery(layer=TREES, filter=yes)) == (truth is True)
    assert count(FeatureQuery(layer=TREES, filter=no)) == (truth is False)


def test_signs_that_become_wildcards_do_not():
    """Signs that lose an accent and then are a wildcard: the list holds all there are in the database's rules."""
    from django.db import connection

    from geoplatform.query.cql2.scalars import LIKE_WILDCARDS

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(c, '' ORDER BY c COLLATE \"C\") FROM"
            " (SELECT chr(i) AS c FROM generate_series(128, 195101) i WHERE i NOT BETWEEN 55296 AND 57343) t"
            " WHERE unaccent(c) ~ '[%_\\\\]'",
            None,
        )
        assert sorted(cursor.fetchone()[0]) == sorted(LIKE_WILDCARDS)
