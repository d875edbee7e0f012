"""Questions as addresses hold them: which municipalities, as of when, and which of the rest are parameters."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

from django.core.cache import cache
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.analysis import reading
from geoplatform.analysis.answer import MOST
from geoplatform.query.errors import QueryError
from geoplatform.query.temporal import parse_interval

SECONDS = 60  # a new municipality shows after a minute
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Names that no parameter of an indicator may have: they stand beside it in addresses.
RESERVED = frozenset(
    [
        "id",
        "indicator",
        "of",
        "municipality",
        "at",
        "since",
        "column",
        "classes",
        "against",
        "f",
        "lang",
        "area_of",
    ]
)


def towns(given: Iterable[str]) -> tuple[str, ...]:
    """Keys (AGS) out of `municipality=a,b&municipality=c`; without any, all that have quarters.

    Raises QueryError where that would be too many.
    """
    found = tuple(dict.fromkeys(key for text in given for key in text.split(",") if key))
    if found:
        return found
    every = tuple(comparable())
    if len(every) > MOST:
        message = _("There are %(count)d municipalities: name up to %(most)d of them.")
        raise QueryError("municipality", message % {"count": len(every), "most": MOST})
    return every


def comparable() -> dict[str, str]:
    """Names of the municipalities that have quarters by their key (AGS), up to a minute old."""
    found: dict[str, str] | None = cache.get("analysis:comparable")
    if found is None:
        found = reading.comparable()
        cache.set("analysis:comparable", found, SECONDS)
    return found


def instant(name: str, text: str) -> dt.datetime | None:
    """An instant (RFC 3339), or a day: its end at this place. None for today and no text at all: as it is.

    Raises QueryError, also for what is to come.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if DAY.fullmatch(text):
            day = dt.date.fromisoformat(text)
            if day == timezone.localdate():
                return None
            found = dt.datetime.combine(day, dt.time.max, timezone.get_current_timezone())
        else:
            first, last = parse_interval(text)
            if first is None or first != last:
                raise ValueError
            found = first
    except (ValueError, OverflowError):
        message = _("%s is a day such as 2026-05-01, or an instant such as 2026-05-01T12:00:00Z.")
        raise QueryError(name, message % name) from None
    if found > timezone.now():
        message = _("%s lies in the future, which is not known.")
        raise QueryError(name, message % name)
    return found
