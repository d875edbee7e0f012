"""TIME: the layer as it was (06-042, annex D; ISO 8601)."""

from __future__ import annotations

import datetime as dt
import re

from django.utils.translation import gettext as _

from geoplatform.query.as_of import stable
from geoplatform.services.wms.exceptions import ServiceException

# Years, months, days and what lies within a day, in UTC unless an offset is said.
WRITTEN = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2})(:(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(\.(?P<fraction>[0-9]{1,9}))?)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
PARTS = ("year", "month", "day", "hour", "minute", "second")
CURRENT = "current"


def parse_time(text: str) -> dt.datetime | None:
    """The instant that TIME asks about; None for now. Raises ServiceException.

    A year, a month or a day is that period, and of a period (also `start/end`, which QGIS sends) it is the end. An end
    that is still to come means now, as in the API.
    """
    now = dt.datetime.now(dt.UTC)
    text = text.strip()
    if text.lower() in ("", CURRENT):
        return None
    try:
        parts = text.split("/")
        if len(parts) > 3 or "," in text:
            raise ValueError
        ends = [_end(part, now) for part in parts[:2]]
        if len(ends) == 2 and ends[0] > ends[1]:
            raise ValueError
        end = ends[-1]
    except (ValueError, OverflowError):
        raise ServiceException(
            _(
                "TIME is one time, such as 2026-05-01, 2026-05-01T12:00:00Z or current, or one period, start/end."
            ),
            code="InvalidDimensionValue",
        ) from None
    return None if end >= now else stable(end)


def _end(text: str, now: dt.datetime) -> dt.datetime:
    """The instant itself, or the last moment of the period that a shorter text means."""
    if text.strip().lower() == CURRENT:
        return now
    found = WRITTEN.fullmatch(text.strip().upper())
    if not found:
        raise ValueError
    given = [int(found[name]) for name in PARTS if found[name]]
    zone = _zone(found["zone"])
    start = dt.datetime(*[*given, *[1, 1, 1, 0, 0, 0][len(given) :]][:6], tzinfo=zone)  # type: ignore[misc,arg-type]
    if len(given) == 6:
        fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
        return start.replace(microsecond=int(fraction))
    if len(given) == 1:
        after = start.replace(year=start.year + 1)
    elif len(given) == 2:
        after = (start + dt.timedelta(days=31)).replace(day=1)
    else:
        after = (
            start
            + [dt.timedelta(days=1), dt.timedelta(hours=1), dt.timedelta(minutes=1)][len(given) - 3]
        )
    return after - dt.timedelta(microseconds=1)


def _zone(text: str | None) -> dt.tzinfo:
    if text in (None, "Z"):
        return dt.UTC
    assert text is not None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return dt.timezone(dt.timedelta(minutes=-minutes if text[0] == "-" else minutes))
