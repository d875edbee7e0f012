"""A polygon that crosses itself."""

import pytest

from tests.edge_cases.refusals import green_space_refused

pytestmark = pytest.mark.django_db


def test_bow_tie():
    green_space_refused(
        "SRID=4326;MULTIPOLYGON(((11 53, 11.1 53.1, 11.1 53, 11 53.1, 11 53)))", "not valid"
    )
