"""A geometry that brings a CRS along."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_members_of_its_own():
    filter_refused('{"type":"Point","coordinates":[11,53],"crs":{"type":"link"}}', "nothing else")
