"""Dates, instants and intervals (OGC 21-065r2, 7.9). Intervals are closed; `..` leaves an end open."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.query.cql2.terms import (
    SQL_TYPES,
    Kind,
    Path,
    Refusal,
    Term,
    bound,
    kind_name,
    term,
)
from geoplatform.query.errors import QueryError
from geoplatform.query.temporal import parse_interval

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
OPEN = ".."
# By start and end of the first (a, b) and of the second (c, d).
RELATIONS = {
    "t_after": "a > d",
    "t_before": "b < c",
    "t_disjoint": "a > d OR b < c",
    "t_equals": "a = c AND b = d",
    "t_intersects": "a <= d AND b >= c",
    "t_contains": "a < c AND b > d",
    "t_during": "a > c AND b < d",
    "t_finishedby": "a < c AND b = d",
    "t_finishes": "a > c AND b = d",
    "t_meets": "b = c",
    "t_metby": "a = d",
    "t_overlappedby": "a > c AND a < d AND b > d",
    "t_overlaps": "a < c AND b > c AND b < d",
    "t_startedby": "a = c AND b > d",
    "t_starts": "a = c AND b < d",
}
# These alone make sense of an instant, too; for the others the standard demands an error.
FOR_INSTANTS = {"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"}


@dataclass(frozen=True)
class Span:
    """An interval; an instant is one of no length. An open end is None, and so is the kind of two of them."""

    kind: Kind | None
    start: Term | None
    end: Term | None
    instant: bool = False


def date(text: Any, path: Path) -> Term:
    """DATE('2026-05-01')"""
    try:
        if not isinstance(text, str) or not DATE.fullmatch(text):
            raise ValueError
        return bound("date", dt.date.fromisoformat(text))
    except ValueError:
        raise Refusal(path, _("A date is written as 2026-05-01.")) from None


def timestamp(text: Any, path: Path) -> Term:
    """TIMESTAMP('2026-05-01T12:00:00Z')"""
    try:
        if not isinstance(text, str) or "/" in text:
            raise ValueError
        return bound("timestamp", parse_interval(text)[0])
    except (ValueError, OverflowError, QueryError):
        raise Refusal(path, _("A date with time is written as 2026-05-01T12:00:00Z.")) from None


def instant_of(text: str, path: Path) -> Term:
    """A date or a date with time, whichever the text is: inside INTERVAL nothing else tells."""
    return date(text, path) if len(text) <= 10 else timestamp(text, path)


def span(start: Term | None, end: Term | None, path: Path) -> Span:
    """An interval between two instants of one kind."""
    kinds = {each.kind for each in (start, end) if each is not None}
    if kinds - {"date", "timestamp"} or len(kinds) > 1:
        raise Refusal(path, _("Both ends of an interval are dates, or both dates with time."))
    first, last = (each.literal if each else None for each in (start, end))
    if first is not None and last is not None and first > last:
        raise Refusal(path, _("The start of an interval lies after its end."))
    return Span(kinds.pop() if kinds else None, start, end)


def relation(name: str, left: Span, right: Span, path: Path) -> Term:
    """One time against another."""
    if name not in FOR_INSTANTS and (left.instant or right.instant):
        raise Refusal(
            path,
            _("%(name)s compares intervals. For one instant there are %(others)s.")
            % {
                "name": name.upper(),
                "others": ", ".join(sorted(each.upper() for each in FOR_INSTANTS)),
            },
        )
    kinds = {each.kind for each in (left, right) if each.kind}
    if len(kinds) > 1:
        first, second = (kind_name(each.kind) for each in (left, right) if each.kind)
        raise Refusal(
            path,
            _("%(first)s cannot be compared with %(second)s.") % {"first": first, "second": second},
        )
    kind = kinds.pop() if kinds else "timestamp"
    ends = {
        "a": left.start or _endless(kind, "-infinity"),
        "b": left.end or _endless(kind, "infinity"),
        "c": right.start or _endless(kind, "-infinity"),
        "d": right.end or _endless(kind, "infinity"),
    }
    letters = re.findall(r"\b[abcd]\b", RELATIONS[name])
    template = re.sub(r"\b[abcd]\b", "{}", RELATIONS[name])
    return term("boolean", f"({template})", *[ends[each] for each in letters])


def _endless(kind: Kind, name: str) -> Term:
    return Term(kind, (f"'{name}'::{SQL_TYPES[kind]}",))
