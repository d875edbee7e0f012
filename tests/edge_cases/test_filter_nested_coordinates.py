"""Coordinates nested far deeper than any geometry."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_nested_coordinates():
    filter_refused('{"type":"Polygon","coordinates":' + "[" * 200 + "]" * 200 + "}", "two numbers")
