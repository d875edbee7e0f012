"""Collections in collections, as deep as a filter is long."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_nested_collections():
    geometry = '{"type":"GeometryCollection","geometries":['
    filter_refused(
        geometry * 80 + '{"type":"Point","coordinates":[11,53]}' + "]}" * 80, "do not nest"
    )
