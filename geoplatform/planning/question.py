"""What a planner asks, as the address of the page holds it: indicator, parameters, places, dates, how to look at it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from geoplatform.analysis import asking, registry
from geoplatform.analysis.indicator import Column, Indicator
from geoplatform.planning.classes import METHODS
from geoplatform.query.errors import QueryError


@dataclass(frozen=True, kw_only=True)
class Question:
    """One view of the planner's page.

    column   which figure of the indicator is mapped
    towns    keys of municipalities; none: all that have quarters
    values   of the indicator's parameters
    at       as of when; None: as it is. `since`: what it is compared with
    against  another indicator, for the scatter plot
    classes  how the map's classes are made: one of METHODS
    texts    `at` and `since` as they were written
    """

    indicator: Indicator
    column: Column
    towns: tuple[str, ...]
    values: Mapping[str, float]
    at: dt.datetime | None = None
    since: dt.datetime | None = None
    against: Indicator | None = None
    classes: str = METHODS[0]
    texts: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str) -> str:
        """The question as the query of an address, without what goes without saying."""
        known = {each.name: each.default for each in self.indicator.parameters}
        found: dict[str, Any] = {"indicator": self.indicator.id}
        found["municipality"] = ",".join(self.towns)
        found |= {
            name: f"{value:.10g}" for name, value in self.values.items() if value != known[name]
        }
        found |= {name: self.texts.get(name, "") for name in ("at", "since")}
        found["column"] = "" if self.column is self.indicator.columns[0] else self.column.name
        found["against"] = self.against.id if self.against else ""
        found["classes"] = "" if self.classes == METHODS[0] else self.classes
        found |= changes
        return urlencode({name: text for name, text in found.items() if text}, safe=",:")

    def asked_of_data(self, form: str) -> str:
        """The query of the same question to the interface, in one of its formats."""
        return replace(
            self,
            column=self.indicator.columns[0],
            against=None,
            classes=METHODS[0],
            texts={"at": self.texts.get("at", "")},
        ).query(indicator="", f=form)


def parse(given: QueryDict) -> Question:
    """Raises QueryError, naming what was wrong."""
    indicator = registry.get(given.get("indicator", ""))
    former = given.get("of", "")
    texts = {name: given.get(name, "").strip()[:40] for name in ("at", "since")}
    at, since = (asking.instant(name, text) for name, text in texts.items())
    if since is not None and at is not None and since >= at:
        raise QueryError("since", _("What is compared with lies before the other date."))
    if texts["since"] and since is None:
        raise QueryError("since", _("Nothing has changed since today: name an earlier day."))
    return Question(
        indicator=indicator,
        column=indicator.column(_of_the_same(given, former, indicator, "column")),
        towns=asking.towns(given.getlist("municipality")) if given.getlist("municipality") else (),
        values=indicator.values(_values(given, former, indicator)),
        at=at,
        since=since,
        against=_against(given.get("against", "")),
        classes=_classes(given.get("classes", "")),
        texts=texts if at is not None else {**texts, "at": ""},
    )


def _values(given: QueryDict, former: str, indicator: Indicator) -> dict[str, str]:
    """The parameters among what was given. A form that was made for another indicator says nothing of this one's."""
    if former and former != indicator.id:
        return {}
    others = {name: str(given[name]) for name in given if name not in asking.RESERVED}
    # A field that was emptied in a form is left as it usually is.
    return {name: text for name, text in others.items() if text.strip() or not former}


def _of_the_same(given: QueryDict, former: str, indicator: Indicator, name: str) -> str:
    return "" if former and former != indicator.id else given.get(name, "")


def _against(id: str) -> Indicator | None:
    if not id:
        return None
    found = registry.get(id)
    if found.compute is None:
        raise QueryError("against", str(found.missing))
    return found


def _classes(name: str) -> str:
    if name and name not in METHODS:
        message = _("classes is one of: %s.")
        raise QueryError("classes", message % ", ".join(METHODS))
    return name or METHODS[0]
