"""A latitude beyond the end of Web Mercator: its drawing column has no value."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_beyond_mercator():
    plant_refused("SRID=4326;POINT(11 89)", "empty or outside")
