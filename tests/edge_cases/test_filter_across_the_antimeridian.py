"""A box in a filter that begins east of the antimeridian and ends west of it."""

import pytest

from geoplatform.catalog import registry
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count
from tests import make

pytestmark = pytest.mark.django_db


def test_across_the_antimeridian():
    for longitude in (179.5, -179.5, 0.0):
        make.plant(longitude, 10, own_growth_form="tree")
    layer = registry.get("trees")
    for text in (
        "S_INTERSECTS(location, BBOX(179,9,-179,11))",
        "S_DWITHIN(location, POINT(180 10), 60000)",
    ):
        query = FeatureQuery(layer=layer, filter=parse_filter(text, layer=layer))
        assert count(query) == 2
