"""Names with umlauts, quotes and capitals: they come out as they went in, and are found as they are."""

import json

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db


def test_mixed_case_names():
    town = make.municipality()
    name = 'Große "Dreesch" O\'Straße \\ 日本'
    make.quarter(town, "Ä-1", make.WEST_BOX, name=name)
    found = json.loads(Client().get("/api/collections/quarters/items", {"name": name}).getvalue())
    assert [each["properties"]["name"] for each in found["features"]] == [name]
    other = json.loads(
        Client().get("/api/collections/quarters/items", {"name": name.lower()}).getvalue()
    )
    assert other["features"] == []
