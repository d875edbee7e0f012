"""What is kept of cities and answers between questions, each with the state of the database that it is of.

A city holds until something in its box changes. Then it takes over what the edit left as it was, and only those
quarters are computed again whose figures the edit may alter. What is kept lies in the memory of the process.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock

import pandas as pd
from django.conf import settings

from geoplatform.analysis import changes, reading
from geoplatform.analysis.city import City
from geoplatform.analysis.indicator import Indicator, Values
from geoplatform.catalog import registry
from geoplatform.query import since
from geoplatform.query.tabular import unhurried

# Cities, and answers of each: a city of a million inhabitants takes about 200 MB.
MOST_CITIES = 6
MOST_ANSWERS = 200


@dataclass
class Kept:
    """A city as last seen, and the figures computed of it, each with the city that they are of."""

    town: reading.Municipality
    city: City
    seen: since.Seen
    rows: OrderedDict[tuple[object, ...], tuple[City, pd.DataFrame]] = field(default_factory=OrderedDict)  # fmt: skip


# A city and the figures of its quarters.
Figured = tuple[City, pd.DataFrame]
_kept: OrderedDict[tuple[str, dt.datetime | None], Kept] = OrderedDict()
_lock = RLock()


def forget() -> None:
    """Keep nothing: the next question reads everything anew."""
    with _lock:
        _kept.clear()


def current(ags: str, at: dt.datetime | None = None) -> Kept:
    """A city as it is now, or was at an instant. Raises QueryError where there is none of this key."""
    with _lock:
        kept = _kept.get((ags, at))
        kept = _brought_up(kept, at) if kept else None
        if kept is None:
            seen = since.look()
            with unhurried(settings.ANALYSIS_SECONDS):
                town = reading.municipality(ags)
                kept = Kept(town, reading.read(town, at), seen)
        _kept[ags, at] = kept
        _kept.move_to_end((ags, at))
        while len(_kept) > MOST_CITIES:
            _kept.popitem(last=False)
        return kept


def figures(kept: Kept, indicator: Indicator, values: Values) -> pd.DataFrame:
    """The indicator's columns by quarter id, of the city as kept; only what an edit touched is computed again."""
    assert indicator.compute is not None
    key = (indicator.id, *sorted(values.items()))
    with _lock:
        then, rows = kept.rows.get(key, (None, None))
        if then is None or rows is None:
            rows = indicator.compute(kept.city, values)
        elif then is not kept.city:
            rows = again(indicator, values, then, kept.city, rows)
        kept.rows[key] = (kept.city, rows)
        kept.rows.move_to_end(key)
        while len(kept.rows) > MOST_ANSWERS:
            kept.rows.popitem(last=False)
        return rows


def would_be(
    kept: Kept, indicator: Indicator, values: Values, change: Callable[[City], City]
) -> tuple[Figured, Figured]:
    """The city as kept with its figures, and another state of it with those that it would have, which are not kept.

    Both are of one state of the database, whatever is edited meanwhile.
    """
    with _lock:
        city, rows = kept.city, figures(kept, indicator, values)
        other = change(city)
        return (city, rows), (other, again(indicator, values, city, other, rows))


def again(
    indicator: Indicator, values: Values, then: City, now: City, rows: pd.DataFrame
) -> pd.DataFrame:
    """The figures of `now` out of those (`rows`) of `then`, which has the same quarters."""
    assert indicator.compute is not None
    quarters = changes.touched(indicator, values, then, now)
    if not quarters:
        return rows
    fresh = indicator.compute(now.only(quarters), values)
    return pd.concat([rows.drop(index=fresh.index), fresh]).reindex(rows.index)


def _brought_up(kept: Kept, at: dt.datetime | None) -> Kept | None:
    """What was kept, brought up to now; None where it must be read anew."""
    seen = since.look()
    boxes = since.changes(kept.seen)
    if boxes is None:
        return None
    if at is not None:
        # The past does not change; whose it is and what follows from a species is told by today's.
        roles = ("municipality", "quarter", "species")
        tables = {registry.by_role(role).model._meta.db_table for role in roles}
        return None if tables & set(boxes) else kept
    city = changes.edited(kept.town, kept.city, boxes) if boxes else kept.city
    if city is None:
        return None
    kept.city, kept.seen = city, seen
    return kept
