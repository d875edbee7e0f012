"""A line where points stand."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_wrong_type():
    plant_refused("SRID=4326;LINESTRING(11 53, 12 54)", "type")
