"""Many writers, and folds meanwhile: nothing is lost, nothing counted twice."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from geoplatform.catalog import registry
from geoplatform.pyramid import check, services
from geoplatform.pyramid.tiles import count
from tests import make

PROJECT = Path(__file__).resolve().parents[2]
LAYERS = [registry.get("trees"), registry.get("fruit-trees")]


def assert_clean():
    for layer in LAYERS:
        for level in check.levels(layer):
            assert check.differences(layer, level) == []
        assert count(layer) == layer.rows().count()


def write(database, writers: int, edits: int) -> None:
    make.town()
    for number, category in enumerate(("fruit", "nut", "shrub", "")):
        make.species(f"Species {number}", category=category, fruit_from=2.0 + 3 * number)
    address = database.environment["DATABASE_URL"].replace("postgis://", "postgresql://")
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.pyramid.writer", address, str(seed), str(edits)],
            cwd=PROJECT,
        )
        for seed in range(writers)
    ]
    folded = 0
    midst = []
    try:
        while any(each.poll() is None for each in running):
            folded += services._call("fold", LAYERS[0], 300)
            if folded % 7 == 0:  # now and then: it costs more than what it looks at
                midst += check.differences(LAYERS[0], 11)
    finally:
        for each in running:
            each.terminate()
    assert midst == []
    assert [each.returncode for each in running] == [0] * writers
    assert folded
    assert_clean()
    services.fold(LAYERS[0])
    assert services.waiting(LAYERS[0]) == 0
    assert_clean()


def test_three_writers(fresh_database):
    write(fresh_database, 3, 60)


@pytest.mark.prove
def test_ten_thousand_edits_of_eight_writers(fresh_database):
    write(fresh_database, 8, 1250)
    services.build(LAYERS[0])
    assert_clean()


def test_import_and_import_again(fresh_database):
    call_command("load-fixtures", stdout=StringIO())
    assert_clean()
    services.fold(LAYERS[0])
    call_command("load-fixtures", stdout=StringIO())
    assert services.waiting(LAYERS[0]) == 0, "what did not change appends nothing"
    assert_clean()


def test_bulk_updates_of_the_admin(fresh_database):
    make.town()
    species = make.species()
    for number in range(30):
        make.plant(11.0 + number / 200, species=species)
    services.fold(LAYERS[0])
    model = LAYERS[0].model
    model.objects.all().update(status="gone", access="closed")
    assert_clean()
    model.objects.filter(location__left=make.area(11.1, 53, 11.2, 53.1)).delete()
    assert_clean()
    species.category = "herb"
    species.growth_form = "herb"
    species.save()
    assert count(LAYERS[0]) == 0
    assert_clean()


def test_a_quarter_moves(fresh_database):
    _town, west, _east = make.town()
    species = make.species()
    for number in range(20):
        make.plant(11.0 + number / 100, species=species)
    services.fold(LAYERS[0])
    west.outline = make.area(11.0, 53.0, 11.02, 53.1)
    west.save()
    assert services.waiting(LAYERS[0]) == 0, "no pyramid stands on quarters"
    assert_clean()
