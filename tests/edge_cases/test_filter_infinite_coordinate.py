"""A number beyond all floats as a coordinate."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_infinite_coordinate():
    filter_refused('{"type":"Point","coordinates":[1e999,53]}', "finite")
