"""Each example in the reference of filters is a filter, and the database takes it."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/filters.md"
BLOCKS = re.findall(
    r"^```(cql2|json) ([a-z-]+)(?: (EPSG:[0-9]+))?\n(.*?)^```", PAGE.read_text(), re.M | re.S
)


def test_there_are_examples():
    assert len(BLOCKS) == PAGE.read_text().count("```") / 2 > 20


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "layer", "crs", "text"), BLOCKS, ids=[b[3][:50] for b in BLOCKS])
def test_example(kind, layer, crs, text):
    parameters = {
        "filter": text,
        "filter-lang": {"cql2": "cql2-text", "json": "cql2-json"}[kind],
        **({"filter-crs": crs} if crs else {}),
    }
    response = Client().get(f"/api/collections/{layer}/items", parameters)
    assert response.status_code == 200, json.loads(response.getvalue())
