"""A polygon in a filter that crosses itself."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_bow_tie():
    filter_refused(
        '{"type":"Polygon","coordinates":[[[11,53],[12,54],[12,53],[11,54],[11,53]]]}', "not valid"
    )
