"""The pyramid against brute force: whatever was edited, folded or not, each cell of each tile is exact."""

from __future__ import annotations

import math
import random

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.models import Status
from geoplatform.pyramid.tiles import count
from layers.plants import Access, Plant
from layers.quarters import Quarter
from layers.species import Category, GrowthForm, Species
from tests import make
from tests.pyramid import brute

pytestmark = pytest.mark.django_db
LAYERS = [registry.get("trees"), registry.get("fruit-trees")]
ASKED = (
    {},
    {"category": "fruit"},
    {"category": "fruit,nut"},
    {"species": "Malus domestica"},
    {"ripe": "1.0"},
    {"ripe": "8.0,12.5"},
    {"access": "public,", "status": "confirmed,unconfirmed"},
    {"species": "Malus domestica,Juglans regia", "ripe": "10.0", "access": "public"},
)
# Four tiles of zoom 10 meet here, and with them four of each finer zoom.
COLUMN, ROW = 544, 331


def corner() -> tuple[float, float]:
    return COLUMN / 1024 * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - ROW / 512))))


def tiles():
    for z in range(10, 14):
        x, y = COLUMN << (z - 10), ROW << (z - 10)
        for column in (x - 1, x):
            for row in (y - 1, y):
                yield z, column, row


def assert_exact():
    for layer in LAYERS:
        for parameters in ASKED:
            wanted = brute.rows(layer, parameters)
            choices = brute.choices(layer, parameters)
            assert count(layer, choices) == len(wanted), (layer.name, parameters)
            for tile in tiles():
                found = brute.kept(layer, *tile, choices)
                assert found == brute.cells(wanted, *tile), (layer.name, parameters, tile)


def fold(most: int = 100_000) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT geoplatform.fold_layers_plant(%s)", [most])
        return cursor.fetchone()[0]


def near(pick: random.Random) -> Point:
    longitude, latitude = corner()
    # Within a few hundred metres, some of them in one and the same place.
    step = pick.choice((0.0, 0.0005, 0.004))
    return Point(
        longitude + step * pick.uniform(-1, 1), latitude + step * pick.uniform(-1, 1), srid=4326
    )


def edit(pick: random.Random) -> None:
    """One change of any kind."""
    plant = Plant.objects.order_by("?").first()
    species = pick.choice([*Species.objects.order_by("botanical_name"), None])
    kind = pick.choice(("insert", "move", "delete", "value", "season", "species", "set", "quarter"))
    if kind == "insert" or plant is None:
        for _number in range(pick.randint(1, 4)):
            Plant.objects.create(
                location=near(pick),
                source=make.source(),
                species=species,
                access=pick.choice(["", *Access]),
                status=pick.choice(list(Status)),
            )
    elif kind == "move":
        Plant.objects.filter(pk=plant.pk).update(location=near(pick))
    elif kind == "delete":
        Plant.objects.filter(pk=plant.pk).delete()
    elif kind == "value":
        values = pick.choice(
            (
                {"access": pick.choice(list(Access))},
                {"status": pick.choice(list(Status))},
                {"species": species},
                {"own_edible": pick.choice((True, False, None))},
                {"own_growth_form": pick.choice((GrowthForm.TREE, GrowthForm.HERB, None))},
                {"note": str(pick.random())},
            )
        )
        Plant.objects.filter(pk=plant.pk).update(**values)
    elif kind == "season":
        start, end = pick.choice([(11.5, 2.0), (8.0, 8.0), (12.5, 1.0), (None, None)])
        Plant.objects.filter(pk=plant.pk).update(own_fruit_from=start, own_fruit_to=end)
    elif kind == "species" and species:
        values = pick.choice(
            (
                {"category": pick.choice(["", *Category])},
                {
                    "edible": pick.choice((True, False, None)),
                    "category": pick.choice(list(Category)),
                },
                {"growth_form": pick.choice(list(GrowthForm))},
                {"fruit_from": 9.0, "fruit_to": 10.5},
                {"german_name": str(pick.random())},
            )
        )
        Species.objects.filter(pk=species.pk).update(**values)
    elif kind == "set":
        Plant.objects.filter(status=Status.GONE).update(
            status=Status.CONFIRMED, access=Access.PUBLIC
        )
    elif kind == "quarter":
        west, south = (value - 1 for value in corner())
        Quarter.objects.filter(key="a").update(
            outline=make.area(west, south, west + pick.uniform(0.5, 1.5), south + 2)
        )


def start() -> None:
    make.town()
    make.species()
    make.species("Juglans regia", category="nut", fruit_from=9.0, fruit_to=10.0)
    make.species("Hippophae rhamnoides", category="shrub", fruit_from=11.0, fruit_to=1.5)
    make.species("Quercus robur", category="", edible=None, fruit_from=None, fruit_to=None)


@given(seed=st.integers(0, 2**32), edits=st.integers(1, 40), folds=st.booleans())
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_edits(seed, edits, folds):
    pick = random.Random(seed)
    with transaction.atomic():
        start()
        for _number in range(edits):
            edit(pick)
            if folds and pick.random() < 0.3:
                fold(pick.choice((1, 3, 100_000)))
        assert_exact()
        fold()
        assert_exact()
        transaction.set_rollback(True)


def test_built_anew_is_the_same():
    start()
    pick = random.Random(7)
    for _number in range(60):
        edit(pick)
    with connection.cursor() as cursor:
        cursor.execute("SELECT geoplatform.build_layers_plant()")
        assert cursor.fetchone()[0] > 0
        cursor.execute("SELECT count(*) FROM geoplatform.delta_layers_plant")
        assert cursor.fetchone() == (0,)
    assert_exact()


def test_every_half_month():
    start()
    for pick in map(random.Random, range(3)):
        for _number in range(30):
            edit(pick)
    for half_month in brute.HALF_MONTHS:
        for layer in LAYERS:
            wanted = brute.rows(layer, {"ripe": str(half_month)})
            assert count(layer, brute.choices(layer, {"ripe": str(half_month)})) == len(wanted)


def test_a_note_appends_nothing():
    start()
    plant = make.plant(species=Species.objects.first())
    fold()
    Plant.objects.filter(pk=plant.pk).update(note="seen", height_m=3)
    assert fold() == 0


def test_a_renamed_species_appends_nothing():
    start()
    make.plant(species=Species.objects.get(botanical_name="Malus domestica"))
    fold()
    Species.objects.filter(botanical_name="Malus domestica").update(botanical_name="Malus pumila")
    assert fold() == 0
    trees = registry.get("trees")
    assert count(trees, brute.choices(trees, {"species": "Malus pumila"})) == 1
    assert count(trees, brute.choices(trees, {"species": "Malus domestica"})) == 0
