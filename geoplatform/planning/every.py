"""All questions at once: what a drawing does to the first figure of each indicator, as it is defined, in a row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.text import capfirst

from geoplatform.analysis import registry
from geoplatform.planning.beside import Beside, Sum, reckoned
from geoplatform.planning.drafting import Drawing
from geoplatform.planning.shown import label


@dataclass(frozen=True)
class Line:
    """An indicator: its title, its figure with unit, all quarters together, and how many of them move."""

    id: str
    title: str
    figure: str
    sum: Sum
    moves: int


def told(drawing: Drawing) -> list[Line]:
    """A line for each indicator, those that move most quarters first. Raises as `reckoned` does."""
    found = []
    for indicator in registry.indicators():
        if indicator.compute is None:
            continue
        question = replace(
            drawing.question,
            indicator=indicator,
            column=indicator.columns[0],
            values=indicator.values(),
        )
        found.append(_line(reckoned(replace(drawing, question=question))))
    return sorted(found, key=lambda each: (-each.moves, each.title))


def _line(beside: Beside) -> Line:
    indicator = beside.question.indicator
    title, figure = str(indicator.title), capfirst(label(beside.column))
    return Line(indicator.id, title, figure, beside.sums()[0], len(beside.touched))
