"""Filters that come down to choices of facets, which the pyramid answers; all others are left to the rows."""

import pytest

from geoplatform.catalog import registry
from geoplatform.query.compose import restricted
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.facets import add_choices, choices_of
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import raw_cursor
from tests import make

LAYER = registry.get("trees")
CHOICES = {
    "species = 'Malus domestica'": {"species": ("Malus domestica",)},
    "'Malus domestica' = species": {"species": ("Malus domestica",)},
    "access IN ('public', 'closed')": {"access": ("closed", "public")},
    "access IN ('public')": {"access": ("public",)},
    "access = 'public' OR access = 'closed'": {"access": ("closed", "public")},
    "access = 'public' AND status = 'confirmed'": {"access": ("public",), "status": ("confirmed",)},
    "access IN ('public', 'closed') AND access = 'closed'": {"access": ("closed",)},
    "(access = 'public' OR access = 'closed') AND category = 'fruit'": {
        "category": ("fruit",),
        "access": ("closed", "public"),
    },
}
OTHERS = [
    "access = 'public' OR status = 'gone'",
    "access = 'public' AND access = 'closed'",
    "NOT access = 'public'",
    "access <> 'public'",
    "access LIKE 'public'",
    "access IS NULL",
    "height_m > 3",
    "access = 'public' AND height_m > 3",
    "(access = 'public' AND status = 'gone') OR access = 'closed'",
    "CASEI(access) = casei('PUBLIC')",
    "S_INTERSECTS(geometry, BBOX(11,53,12,54))",
    "edible",
]


@pytest.mark.parametrize(("text", "wanted"), CHOICES.items())
def test_choices(text, wanted):
    found = choices_of(parse_filter(text, layer=LAYER))
    assert {each.facet.name: each.values for each in found} == wanted


@pytest.mark.parametrize("text", OTHERS)
def test_anything_else(text):
    assert choices_of(parse_filter(text, layer=LAYER)) is None


@pytest.mark.django_db
@pytest.mark.parametrize("text", CHOICES)
def test_both_mean_the_same_rows(text):
    make.town()
    for number, name in enumerate(("Malus domestica", "Pyrus communis")):
        kind = make.species(name)
        for access in ("public", "closed", "", "overhanging"):
            for status in ("confirmed", "gone"):
                make.plant(11.01 + number / 100, species=kind, access=access, status=status)
    make.plant(own_growth_form="tree")
    condition = parse_filter(text, layer=LAYER)

    def rows(statement):
        with raw_cursor() as cursor:
            query = statement.select([statement.own("fid")])
            return set(cursor.execute(query, statement.parameters).fetchall())

    chosen = restricted(FeatureQuery(layer=LAYER))
    add_choices(chosen, choices_of(condition))
    found = rows(chosen)
    assert found == rows(restricted(FeatureQuery(layer=LAYER, filter=condition)))
    assert found
