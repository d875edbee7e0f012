"""A position that no projection reaches."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_far_outside_its_crs():
    filter_refused(
        '{"type":"Point","coordinates":[9e99,5900000]}',
        "lies outside of EPSG:25833",
        crs="http://www.opengis.net/def/crs/EPSG/0/25833",
    )
