"""How much there is of a layer and under which licences, for people who choose what to take."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.cache import cache
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.query.compose import restricted
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import EXTENT_SECONDS, raw_cursor


@dataclass(frozen=True)
class Figures:
    """`count` features in all; `licences` are values of `Licence`, the one of most features first."""

    count: int
    licences: tuple[str, ...]


def figures(layer: Layer) -> Figures:
    """Both from one walk over the layer's rows, up to a minute old."""
    key = f"figures:{layer.name}"
    found: Figures | None = cache.get(key)
    if found is None:
        statement = restricted(FeatureQuery(layer=layer))
        columns = [statement.own("licence"), sql.SQL("count(*)")]
        tail = sql.SQL(" GROUP BY 1 ORDER BY 2 DESC, 1")
        with raw_cursor() as cursor:
            rows = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
        found = Figures(sum(number for _, number in rows), tuple(licence for licence, _ in rows))
        cache.set(key, found, EXTENT_SECONDS)
    return found
