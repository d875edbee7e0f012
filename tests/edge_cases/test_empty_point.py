"""A point without coordinates."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_empty_point():
    plant_refused("SRID=4326;POINT EMPTY", "empty or outside")
