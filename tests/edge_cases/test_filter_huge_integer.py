"""An integer of three thousand digits as a coordinate."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_huge_integer():
    filter_refused('{"type":"Point","coordinates":[' + "9" * 3000 + ",53]}", "finite")
