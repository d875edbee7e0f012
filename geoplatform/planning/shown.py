"""An answer as the page shows it: map, ranked table, plots and words, all from the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import shapely
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.analysis import about, asking
from geoplatform.analysis.about import figure
from geoplatform.analysis.answer import Answer, answer
from geoplatform.analysis.indicator import Column
from geoplatform.planning import picture, plots
from geoplatform.planning.classes import Class, Classes, classified, target_of
from geoplatform.planning.question import Question

# How the map of changes names its three classes: shade, sign.
CHANGES = {-1: ("less", "−"), 0: ("same", "="), 1: ("more", "+")}
HATCHED = ("none", "")


@dataclass(frozen=True)
class Drawn:
    """A map, and the municipalities on it."""

    title: str
    map: picture.Picture


@dataclass
class Shown:
    """What is answered: `now`, the same `then` (None: not compared), another indicator (None: none asked for).

    classed  values that the classes are made of, where several maps share them; None: those that are shown
    marks    what is drawn upon the maps, as `picture.drawn` takes it
    """

    question: Question
    now: Answer
    then: Answer | None
    other: Answer | None
    classed: pd.Series | None = None
    marks: Sequence[tuple[str, shapely.Geometry]] = ()

    @classmethod
    def of(cls, question: Question) -> Shown:
        """Ask. Raises QueryError, Unanswerable."""
        towns = asking.towns(question.towns)
        against = question.against
        now = answer(question.indicator, towns, question.values, at=question.at)
        then = None
        if question.since is not None:
            then = answer(question.indicator, towns, question.values, at=question.since)
        other = answer(against, towns, at=question.at) if against else None
        return cls(question, now, then, other)

    @property
    def column(self) -> Column:
        return self.question.column

    @cached_property
    def values(self) -> pd.Series:
        return self.now.rows[self.column.name].astype("float64")

    @cached_property
    def classes(self) -> Classes:
        targets = self.question.indicator.targets
        values = self.values if self.classed is None else self.classed
        return classified(values, self.column, self.question.classes, targets)

    @cached_property
    def changes(self) -> pd.Series | None:
        """How much the figure is greater than it was, by quarter; None where nothing is compared."""
        if self.then is None:
            return None
        before = self.then.rows[self.column.name].astype("float64").reindex(self.values.index)
        return self.values - before

    @cached_property
    def others(self) -> pd.Series | None:
        """The other indicator's figure by quarter."""
        if self.other is None:
            return None
        name = self.other.indicator.columns[0].name
        return self.other.rows[name].astype("float64").reindex(self.values.index)

    @property
    def several(self) -> bool:
        return len(self.now.municipalities) > 1

    @cached_property
    def records(self) -> dict[str, dict[str, Any]]:
        """The rows by quarter, as plain values: a frame is slow to read one by one."""
        found: dict[str, dict[str, Any]] = self.now.rows.drop(columns="geometry").to_dict("index")
        return found

    def name(self, id: str) -> str:
        """The quarter's, with its municipality where there are several."""
        row = self.records[id]
        town = asking.comparable().get(row["municipality"], row["municipality"])
        return f"{row['name']} ({town})" if self.several else str(row["name"])

    def title(self, id: str) -> str:
        """A quarter in one line: name, figure, class."""
        found = self.classes.of(self.values[id])
        text = f"{self.name(id)}: {figure(self.values[id], self.column, unit=True)}"
        return f"{text} · {_('class %d') % found.number}" if found else text

    def _class(self, id: str) -> Class | None:
        return self.classes.of(self.values[id])

    def maps(self) -> list[Drawn]:
        """A map of the figure for each neighbourhood of municipalities."""

        def look(id: str) -> tuple[str, str, str]:
            found = self._class(id)
            shade, sign = (str(found.shade), str(found.number)) if found else HATCHED
            return self.title(id), shade, sign

        return self._drawn(look)

    def maps_of_changes(self) -> list[Drawn]:
        changes = self.changes
        if changes is None:
            return []

        def look(id: str) -> tuple[str, str, str]:
            way = self._way(changes[id])
            shade, sign = CHANGES[way] if way is not None else HATCHED
            return f"{self.name(id)}: {self._signed(changes[id])}", shade, sign

        return self._drawn(look)

    def _drawn(self, look: picture.Look) -> list[Drawn]:
        groups = picture.apart(self.now.rows) if self.several else [self.now.rows]
        return [
            Drawn(
                self._towns(group["municipality"].unique()), picture.drawn(group, look, self.marks)
            )
            for group in groups
        ]

    def _way(self, change: float) -> int | None:
        """-1, 0, 1: less, the same, more, at the decimals that are shown."""
        if not math.isfinite(change):
            return None
        rounded = round(change, self.column.digits)
        return int(rounded > 0) - int(rounded < 0)

    def _signed(self, change: float) -> str:
        text = figure(change, self.column)
        return text if self._way(change) in (None, -1) or text == about.NOTHING else f"+{text}"

    def distribution(self, over: Sequence[float] = ()) -> plots.Plot | None:
        """`over` are values that the axis holds besides, so that two plots have the same."""
        target = target_of(self.column, self.question.indicator.targets)
        return plots.distribution(
            self.values,
            self._dot,
            lambda value: about.number(round(value, 10)),
            self.classes.breaks,
            target.value if target else None,
            over,
        )

    def scatter(self) -> plots.Plot | None:
        if self.others is None or self.other is None:
            return None

        def words(value: float) -> str:
            return about.number(round(value, 10))

        return plots.scatter(self.values, self.others, self._dot, words, words)

    def _dot(self, id: str) -> tuple[str, str]:
        found = self._class(id)
        return self.title(id), str(found.shade) if found else HATCHED[0]

    def correlation(self) -> str:
        """How the two figures go together, in words."""
        if self.others is None:
            return ""
        rho, count = plots.together(self.values, self.others)
        if math.isnan(rho):
            return _("Too few quarters with both figures to say whether they go together.")
        return _(
            "Rank correlation (Spearman) %(rho)s over %(count)d quarters: 1 is the same order, -1 the opposite, 0 none."
            " It says nothing about causes."
        ) % {"rho": number_format(round(rho, 2), 2), "count": count}

    # The table

    @property
    def columns(self) -> list[Column]:
        """The mapped figure first, then the indicator's others; ends of bands stand with their figure."""
        indicator = self.question.indicator
        ends = {name for each in indicator.columns for name in indicator.band(each) or ()}
        rest = [each for each in indicator.columns if each.name not in ends and each != self.column]
        return [self.column, *rest]

    def table(self) -> list[dict[str, Any]]:
        """The quarters in order of the mapped figure, the best first where one way is good; without figure last."""
        ranks = self.values.rank(method="min", ascending=self.column.better == "less")
        order = pd.DataFrame({"rank": ranks, "name": self.now.rows["name"]})
        order = order.sort_values(["rank", "name"], na_position="last", kind="stable")
        return [self._row(str(id), rank) for id, rank in order["rank"].items()]

    def _row(self, id: str, rank: float) -> dict[str, Any]:
        row = self.records[id]
        found = self._class(id)
        made: dict[str, Any] = {
            "id": id,
            "rank": "" if math.isnan(rank) else int(rank),
            "name": row["name"],
            "key": row["key"],
            "town": asking.comparable().get(row["municipality"], row["municipality"]),
            "inhabitants": whole(row["inhabitants"]),
            "class": found,
            "unsure": self._unsure(row, found),
            "cells": [
                {"label": label(each), "text": figure(row[each.name], each), "band": self._band(row, each)}
                for each in self.columns
            ],
        }  # fmt: skip
        if self.then is not None and self.changes is not None:
            before = self.values[id] - self.changes[id]
            made["then"] = figure(before, self.column)
            made["change"] = self._signed(self.changes[id])
            way = self._way(self.changes[id])
            made["way"] = CHANGES[way][1] if way is not None else ""
        if self.others is not None and self.other is not None:
            made["other"] = figure(self.others[id], self.other.indicator.columns[0])
        return made

    def _band(self, row: dict[str, Any], column: Column) -> str:
        ends = self.question.indicator.band(column)
        if ends is None or not all(math.isfinite(row[each]) for each in ends):
            return ""
        low, high = (figure(row[each], column) for each in ends)
        return f"{low}–{high}"

    def _unsure(self, row: dict[str, Any], found: Class | None) -> bool:
        """Whether the quarter would stand in another class at a limit a tenth shorter or longer."""
        ends = self.question.indicator.band(self.column)
        if ends is None or found is None:
            return False
        return any(self.classes.of(row[each]) != found for each in ends)

    # In words

    def facts(self) -> list[tuple[str, str]]:
        """The figures of the distribution, so that the plot tells nothing that is not said."""
        known = self.values.dropna()
        found = [
            (
                _("Quarters with a figure"),
                _("%(with)d of %(all)d") % {"with": len(known), "all": len(self.values)},
            )
        ]
        if not len(known):
            return found
        lowest, highest = known.idxmin(), known.idxmax()
        for title, value, where in (
            (_("lowest"), known[lowest], lowest),
            (_("a quarter of them below"), known.quantile(0.25), None),
            (_("half of them below (median)"), known.median(), None),
            (_("a quarter of them above"), known.quantile(0.75), None),
            (_("highest"), known[highest], highest),
        ):
            text = figure(float(value), self.column, unit=True)
            alike = int((known == value).sum()) if where is not None else 0
            if where is not None:
                more = _("%d quarters") % alike if alike > 1 else self.name(str(where))
                text = f"{text} ({more})"
            found.append((title, text))
        uneven = about.uneven(self.now.rows, self.column)
        if math.isfinite(uneven):
            text = _("%s (0: all alike, 1: one quarter has it all)") % number_format(
                round(uneven, 2), 2
            )
            found.append((_("Gini coefficient"), text))
        return found

    def moved(self) -> str:
        """How many quarters have more, less or as much as before."""
        if self.changes is None:
            return ""
        ways = [self._way(each) for each in self.changes]
        if not any(each is not None for each in ways):
            return _(
                "No quarter has a figure on both dates: what is there now was not recorded then."
            )
        return _("Quarters with more: %(more)d, with less: %(less)d, the same: %(same)d.") % {
            "more": ways.count(1),
            "less": ways.count(-1),
            "same": ways.count(0),
        }

    def unsure(self) -> str:
        """How many quarters' classes hang on the limit."""
        ends = self.question.indicator.band(self.column)
        if ends is None:
            return ""
        count = sum(self._unsure(row, self._class(id)) for id, row in self.records.items())
        return _(
            "The limit is a convention: at one 10 %% shorter or longer %(count)d of %(all)d quarters would be in"
            " another class (marked ± in the table, with the figure's band)."
        ) % {"count": count, "all": len(self.values)}

    def where(self) -> str:
        return self._towns(self.now.municipalities)

    def _towns(self, keys: Iterable[str]) -> str:
        names = asking.comparable()
        return ", ".join(names.get(each, each) for each in keys)


def label(column: Column) -> str:
    """A column's title with its unit."""
    return f"{column.title} ({column.unit})" if column.unit else str(column.title)


def whole(value: float) -> str:
    return number_format(value, 0, force_grouping=True) if math.isfinite(value) else about.NOTHING
