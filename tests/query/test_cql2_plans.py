"""Spatial conditions ask the index, also beside others; the same filter holds for an earlier day."""

import datetime as dt

import pytest
from django.contrib.gis.geos import Point
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.query.as_of import stable
from geoplatform.query.compose import restricted
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count, raw_cursor
from layers.plants import Plant
from tests import make

TREES = registry.get("trees")
POLYGON = "POLYGON((11 53,11.001 53,11.001 53.001,11 53))"


def plan(text):
    statement = restricted(FeatureQuery(layer=TREES, filter=parse_filter(text, layer=TREES)))
    with raw_cursor() as cursor:
        # The table is small; what matters is whether the index could be asked at all.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            sql.SQL("EXPLAIN ") + statement.select([statement.own("fid")]), statement.parameters
        )
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        *(
            f"S_{name}(location, {POLYGON})"
            for name in (
                "INTERSECTS", "CONTAINS", "WITHIN", "TOUCHES", "CROSSES", "OVERLAPS", "EQUALS"
            )
        ),
        f"S_CONTAINS({POLYGON}, location) AND height_m > 3",
        "S_DWITHIN(location, POINT(11 53), 500)",
    ],
)  # fmt: skip
def test_index_is_asked(text):
    for n in range(200):
        Plant.objects.create(location=Point(11 + n / 100, 53), source=make.source())
    assert "Index Cond: (location " in plan(text) or "Index Cond: ((location " in plan(text)


def test_filter_as_of(fresh_database):
    """What was true then, of what was there then."""
    tree = make.plant(own_growth_form="tree", height_m=3, species=make.species())
    before = stable(dt.datetime.now(dt.UTC))
    Plant.objects.filter(pk=tree.pk).update(height_m=9)
    text = "height_m < 5 AND species_de = 'Apfel' AND S_DWITHIN(location, POINT(11.05 53.05), 10)"
    then = parse_filter(text, layer=TREES)
    assert count(FeatureQuery(layer=TREES, filter=then, at=before)) == 1
    assert count(FeatureQuery(layer=TREES, filter=then)) == 0
