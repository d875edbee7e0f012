"""What of the queue somebody looks at: read from an address, written back into one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geoplatform.contributions import selectors
from geoplatform.contributions.models import WAITING, Action, Proposal, State
from geoplatform.review.said import REASONS

PAGE = 25
PAGES = 200  # beyond, filters help more than turning pages
AGES = {"1": _("a day and more"), "7": _("a week and more"), "30": _("a month and more")}
# What has come to its end is looked at too, to take it back.
DECIDED = (State.APPLIED, State.REJECTED, State.WITHDRAWN, State.SUPERSEDED)
STATES = {
    "": _("all that waits"),
    State.HELD.value: _("for review alone"),
    State.OPEN.value: _("for review or confirmation"),
    State.CONFLICT.value: _("in conflict"),
    "decided": _("decided"),
}
NAMES = ("municipality", "quarter", "age", "action", "layer", "why", "state")


@dataclass(frozen=True)
class Filters:
    """Empty text: not narrowed by this. What makes no sense is left out."""

    municipality: str = ""
    quarter: str = ""
    age: str = ""
    action: str = ""
    layer: str = ""
    why: str = ""
    state: str = ""
    page: int = 1

    @property
    def decided(self) -> bool:
        return self.state == "decided"

    def address(self, **changes: Any) -> str:
        """`?layer=trees&page=2`, or empty text."""
        values: dict[str, Any] = {name: getattr(self, name) for name in NAMES}
        values |= {"page": self.page, **changes}
        if values["page"] == 1:
            del values["page"]
        given = {name: value for name, value in values.items() if value}
        return f"?{urlencode(given)}" if given else ""

    def of(self, found: QuerySet[Proposal]) -> QuerySet[Proposal]:
        """Narrowed by all but the states, which `waiting` has chosen."""
        for name in ("municipality", "quarter", "action", "layer"):
            if value := getattr(self, name):
                found = found.filter(**{name: value})
        if self.why:
            found = found.filter(waits_for=self.why)
        if self.age:
            found = found.filter(created__lt=timezone.now() - dt.timedelta(days=int(self.age)))
        return found

    def chosen(self) -> QuerySet[Proposal]:
        """By state alone, in the order of the queue: what waits longest first, what was decided last first."""
        if self.decided:
            found = selectors.queue(states=DECIDED, newest_first=True)
            return found.order_by("-changed", "-id")
        return selectors.queue(states=(self.state,) if self.state else WAITING)


def read(given: Mapping[str, str]) -> Filters:
    """From an address. Whatever is not known narrows nothing."""
    allowed: dict[str, Any] = {
        "age": AGES,
        "action": Action.values,
        "why": REASONS,
        "state": STATES,
    }
    values: dict[str, str] = {}
    for name in NAMES:
        value = str(given.get(name, ""))
        good = value in allowed[name] if name in allowed else len(value) <= 80
        if name in ("municipality", "quarter"):
            good = _is_uuid(value)
        values[name] = value if good and "\x00" not in value else ""
    page = str(given.get("page", ""))
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
    return Filters(**values, page=min(max(number, 1), PAGES))


def read_text(text: str) -> Filters:
    """From the part of an address behind the question mark, as forms carry it along."""
    return read(QueryDict(text[:2000].removeprefix("?")))


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
