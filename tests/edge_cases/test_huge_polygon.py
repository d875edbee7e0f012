"""A polygon of 100,000 vertices over the whole town: stored, assigned, served, drawn, taken away."""

import json
import math

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client

from geoplatform.formats.writers import WRITERS
from layers.green_spaces import GreenSpace
from tests import make
from tests.formats.reading import read

pytestmark = pytest.mark.django_db


def test_huge_polygon(tmp_path):
    make.town()
    count = 100_000
    ring = [
        (
            11.05 + 0.04 * math.cos(2 * math.pi * n / count),
            53.05 + 0.04 * math.sin(2 * math.pi * n / count),
        )
        for n in range(count)
    ]
    made = GreenSpace.objects.create(
        kind="park", area=MultiPolygon(Polygon([*ring, ring[0]]), srid=4326), source=make.source()
    )
    made.refresh_from_db()
    assert made.quarter.key == "a"
    found = json.loads(Client().get(f"/api/collections/green-spaces/items/{made.pk}").content)
    assert len(found["geometry"]["coordinates"][0][0]) == count + 1
    tile = Client().get("/tiles/green-spaces/10/543/333.mvt")
    assert 0 < len(tile.content) < 50_000, "a tile keeps only what its grid can show"
    for form in WRITERS:
        file = Client().get(f"/downloads/green-spaces.{form}").getvalue()
        [taken] = read(form, file, tmp_path)
        assert len(taken["geometry"]["coordinates"][0][0]) == count + 1, form
