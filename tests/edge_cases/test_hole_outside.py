"""A polygon whose hole lies outside of it."""

import pytest

from tests.edge_cases.refusals import green_space_refused

pytestmark = pytest.mark.django_db


def test_hole_outside():
    green_space_refused(
        "SRID=4326;MULTIPOLYGON(((11 53, 11.1 53, 11.1 53.1, 11 53.1, 11 53), (12 53, 12.1 53, 12.1 53.1, 12 53)))",
        "not valid",
    )
