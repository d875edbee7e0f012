"""A coordinate that is no number."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_infinite_coordinate():
    plant_refused("SRID=4326;POINT(NaN 53)", "empty or outside")
