"""Figures before and after, side by side: two maps with one legend, a table, plots, sums and what moved, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import shapely
from django.utils.translation import gettext as _

from geoplatform.analysis import gate
from geoplatform.analysis.about import NOTHING, figure
from geoplatform.analysis.indicator import Column, Indicator
from geoplatform.analysis.overlay import Overlay
from geoplatform.analysis.whatif import Moved, whatif
from geoplatform.planning import plots
from geoplatform.planning.drafting import Drawing
from geoplatform.planning.question import Question
from geoplatform.planning.shown import Drawn, Shown, whole
from geoplatform.query.errors import QueryError

PEOPLE = Column(name="people", title="", unit="", digits=0)


@dataclass(frozen=True)
class Sum:
    """A figure of all quarters together: what it is, and what it was, is, and differs by."""

    title: str
    before: str
    after: str
    change: str


def reckoned(drawing: Drawing, towns: Sequence[str] = ()) -> Beside:
    """A drawing and its figures, of other municipalities if some are named. Raises as `whatif` does, and gate.Busy."""
    question = drawing.question
    asked = towns or drawing.towns
    if not asked:
        raise QueryError("overlay", _("Draw something first, or choose municipalities."))
    with gate.admitted():
        moved = whatif(question.indicator, asked, question.values, drawing.overlay, at=question.at)
    return Beside(question, moved, drawing.overlay)


@dataclass
class Beside:
    """What is shown of `moved`."""

    question: Question
    moved: Moved
    overlay: Overlay

    @property
    def marks(self) -> list[tuple[str, shapely.Geometry]]:
        """The drawing upon the map after. What is taken away has no shape of its own."""
        shapes = [each.shape for each in self.overlay.parts if each.shape is not None]
        return [("line" if each.geom_type == "LineString" else "area", each) for each in shapes]

    @cached_property
    def before(self) -> Shown:
        return Shown(self.question, self.moved.before, None, None)

    @cached_property
    def after(self) -> Shown:
        """In the classes of what was, so that a quarter that changes its class is seen to."""
        now, then = self.moved.after, self.moved.before
        return Shown(self.question, now, then, None, self.before.values, self.marks)

    @property
    def column(self) -> Column:
        return self.question.column

    @property
    def maps(self) -> list[tuple[Drawn, Drawn]]:
        """The map before and the one after, for each neighbourhood of municipalities."""
        return list(zip(self.before.maps(), self.after.maps(), strict=True))

    @property
    def legend(self) -> list[dict[str, Any]]:
        """The classes, and how many quarters were and would be in each."""
        found = [self.after.classes.of(value) for value in self.after.values]
        return [
            {
                "number": each.number,
                "shade": each.shade,
                "words": each.words,
                "before": each.count,
                "after": sum(own is not None and own.number == each.number for own in found),
            }
            for each in self.before.classes.classes
        ]

    @property
    def plots(self) -> tuple[plots.Plot | None, plots.Plot | None]:
        """Where the figures lie before and after, over the same axis."""
        both = pd.concat([self.before.values, self.after.values]).dropna()
        ends = (float(both.min()), float(both.max())) if len(both) else ()
        return self.before.distribution(ends), self.after.distribution(ends)

    @cached_property
    def touched(self) -> list[str]:
        """Ids of the quarters whose figure differs as it is read, the most first."""
        changes = self.after.changes
        assert changes is not None
        read = changes.round(self.column.digits)
        became = self.before.values.isna() != self.after.values.isna()
        some = read[(read.abs() > 0) | became]
        return [str(id) for id in some.abs().sort_values(ascending=False, kind="stable").index]

    def headline(self) -> str:
        """What moved, in a sentence."""
        if not self.touched:
            return _("No quarter's figure would be another one.")
        first = self.sums()[0]
        return f"{self.after.moved()} {first.title}: {first.change}."

    def sums(self) -> list[Sum]:
        """The figure of all quarters together, where there is such a thing."""
        column, values = self.column, (self.before.values, self.after.values)
        inhabitants = self.before.now.rows["inhabitants"].astype("float64")
        found = []
        if counts_people(self.question.indicator, column):
            people = [float((each / 100 * inhabitants).sum()) for each in values]
            found.append(Sum(_("People"), *_written(people, PEOPLE)))
        if column.unit == "" and column.digits == 0:
            sums = [float(each.sum()) for each in values]
            found.append(Sum(_("Sum of all quarters"), *_written(sums, column)))
        else:
            means = [_mean(each, inhabitants) for each in values]
            found.append(Sum(_("Mean, by inhabitants"), *_written(means, column)))
        return found

    def rows(self) -> list[dict[str, Any]]:
        """Every quarter, those that move first."""
        still = [id for id in self.after.records if id not in self.touched]
        return [self._row(id) for id in (*self.touched, *still)]

    def _row(self, id: str) -> dict[str, Any]:
        record = self.after.records[id]
        before, after = self.before.values[id], self.after.values[id]
        inhabitants = record["inhabitants"]
        row = {
            "id": id,
            "name": self.after.name(id),
            "before": figure(before, self.column),
            "after": figure(after, self.column),
            "change": signed(after - before, self.column),
            "class": self.after.classes.of(after),
            "was": self.before.classes.of(before),
            "inhabitants": whole(record["inhabitants"]),
            "moves": id in self.touched,
        }
        if counts_people(self.question.indicator, self.column):
            row["people"] = signed((after - before) / 100 * inhabitants, PEOPLE)
        return row


def counts_people(indicator: Indicator, column: Column) -> bool:
    """Whether a figure is a share of the inhabitants, so that people can be counted by it."""
    return indicator.weighted and column.unit == "%"


def signed(change: float, column: Column) -> str:
    """A change with its sign, in the figure's decimals."""
    text = figure(change, column)
    return f"+{text}" if text != NOTHING and round(change, column.digits) > 0 else text


def _mean(values: pd.Series, inhabitants: pd.Series) -> float:
    some = values.notna() & (inhabitants > 0)
    people = inhabitants[some]
    return float((values[some] * people).sum() / people.sum()) if len(people) else math.nan


def _written(values: list[float], column: Column) -> tuple[str, str, str]:
    before, after = (figure(each, column, unit=True) for each in values)
    return before, after, signed(values[1] - values[0], column)
