"""A polygon on both sides of the antimeridian: found from either side, drawn on both edges of the world."""

import json

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from layers.green_spaces import GreenSpace
from tests import make

pytestmark = pytest.mark.django_db


def test_across_the_antimeridian():
    halves = MultiPolygon(
        Polygon.from_bbox((179.5, -17, 180, -16)),
        Polygon.from_bbox((-180, -17, -179.5, -16)),
        srid=4326,
    )
    GreenSpace.objects.create(kind="park", area=halves, source=make.source())
    for box, matched in (
        ("179,-18,-179,-15", 1),
        ("179,-18,180,-15", 1),
        ("-180,-18,-179,-15", 1),
        ("-179,-18,179,-15", 0),
    ):
        found = json.loads(
            Client().get("/api/collections/green-spaces/items", {"bbox": box}).getvalue()
        )
        assert found["numberMatched"] == matched, box
    for x in (0, 2**10 - 1):
        y = 559
        assert Client().get(f"/tiles/green-spaces/10/{x}/{y}.mvt").content, x
