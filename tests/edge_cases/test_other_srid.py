"""Metres of another CRS said to be so: the table stores EPSG:4326 alone."""

import pytest

from tests.edge_cases.refusals import plant_refused

pytestmark = pytest.mark.django_db


def test_other_srid():
    plant_refused("SRID=25833;POINT(262000 5945000)", "SRID")
