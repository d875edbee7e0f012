"""Seasons in CQL2: what the masks answer is what walking through the half months gives, today and in the past."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.seasons import bit
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.facets import choices_of
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import count, features
from layers.plants import Plant
from tests import make
from tests.pyramid.brute import HALF_MONTHS, season

HALF = st.sampled_from(HALF_MONTHS)
# The mathematics of sets, in Python's own words.
RELATIONS = {
    "A_OVERLAPS": lambda known, asked: bool(known & asked),
    "A_CONTAINS": lambda known, asked: known >= asked,
    "A_CONTAINEDBY": lambda known, asked: known <= asked,
    "A_EQUALS": lambda known, asked: known == asked,
}


@pytest.fixture(scope="module")
def layer():
    return registry.get("fruit-trees")


def text_of(name, asked):
    return f"{name}(ripe, ({', '.join(f'{each:g}' for each in asked)}))"


@pytest.mark.django_db
@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.tuples(HALF, HALF)), min_size=1, max_size=5),
    st.sampled_from(sorted(RELATIONS)),
    st.lists(HALF, min_size=1, max_size=4, unique=True),
)
def test_every_relation_is_that_of_sets(layer, seasons, name, asked):
    Plant.objects.all().delete()
    kind = make.new_species(fruit_from=None, fruit_to=None)
    wanted = set()
    for each in seasons:
        start, end = each or (None, None)
        plant = make.plant(species=kind, own_fruit_from=start, own_fruit_to=end)
        if RELATIONS[name](season(start, end), set(asked)):
            wanted.add(plant.fid)
    condition = parse_filter(text_of(name, asked), layer=layer)
    query = FeatureQuery(layer=layer, filter=condition)
    assert {fid for fid, _text in features(query)} == wanted


@pytest.mark.django_db
def test_ripe_in_some_half_months_is_a_choice_of_the_pyramid(layer):
    [choice] = choices_of(parse_filter("A_OVERLAPS(ripe, (8, 8.5))", layer=layer))
    assert choice.facet.name == "ripe"
    assert set(choice.values) == {bit(8), bit(8.5)}
    both = choices_of(parse_filter("A_OVERLAPS(ripe, (8)) OR A_OVERLAPS(ripe, (10))", layer=layer))
    assert set(both[0].values) == {bit(8), bit(10)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "A_OVERLAPS(ripe, (8)) AND A_OVERLAPS(ripe, (10))",  # not ripe in what both lists share
        "A_CONTAINS(ripe, (8, 8.5))",
        "A_EQUALS(ripe, (8))",
        "NOT A_OVERLAPS(ripe, (8))",
    ],
)
def test_what_is_no_choice_is_left_to_the_rows(layer, text):
    assert choices_of(parse_filter(text, layer=layer)) is None


@pytest.mark.django_db
def test_two_seasons_at_once_are_both_to_hold(layer):
    kind = make.species(fruit_from=None, fruit_to=None)
    make.plant(species=kind, own_fruit_from=8, own_fruit_to=8)
    long = make.plant(species=kind, own_fruit_from=8, own_fruit_to=10)
    condition = parse_filter("A_OVERLAPS(ripe, (8)) AND A_OVERLAPS(ripe, (10))", layer=layer)
    found = [fid for fid, _text in features(FeatureQuery(layer=layer, filter=condition))]
    assert found == [long.fid]


def test_a_season_of_the_past(fresh_database, layer):
    plant = make.plant(species=make.species(), own_fruit_from=8, own_fruit_to=8.5)
    then = dt.datetime.now(dt.UTC)
    Plant.objects.filter(pk=plant.pk).update(own_fruit_from=10, own_fruit_to=10.5)
    condition = parse_filter("A_OVERLAPS(ripe, (8))", layer=layer)
    assert count(FeatureQuery(layer=layer, filter=condition)) == 0
    assert count(FeatureQuery(layer=layer, filter=condition, at=then)) == 1
