"""How much of a box came, went and changed since an instant."""

import pytest
from django.utils import timezone

from geoplatform.catalog import registry
from geoplatform.query.cql2.filter import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.moved import Moved, moved
from layers.gardens import Garden
from tests import make

HERE = (11.0, 53.0, 11.05, 53.05)
FAR = make.area(11.15, 53.05, 11.16, 53.06)


def here():
    layer = registry.get("gardens")
    there = parse_filter("status <> 'gone'", layer=layer)
    return FeatureQuery(layer=layer, bbox=HERE, filter=there, limit=None)


@pytest.mark.usefixtures("fresh_database")
def test_what_came_went_and_changed():
    make.town()
    gardens = {name: make.garden(name, (11.01, 53.01, 11.02, 53.02)) for name in "abcd"}
    make.garden("far", (11.15, 53.05, 11.16, 53.06))
    before = timezone.now()
    assert moved(here(), before) == Moved(0, 0, 0)
    assert not moved(here(), before)
    make.garden("new", (11.01, 53.01, 11.02, 53.02))
    make.garden("new and far", (11.15, 53.05, 11.16, 53.06))
    Garden.objects.filter(id=gardens["a"].id).update(kind="school")
    gardens["b"].delete()
    # One that stands elsewhere now, and one that is said to be gone, are here no more.
    Garden.objects.filter(id=gardens["c"].id).update(area=FAR)
    Garden.objects.filter(id=gardens["d"].id).update(status="gone")
    assert moved(here(), before) == Moved(added=1, changed=1, removed=3)
