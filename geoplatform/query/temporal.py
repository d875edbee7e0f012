"""Instants and intervals of time as requests name them (RFC 3339; OGC 17-069r4, 7.15.4)."""

from __future__ import annotations

import datetime as dt
import re

from django.utils.translation import gettext as _

from geoplatform.query.feature_query import QueryError

Interval = tuple[dt.datetime | None, dt.datetime | None]
INSTANT = re.compile(
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})T(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?P<fraction>\.[0-9]+)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})"
)
OPEN = {"", ".."}
EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)


def parse_interval(text: str) -> Interval:
    """The value of `datetime`: an instant, or `start/end` with one end open (`..` or empty). Raises QueryError.

    An instant is both ends of its interval; None is an open end.
    """
    start, slash, end = text.partition("/")
    try:
        if not slash:
            return (_instant(text),) * 2
        if start in OPEN and end in OPEN:
            raise ValueError
        interval = (
            None if start in OPEN else _instant(start),
            None if end in OPEN else _instant(end),
        )
    except ValueError:
        raise QueryError(
            "datetime",
            _(
                "datetime is a date with time and zone, such as 2026-05-01T00:00:00Z, or start/end,"
                " of which one may be left open by two dots."
            ),
        ) from None
    if interval[0] and interval[1] and interval[0] > interval[1]:
        raise QueryError("datetime", _("The start of datetime lies after its end."))
    return interval


def _instant(text: str) -> dt.datetime:
    """A date-time of RFC 3339. Clients write "from ever" as the year 0000, which becomes the earliest there is."""
    found = INSTANT.fullmatch(text.upper())
    if not found:
        raise ValueError
    year_zero = found["date"].startswith("0000")
    # Like 0000, the year 0004 is a leap year.
    date = "0004" + found["date"][4:] if year_zero else found["date"]
    # A leap second is the last one of its minute.
    time = found["time"][:-2] + "59" if found["time"].endswith(":60") else found["time"]
    fraction = (found["fraction"] or "")[:7]
    instant = dt.datetime.fromisoformat(f"{date}T{time}{fraction}{found['zone']}")
    return EARLIEST if year_zero else instant
