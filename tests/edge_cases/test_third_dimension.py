"""A height where the table keeps none."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_third_dimension():
    plant_refused("SRID=4326;POINT Z (11 53 40)", "dimension")
