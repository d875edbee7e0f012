"""What every indicator must say and do, also the next one that somebody adds as a file."""

import math

import pytest
from django.utils import translation

from geoplatform.analysis import access, reading, registry
from geoplatform.analysis import indicators as package
from tests.analysis import brute, make, test_by_hand

ALL = registry.indicators()
COMPUTED = [each for each in ALL if each.compute is not None]
by_id = pytest.mark.parametrize("indicator", ALL, ids=lambda each: each.id)
by_computed = pytest.mark.parametrize("indicator", COMPUTED, ids=lambda each: each.id)


def texts(indicator):
    yield indicator.title
    yield indicator.definition
    yield from indicator.caveats
    yield from (each.title for each in (*indicator.columns, *indicator.parameters))
    yield from (each.text for each in indicator.targets)
    yield from (each.note for each in indicator.references if each.note)


def test_there_are_twelve_and_more():
    assert len(COMPUTED) >= 12
    assert len({each.id for each in ALL}) == len(ALL)
    assert list(package.__path__)


@by_id
def test_it_speaks_both_languages(indicator):
    for text in texts(indicator):
        with translation.override("en"):
            english = str(text)
        with translation.override("de"):
            german = str(text)
        assert english.strip()
        assert german != english or english in ("limit", "Limit"), english


@by_id
def test_it_says_what_it_is(indicator):
    assert indicator.formula
    assert indicator.columns
    names = [each.name for each in indicator.columns]
    assert len(set(names)) == len(names)
    assert not {"key", "name", "municipality", "inhabitants", "geometry"} & set(names)
    assert {each.column for each in indicator.targets} <= set(names)
    assert (indicator.compute is None) == bool(indicator.missing)
    if indicator.compute is not None:
        assert indicator.caveats


@by_id
def test_its_sources_were_read_or_say_what_was_not(indicator):
    for each in indicator.references:
        assert each.text
        assert 1900 < each.year < 2100
        assert each.checked or each.note
    if indicator.official:
        assert indicator.references


@by_id
def test_its_parameters_have_bounds(indicator):
    for each in indicator.parameters:
        assert each.low <= each.default <= each.high
        assert each.unit
    bounds = {each.name: each.high for each in indicator.parameters}
    if indicator.reach is not None:
        # Whatever may alter a figure is read.
        assert indicator.reach(bounds) <= reading.MARGIN
    limits = [each.high for each in indicator.parameters if "limit" in each.name]
    assert max(limits, default=0) * (1 + access.BAND) <= reading.MARGIN


@by_computed
def test_it_has_been_reckoned_by_hand_and_by_brute_force(indicator):
    name = indicator.id.replace("-", "_")
    assert hasattr(test_by_hand, f"test_{name}")
    assert hasattr(brute, name)


@by_computed
def test_it_reads_what_it_says(indicator):
    """A city without the subjects that it does not name gives the same."""
    rows = indicator.compute(make.city(quarters=one_quarter(100)), indicator.values())
    assert list(rows.index) == ["q0"]
    assert list(rows.columns) == [each.name for each in indicator.columns]
    for name in indicator.inputs:
        assert hasattr(make.city(), name)
        assert name == "quarters" or reading.layer_of(reading.layer_name(name))


@by_computed
def test_nobody_living_there_is_no_figure_and_never_nought(indicator):
    per_head = [each.name for each in indicator.columns if "inh" in each.unit]
    for inhabitants in (0, None):
        rows = indicator.compute(make.city(quarters=one_quarter(inhabitants)), indicator.values())
        assert all(math.isnan(rows.loc["q0", name]) for name in per_head)


@by_computed
def test_a_city_without_streets_has_no_shares(indicator):
    if "streets" in indicator.inputs:
        green = make.green(make.square(0, 0, 500))
        city = make.city(quarters=one_quarter(100), green=green)
        rows = indicator.compute(city, indicator.values())
        assert rows.loc["q0"].isna().all()


@by_computed
def test_no_quarter_at_all_is_an_empty_answer(indicator):
    assert indicator.compute(make.city(), indicator.values()).empty


def one_quarter(inhabitants):
    return make.quarters(make.square(0, 0, 1000), inhabitants=[inhabitants])
