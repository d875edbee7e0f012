"""A polygon without a ring."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_empty_geometry():
    filter_refused('{"type":"Polygon","coordinates":[]}', "fit the type")
