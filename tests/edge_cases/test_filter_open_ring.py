"""A ring of two positions."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_open_ring():
    filter_refused('{"type":"Polygon","coordinates":[[[11,53],[12,54]]]}', "ring")
