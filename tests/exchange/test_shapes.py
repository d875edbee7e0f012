"""Lines and polygons loaded in sets: each lies where the rule for single rows says, edges and ties included."""

import json
import random

import pytest
from django.db import connection

from layers.green_spaces import GreenSpace
from layers.streets import Street
from tests import make

pytestmark = pytest.mark.django_db


def where_the_rule_says(table, geometry):
    """Municipality and quarter of each row by `geoplatform.territory`, and as stored."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT t.municipality, t.quarter, f.municipality_id, f.quarter_id FROM {table} f"
            f" CROSS JOIN LATERAL geoplatform.territory(f.{geometry}, f.municipality_id) t"
        )
        return cursor.fetchall()


def towns():
    """Two towns, one of two quarters that share an edge, and an outline without quarters; a third kind is no matter."""
    west = make.town()[0]
    make.quarter(west, "c", make.WEST_BOX, kind="Bezirk")
    make.municipality("13003000", outline=make.area(11.2, 53.0, 11.3, 53.1))
    return west


def box(west, south, east, north):
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


EDGES = [
    box(11.05, 53.02, 11.15, 53.03),  # half in each quarter: the lower key
    box(11.05, 53.02, 11.16, 53.03),
    box(11.1, 53.0, 11.2, 53.1),  # exactly a quarter
    box(
        11.19, 53.02, 11.22, 53.03
    ),  # more in the town without quarters, yet a quarter holds a part
    box(11.25, 53.02, 11.35, 53.03),
    box(11.3, 53.02, 11.4, 53.03),  # touches an outline
    box(12.0, 53.02, 12.1, 53.03),  # in none
]


@pytest.mark.parametrize("seed", [1, 2])
def test_polygons(load, seed):
    towns()
    generator = random.Random(seed)
    shapes = list(EDGES)
    for _number in range(60):
        west, south = generator.uniform(10.95, 11.3), generator.uniform(52.95, 53.08)
        shapes.append(
            box(
                west,
                south,
                west + generator.uniform(0.001, 0.12),
                south + generator.uniform(0.001, 0.05),
            )
        )
    features = [
        {
            "type": "Feature",
            "properties": {"id": number, "type": "park"},
            "geometry": {"type": "Polygon", "coordinates": shape},
        }
        for number, shape in enumerate(shapes)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    assert load(text, layer="green-spaces", name="a.geojson", fields='kind = "type"')[0] == 0
    rows = where_the_rule_says("layers_greenspace", "area")
    assert len(rows) == len(shapes)
    assert all(row[:2] == row[2:] for row in rows)
    quarters = dict(GreenSpace.objects.values_list("source_key", "quarter__key"))
    assert [quarters[str(number)] for number in range(7)] == ["a", "b", "b", "b", None, None, None]


def test_lines(load):
    towns()
    generator = random.Random(3)
    features = [
        {
            "type": "Feature",
            "properties": {"id": number, "type": "path"},
            "geometry": {
                "type": "LineString",
                "coordinates": [
                    [generator.uniform(10.95, 11.35), generator.uniform(52.95, 53.15)]
                    for _corner in range(3)
                ],
            },
        }
        for number in range(80)
    ]
    # Along the edge between two quarters, and along the outer edge.
    for number, line in enumerate(
        ([[11.1, 53.02], [11.1, 53.04]], [[11.0, 53.02], [11.0, 53.04]]), 100
    ):
        features.append(
            {
                "type": "Feature",
                "properties": {"id": number, "type": "path"},
                "geometry": {"type": "LineString", "coordinates": line},
            }
        )
    text = json.dumps({"type": "FeatureCollection", "features": features})
    assert load(text, layer="streets", name="a.geojson", fields='kind = "type"')[0] == 0
    rows = where_the_rule_says("layers_street", "course")
    assert len(rows) == 82
    assert all(row[:2] == row[2:] for row in rows)
    assert Street.objects.get(source_key="100").quarter.key == "a"
