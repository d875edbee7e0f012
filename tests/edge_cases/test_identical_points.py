"""Many features at one place: all are counted, paged and drawn."""

import json

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db


def test_identical_points():
    make.town()
    apple = make.species()
    made = {str(make.plant(11.05, 53.05, species=apple).id) for _ in range(5)}
    seen = set()
    path = "/api/collections/trees/items?limit=2"
    while path:
        page = json.loads(Client().get(path).getvalue())
        seen |= {each["id"] for each in page["features"]}
        path = next(
            (
                link["href"].partition("testserver")[2]
                for link in page["links"]
                if link["rel"] == "next"
            ),
            None,
        )
    assert seen == made
