"""Latitude where longitude belongs, beyond 90 degrees."""

import pytest

from tests.edge_cases.filters import filter_refused

pytestmark = pytest.mark.django_db


def test_axes_swapped():
    filter_refused('{"type":"Point","coordinates":[53.6,111.4]}', "longitude first in CRS84")
