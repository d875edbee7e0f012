"""`manage.py pyramid`: builds, folds, and finds what is wrong."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from geoplatform.catalog import registry
from geoplatform.database import folder
from geoplatform.database.folder import fold_due
from geoplatform.pyramid import check, services
from geoplatform.pyramid.tiles import count
from tests import make

TREES = registry.get("trees")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("pyramid", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def trees(fresh_database):
    make.town()
    species = make.species()
    return [make.plant(11.0 + n / 500, 53.05, species=species) for n in range(20)]


def owner(statement: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)


def test_fold_and_check(trees):
    assert services.waiting(TREES) == 20
    assert "20" in run("fold", "trees")
    assert services.waiting(TREES) == 0
    assert "fruit-trees" in run("check", "--all")
    assert count(TREES) == 20


def test_build_tells_each_level(trees):
    told: list[int] = []
    assert services.build(TREES, told.append) == 20
    assert told == [1, 2, 3, 4] == list(range(1, services.steps(TREES) + 1))
    assert services.waiting(TREES) == 0
    assert "20" in run("build", "trees")


def test_folded_in_steps(trees, monkeypatch):
    monkeypatch.setattr(services, "AT_ONCE", 7)
    assert services.fold(TREES) == 20
    assert run("check", "trees")


def test_few_deltas_wait(trees):
    assert fold_due(21) == 0
    assert fold_due(20) == 20
    assert fold_due(1) == 0


def test_the_folder_folds_while_the_platform_serves(trees, monkeypatch):
    monkeypatch.setattr(folder, "LOOK", 0.05)
    monkeypatch.setattr(folder, "MANY", 20)
    thread = folder.Folder()
    thread.start()
    while services.waiting(TREES):
        thread.join(0.1)
        assert thread.is_alive()
    thread.stop()
    thread.join(20)
    assert not thread.is_alive()
    run("check", "--all")


def test_the_folder_outlives_errors(trees, monkeypatch, caplog):
    monkeypatch.setattr(folder, "LOOK", 0.05)
    owner("ALTER FUNCTION geoplatform.fold_due RENAME TO gone")
    thread = folder.Folder()
    thread.start()
    while not caplog.records:
        thread.join(0.1)
        assert thread.is_alive()
    thread.stop()
    thread.join(20)
    assert "could not be folded" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE geoplatform.chunk SET counts[1] = counts[1] + 1 WHERE facet = 'category' AND level = 11",
        "UPDATE geoplatform.chunk SET xs[1] = xs[1] - 1 WHERE facet = '' AND level = 13",
        "UPDATE geoplatform.chunk SET total = total + 1 WHERE level = 12",
        "UPDATE geoplatform.chunk SET fids[1] = 0 WHERE facet = 'species'",
        "DELETE FROM geoplatform.chunk WHERE layer = 'trees' AND facet = 'ripe'",
        "INSERT INTO geoplatform.delta_layers_plant SELECT 0, 0, 0, 1, 1, status, species_id, species__category,"
        " access, ripe, true, true FROM geoplatform.combination_layers_plant LIMIT 1",
    ],
)
def test_check_finds_damage(trees, damage):
    services.fold(TREES)
    assert not any(check.differences(TREES, level) for level in check.levels(TREES))
    owner(damage)
    with pytest.raises(SystemExit) as ended:
        run("check", "trees")
    assert ended.value.code == 1
    run("build", "trees")
    run("check", "trees")


def test_only_layers_of_points(trees):
    with pytest.raises(CommandError, match="trees"):
        run("build", "quarters")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM geoplatform.chunk",
        "DELETE FROM geoplatform.delta_layers_plant",
        "INSERT INTO geoplatform.point_class (layer, status) VALUES ('trees', 'x')",
        "ALTER TABLE layers_plant DISABLE TRIGGER pyramid_update",
    ],
)
def test_the_web_role_cannot_touch_the_pyramid(trees, statement):
    from django.db import ProgrammingError, connection

    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute(statement)
