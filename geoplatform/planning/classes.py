"""Classes of a map: where one ends and the next begins, by a method that is named beside the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from django.utils.translation import gettext as _

from geoplatform.analysis.about import figure
from geoplatform.analysis.indicator import Column, Target

# The first is used unless another one is asked for.
METHODS = ("quantiles", "equal", "target")
MOST = 5


@dataclass(frozen=True)
class Class:
    """One class. `shade` is its colour, 1 (light) to 5 (dark); `number` stands on the map and in the table."""

    number: int
    shade: int
    words: str
    count: int


@dataclass(frozen=True)
class Classes:
    """The classes of some values. `breaks` are lower bounds of all classes but the first."""

    method: str
    breaks: tuple[float, ...]
    classes: tuple[Class, ...]

    def of(self, value: float) -> Class | None:
        """None for NaN."""
        if not np.isfinite(value):
            return None
        return self.classes[int(np.searchsorted(self.breaks, value, side="right"))]

    @property
    def words(self) -> str:
        return {
            "quantiles": _("Quantiles: as many quarters in each class as ties allow"),
            "equal": _("Equal intervals: from the lowest figure to the highest in equal steps"),
            "target": _("By the target"),
        }[self.method]


def titles() -> dict[str, str]:
    """What the methods are called."""
    return {
        "quantiles": _("as many quarters in each (quantiles)"),
        "equal": _("equal steps"),
        "target": _("by the target"),
    }


def target_of(column: Column, targets: Sequence[Target]) -> Target | None:
    return next((each for each in targets if each.column == column.name), None)


def classified(
    values: pd.Series, column: Column, method: str, targets: Sequence[Target] = ()
) -> Classes:
    """The classes of some values, NaN aside. Without a target the method `target` is that of quantiles."""
    known = values.dropna().to_numpy("float64")
    target = target_of(column, targets)
    if method == "target" and target is None:
        method = METHODS[0]
    breaks: list[float] = []
    if not len(known):
        pass
    elif method == "target":
        assert target is not None
        breaks = _around(target)
    elif method == "equal":
        low, high = known.min(), known.max()
        breaks = [low + (high - low) * step / MOST for step in range(1, MOST)] if high > low else []
    else:
        breaks = list(np.quantile(known, [step / MOST for step in range(1, MOST)]))
        # Where many have the lowest figure, as none at all, they are a class of their own.
        above = known[known > known.min()]
        if len(above) and breaks[0] <= known.min():
            breaks.append(float(above.min()))
    # Bounds as they are read: a figure must not stand in a class whose words deny it.
    if method != "target":
        breaks = [round(float(each), column.digits) for each in breaks]
        breaks = sorted({each for each in breaks if len(known) and known.min() < each})
    place = np.searchsorted(breaks, known, side="right")
    counts = np.bincount(place, minlength=len(breaks) + 1)
    words = (
        _target_words(target, column) if method == "target" and target else _words(breaks, column)
    )
    shades = {1: [3], 2: [2, 4], 3: [1, 3, 5], 4: [1, 2, 4, 5], 5: [1, 2, 3, 4, 5]}[len(words)]
    made = (
        Class(number + 1, shades[number], text, int(counts[number]))
        for number, text in enumerate(words)
    )
    return Classes(method, tuple(breaks), tuple(made))  # fmt: skip


def _around(target: Target) -> list[float]:
    """Half of what is wanted and all of it; where less is wanted, just above it and twice as much."""
    if target.at_least:
        return [target.value / 2, target.value]
    # The target itself keeps it.
    return [float(np.nextafter(target.value, np.inf)), target.value * 2]


def _target_words(target: Target, column: Column) -> list[str]:
    value = figure(target.value, column, unit=True)
    if target.at_least:
        return [
            _("less than half of the target (%s)") % value,
            _("below the target"),
            _("target reached"),
        ]
    return [_("target kept (%s)") % value, _("less than twice the target"), _("twice the target and more")]  # fmt: skip


def _words(breaks: Sequence[float], column: Column) -> list[str]:
    if not breaks:
        return [_("all the same")]
    shown = [figure(each, column, unit=True) for each in breaks]
    inner = [
        _("%(low)s to under %(high)s") % {"low": figure(low, column), "high": high}
        for low, high in zip(breaks[:-1], shown[1:], strict=True)
    ]
    return [_("under %s") % shown[0], *inner, _("%s and more") % shown[-1]]
