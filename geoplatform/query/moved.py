"""How a part of a layer differs from what it was at an instant: how much came, went, and is another version now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from psycopg import sql

from geoplatform.query.compose import restricted
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import raw_cursor


@dataclass(frozen=True)
class Moved:
    """Numbers of features."""

    added: int
    changed: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def moved(query: FeatureQuery, since: dt.datetime) -> Moved:
    """What `query` names now beside what it named at an instant: a feature that left its box has gone, too."""
    now, then = restricted(replace(query, at=None)), restricted(replace(query, at=since))
    parts = [each.select([each.own("id"), each.own("version")]) for each in (now, then)]
    statement = sql.SQL(
        "SELECT count(*) FILTER (WHERE t.id IS NULL), count(*) FILTER (WHERE t.version <> n.version),"
        " count(*) FILTER (WHERE n.id IS NULL)"
        " FROM ({}) n FULL JOIN ({}) t ON t.id = n.id"
    ).format(*parts)
    with raw_cursor() as cursor:
        row = cursor.execute(statement, [*now.parameters, *then.parameters]).fetchone()
    assert row is not None
    return Moved(*row)
