"""One table, two layers: what a plant inherits from its species, and which layer it is in."""

import pytest
from django.db import IntegrityError, transaction

from geoplatform.catalog import registry
from tests import make

pytestmark = pytest.mark.django_db


def names(plant):
    return {
        name
        for name in ("trees", "fruit-trees")
        if registry.get(name).rows().filter(pk=plant.pk).exists()
    }


def test_edible_tree_is_in_both_layers():
    tree = make.plant(species=make.species())
    assert (tree.growth_form, tree.edible, tree.fruit_from, tree.fruit_to) == (
        "tree",
        True,
        8.0,
        11.0,
    )
    assert names(tree) == {"trees", "fruit-trees"}


def test_own_value_wins_over_the_species():
    apple = make.species()
    tree = make.plant(species=apple, own_edible=False, own_fruit_from=9.0, own_fruit_to=9.5)
    assert (tree.edible, tree.fruit_from, tree.fruit_to) == (False, 9.0, 9.5)
    assert names(tree) == {"trees"}


def test_genus_alone_is_unknown_not_edible():
    tree = make.plant(
        species=make.species("Malus", edible=None, growth_form=None, fruit_from=None, fruit_to=None)
    )
    assert (tree.edible, names(tree)) == (None, set())
    tree = make.plant(species=tree.species, own_growth_form="tree")
    assert names(tree) == {"trees"}


def test_changed_species_changes_its_plants_without_a_version():
    apple = make.species(edible=False)
    tree = make.plant(species=apple)
    apple.edible, apple.fruit_to = True, 12.0
    apple.save()
    tree.refresh_from_db()
    assert (tree.edible, tree.fruit_to, tree.version) == (True, 12.0, 1)


def test_season_is_a_pair_of_half_months():
    for season in ({"own_fruit_from": 8.0}, {"own_fruit_from": 8.25, "own_fruit_to": 9.0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make.plant(**season)
    assert make.plant(own_fruit_from=11.0, own_fruit_to=1.5).fruit_to == 1.5, (
        "past the turn of the year"
    )
