"""A longitude of another world, as metres given for degrees."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_longitude_out_of_range():
    plant_refused("SRID=4326;POINT(4500000 5900000)", "empty or outside")
