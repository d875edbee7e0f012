"""An answer: the figures of each quarter, with all that a citation of them needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
from django.utils import timezone
from django.utils.translation import gettext as _

from geoplatform.analysis import keeping, reading
from geoplatform.analysis.city import City
from geoplatform.analysis.diversity import gini
from geoplatform.analysis.errors import Unanswerable
from geoplatform.analysis.indicator import Indicator
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query import as_of
from geoplatform.query.errors import QueryError
from geoplatform.query.figures import credited
from geoplatform.query.select import raw_cursor

MOST = 20  # municipalities in one question
# How far a computation is: done, of how many, and what is being done.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What `indicator` says of the quarters of some municipalities.

    rows       by quarter id (text): `key`, `name`, `municipality` (AGS), `inhabitants`, then the indicator's columns,
               NaN = null; geometry EPSG:4326, longitude first
    values     of the parameters
    version    of the data: the number of the last changeset that they hold
    at         the instant that the data are of; asked again with it, the answer is the same
    weighting  how inhabitants were spread over each quarter: `streets` or `grid`; None where it does not matter
    licences   of the data (values of `Licence`), and whom to name for them
    """

    indicator: Indicator
    municipalities: tuple[str, ...]
    values: dict[str, float]
    rows: gpd.GeoDataFrame
    version: int
    at: dt.datetime
    weighting: str | None
    licences: tuple[str, ...]
    attributions: tuple[str, ...]

    @property
    def definition_kind(self) -> str:
        """Whose definition it is: `official`, `platform`, or `changed`: official, but for the parameters."""
        if not self.indicator.official:
            return "platform"
        return "changed" if self.changed else "official"

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the parameters that have other values than the definition's."""
        usual = {each.name: each.default for each in self.indicator.parameters}
        return tuple(name for name, value in self.values.items() if value != usual[name])

    @property
    def gini(self) -> float:
        """How unevenly the value of the map is spread over the quarters: 0 is all alike, NaN where there is none."""
        return gini(self.rows[self.indicator.columns[0].name])


def answer(
    indicator: Indicator,
    municipalities: Sequence[str],
    values: Mapping[str, Any] | None = None,
    *,
    at: dt.datetime | None = None,
    progress: Progress = lambda done, of, what: None,
) -> Answer:
    """Ask an indicator of all quarters of some municipalities (AGS), as they are or as they were at an instant.

    Raises QueryError for what cannot be asked: values out of bounds, unknown municipalities, an instant to come;
    Unanswerable where no data of this platform can tell.
    """
    asked = checked(indicator, municipalities, values, at)
    found = []
    for number, ags in enumerate(asked.towns):
        progress(number, len(asked.towns), ags)
        kept = keeping.current(ags, at)
        found.append((kept.city, keeping.figures(kept, indicator, asked.values)))
    progress(len(asked.towns), len(asked.towns), "")
    return assembled(asked, found)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that can be asked; the rest as in `Answer`."""

    indicator: Indicator
    towns: tuple[str, ...]
    values: dict[str, float]
    at: dt.datetime
    version: int


def checked(
    indicator: Indicator,
    municipalities: Sequence[str],
    values: Mapping[str, Any] | None,
    at: dt.datetime | None,
) -> Asked:
    """The question, before anything is read for it. Raises as `answer` does."""
    if indicator.compute is None:
        raise Unanswerable("indicator", str(indicator.missing))
    given = indicator.values(values)
    towns = tuple(dict.fromkeys(municipalities))
    if not 0 < len(towns) <= MOST:
        message = _("A question is about 1 to %d municipalities.")
        raise QueryError("municipality", message % MOST)
    now = timezone.now()
    if at is not None and at > now:
        raise QueryError("at", _("The future is not known: at is an instant up to now."))
    instant = as_of.stable(at or now)
    return Asked(
        indicator=indicator, towns=towns, values=given, at=instant, version=version_at(instant)
    )


def assembled(asked: Asked, found: Sequence[tuple[City, pd.DataFrame]]) -> Answer:
    """The answer out of each municipality's city and figures (by quarter id)."""
    weighting = None
    parts = []
    for city, figures in found:
        about = city.quarters[["key", "name", "municipality", "inhabitants", "geometry"]]
        parts.append(about.join(figures).to_crs(4326))
        weighting = city.weighting if asked.indicator.weighted else None
    rows = pd.concat(parts).sort_values(["municipality", "key"])
    licences, names = credited(_layers(asked.indicator), reading.around(rows))
    return Answer(
        indicator=asked.indicator,
        municipalities=asked.towns,
        values=asked.values,
        rows=rows,
        version=asked.version,
        at=asked.at,
        weighting=weighting,
        licences=licences,
        attributions=names,
    )


def version_at(instant: dt.datetime) -> int:
    """The number of the last changeset up to an instant, 0 before the first."""
    with raw_cursor() as cursor:
        row = cursor.execute(
            "SELECT coalesce(max(id), 0) FROM public.history_changeset WHERE at <= %s", [instant]
        ).fetchone()
    assert row is not None
    return int(row[0])


def _layers(indicator: Indicator) -> list[Layer]:
    """Whose data it reads."""
    return [
        registry.by_role("quarter") if name == "quarters" else reading.layer_of(reading.layer_name(name))
        for name in indicator.inputs
    ]  # fmt: skip
