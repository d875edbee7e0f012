"""Plots as vector graphics made here: where the figures lie, and how two of them lie together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

WIDTH = 720.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 36.0, 22.0, 44.0  # words at the ends of an axis reach out
DOT = 5.0  # pixels of radius
SIDE = 70.0  # pixels left of a scatter plot, for the figures of its axis
SCATTER = 440.0


@dataclass(frozen=True)
class Tick:
    place: float
    text: str


@dataclass(frozen=True)
class Dot:
    """A quarter in a plot."""

    id: str
    x: float
    y: float
    title: str
    shade: str


@dataclass(frozen=True)
class Plot:
    """A plot. `breaks` are places of the classes' bounds, `middle` that of the median, `goal` that of the target."""

    width: float
    height: float
    base: float
    left: float
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...] = ()
    breaks: tuple[float, ...] = ()
    middle: float | None = None
    goal: float | None = None


# What a dot is called, and its shade, by its quarter's id.
Look = Callable[[str], tuple[str, str]]
Words = Callable[[float], str]


def distribution(
    values: pd.Series,
    look: Look,
    words: Words,
    breaks: Sequence[float] = (),
    goal: float | None = None,
    over: Sequence[float] = (),
) -> Plot | None:
    """A dot for each quarter over its figure, those alike upon each other; None without figures.

    `over` are values that the axis holds besides.
    """
    known = values.dropna().sort_values()
    if not len(known):
        return None
    ends = [known.iloc[0], known.iloc[-1], *over, *([goal] if goal is not None else [])]
    scale, ticks = _axis(min(ends), max(ends), LEFT, WIDTH - RIGHT, words)
    place = np.array([scale(each) for each in known])
    column = np.round((place - LEFT) / (2 * DOT)).astype(int)
    tallest = int(np.bincount(column - column.min()).max())
    # Where many are alike they stand closer, so that the plot keeps its height.
    step = min(2 * DOT + 1, 190 / max(tallest, 1))
    base = TOP + step * max(tallest, 6) + DOT
    seen: dict[int, int] = {}
    dots = []
    for id, stack in zip(known.index, column, strict=True):
        level = seen.get(stack, 0)
        seen[stack] = level + 1
        title, shade = look(str(id))
        x = LEFT + stack * 2 * DOT
        dots.append(
            Dot(str(id), round(x, 1), round(base - DOT - 2 - level * step, 1), title, shade)
        )
    return Plot(
        width=WIDTH,
        height=base + BOTTOM,
        base=round(base, 1),
        left=LEFT,
        dots=tuple(dots),
        across=ticks,
        breaks=tuple(round(scale(each), 1) for each in breaks if min(ends) < each < max(ends)),
        middle=round(scale(float(known.median())), 1),
        goal=round(scale(goal), 1) if goal is not None else None,
    )


def scatter(
    across: pd.Series, up: pd.Series, look: Look, words: Words, words_up: Words
) -> Plot | None:
    """A dot for each quarter over one figure and beside another; None where no quarter has both."""
    both = pd.DataFrame({"x": across, "y": up}).dropna()
    if not len(both):
        return None
    base = SCATTER - BOTTOM
    to_x, ticks = _axis(both["x"].min(), both["x"].max(), SIDE, WIDTH - RIGHT, words)
    to_y, ticks_up = _axis(both["y"].min(), both["y"].max(), base, TOP, words_up)
    dots = []
    for id, x, y in both.itertuples():
        title, shade = look(str(id))
        dots.append(Dot(str(id), round(to_x(x), 1), round(to_y(y), 1), title, shade))
    return Plot(WIDTH, SCATTER, base, SIDE, tuple(dots), ticks, up=ticks_up)


def together(across: pd.Series, up: pd.Series) -> tuple[float, int]:
    """Spearman's rank correlation of two figures, and of how many quarters; NaN where one of them is all alike."""
    both = pd.DataFrame({"x": across, "y": up}).dropna().rank()
    if len(both) < 3 or both["x"].nunique() < 2 or both["y"].nunique() < 2:
        return math.nan, len(both)
    return float(both["x"].corr(both["y"])), len(both)


def _axis(
    low: float, high: float, start: float, end: float, words: Words
) -> tuple[Callable[[float], float], tuple[Tick, ...]]:
    """Pixels of a value, and ticks at round values that hold all there is."""
    low, high = float(low), float(high)
    if high <= low:
        low, high = low - max(abs(low) * 0.1, 0.5), high + max(abs(high) * 0.1, 0.5)
    rough = (high - low) / 5
    tens = 10 ** math.floor(math.log10(rough))
    step = next(each * tens for each in (1, 2, 2.5, 5, 10) if each * tens >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    bottom, top = first * step, last * step

    def scale(value: float) -> float:
        return start + (value - bottom) / (top - bottom) * (end - start)

    ticks = (step * each for each in range(first, last + 1))
    return scale, tuple(Tick(round(scale(each), 1), words(each)) for each in ticks)
