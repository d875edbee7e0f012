"""Botanical names as cadastres write them."""

import pytest

from geoplatform.exchange.botany import botanical_name, cultivar, plain_cultivar


@pytest.mark.parametrize(
    ("text", "species", "sort"),
    [
        ("Tilia", "Tilia", None),
        ("Acer x freemanii 'Autumn Blaze'", "Acer × freemanii", "Autumn Blaze"),
        ("Populus ×canadensis 'Robusta'", "Populus × canadensis", "Robusta"),
        ("Acer platanoides 'Faassen's Black'", "Acer platanoides", "Faassen's Black"),
        ("Aesculus hippocastanum ´Laciniata´", "Aesculus hippocastanum", "Laciniata"),
        ("Fraxinus americana'Autumn Purple'", "Fraxinus americana", "Autumn Purple"),
        ("Prunus domestica ssp. insititia", "Prunus domestica subsp. insititia", None),
        ("Pinus heldreichii (leucodermis)", "Pinus heldreichii", None),
        ("Crataegus cf. crus-galli", "Crataegus crus-galli", None),
        ("Malus Stahls Winterprinz", "Malus", "Stahls Winterprinz"),
        ("Acer  species", "Acer", None),
        ("Prunus Zierform", "Prunus", None),
        ("robinia pseudoacacia", "Robinia pseudoacacia", None),
        ("Baumgruppe/flächiger Bestand", None, None),
        ("nicht bestimmt", None, None),
        (". .", None, None),
    ],
)
def test_names(text, species, sort):
    assert (botanical_name(text), cultivar(text)) == (species, sort)


def test_a_cultivar_in_a_column_of_its_own():
    assert plain_cultivar("´Erecta`") == "Erecta"
    assert plain_cultivar(".") is None
