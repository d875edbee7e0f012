"""Classes of a map: what is read in the legend is what is drawn, whatever the figures."""

import math

import numpy as np
import pandas as pd
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from geoplatform.analysis.indicator import Column, Target
from geoplatform.planning.classes import METHODS, MOST, classified

SHARE = Column(name="share", title="share", unit="%", digits=1)
figures = st.lists(
    st.one_of(
        st.floats(0, 1000, allow_nan=False), st.just(float("nan")), st.sampled_from([0.0, 50.0])
    ),
    max_size=60,
)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def words(classes):
    return [each.words for each in classes.classes]


def counts(classes):
    return [each.count for each in classes.classes]


def test_quantiles_hold_as_many_each():
    classes = classified(pd.Series(range(1, 11), dtype="float64"), SHARE, "quantiles")
    assert counts(classes) == [2, 2, 2, 2, 2]
    assert words(classes)[0] == "under 2.8 %"
    assert words(classes)[-1] == "8.2 % and more"


def test_many_without_anything_are_a_class_of_their_own():
    classes = classified(pd.Series([0.0] * 12 + [5, 10, 20, 40]), SHARE, "quantiles")
    assert words(classes)[0] == "under 5.0 %"
    assert counts(classes)[0] == 12


def test_equal_steps():
    classes = classified(pd.Series([0, 1, 2, 3, 100.0]), SHARE, "equal")
    assert classes.breaks == (20, 40, 60, 80)
    assert counts(classes) == [4, 0, 0, 0, 1]


def test_a_target_parts_who_reaches_it_to_the_last_digit():
    classes = classified(
        pd.Series([14.9, 15, 29.99, 30, 31]), SHARE, "target", [Target(column="share", value=30)]
    )
    assert counts(classes) == [1, 2, 2]
    assert words(classes)[0] == "less than half of the target (30.0 %)"
    assert words(classes)[1:] == ["below the target", "target reached"]
    most = [Target(column="share", value=10, at_least=False)]
    classes = classified(pd.Series([9, 10, 10.01, 19, 20.0]), SHARE, "target", most)
    assert counts(classes) == [2, 2, 1]


def test_without_a_target_there_are_quantiles():
    assert classified(pd.Series([1.0, 2]), SHARE, "target").method == "quantiles"


@pytest.mark.parametrize("values", [[], [math.nan], [3.0], [3.0, 3.0, math.nan]])
def test_nothing_to_part_is_one_class(values):
    for method in METHODS:
        classes = classified(pd.Series(values, dtype="float64"), SHARE, method)
        assert words(classes) == ["all the same"]
        assert sum(counts(classes)) == sum(not math.isnan(each) for each in values)
        assert classes.of(math.nan) is None


@given(figures, st.sampled_from(METHODS))
def test_every_figure_is_in_one_class_and_its_words_are_true(values, method):
    series = pd.Series(values, dtype="float64")
    classes = classified(series, SHARE, method)
    known = series.dropna()
    assert 1 <= len(classes.classes) <= MOST
    assert sum(counts(classes)) == len(known)
    assert list(classes.breaks) == sorted(set(classes.breaks))
    seen = [classes.of(each).number for each in known]
    assert list(np.bincount(seen, minlength=len(classes.classes) + 1)[1:]) == counts(classes)
    for value, number in zip(known, seen, strict=True):
        shown = round(value, 1)
        assert number == 1 or shown >= classes.breaks[number - 2]
        assert number == len(classes.classes) or shown < classes.breaks[number - 1]
