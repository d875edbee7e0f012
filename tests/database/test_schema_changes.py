"""What migrations do to a feature table reaches history, triggers and drawing column; and back again."""

import pytest
from django.contrib.gis.db import models
from django.core.management import call_command
from django.db import connection, connections
from django.db.migrations.state import ModelState, ProjectState

from geoplatform.database.upkeep import Upkeep

VERSIONED = ["kind", "location"]


def model(
    table="layers_place", geometry=models.PointField, name="kind", versioned=VERSIONED, kind="POINT"
):
    """A feature model as a migration sees it."""
    fields = [
        ("id", models.UUIDField(primary_key=True)),
        ("fid", models.BigIntegerField(default=1)),
        ("source_id", models.BigIntegerField(null=True)),
        ("source_key", models.TextField(null=True)),
        (name, models.TextField(default="")),
        ("location", geometry()),
        ("created", models.DateTimeField(null=True)),
        ("changed", models.DateTimeField(null=True)),
        ("version", models.IntegerField(default=1)),
    ]
    upkeep = Upkeep(
        name="place_upkeep", versioned=versioned, geometry="location", geometry_type=kind
    )
    state = ProjectState()
    state.add_model(
        ModelState("layers", "Place", fields, {"db_table": table, "constraints": [upkeep]})
    )
    return state.apps.get_model("layers", "Place"), upkeep


@pytest.fixture
def place(fresh_database):
    made, upkeep = model()
    with connections["owner"].schema_editor() as editor:
        editor.create_model(made)
    return made, upkeep


def run(sql, *parameters):
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else None


INSERT = "INSERT INTO {} (id, fid, {}, location) VALUES (gen_random_uuid(), 1, 'a', 'SRID=4326;{}')"


def test_deleted_model_leaves_no_trigger_behind(place):
    made, _upkeep = place
    run(INSERT.format("layers_place", "kind", "POINT(11 53)"))
    run("DELETE FROM layers_place")
    with connections["owner"].schema_editor() as editor:
        editor.delete_model(made)
    assert run("SELECT * FROM geoplatform.kept WHERE table_name = 'layers_place'") == []
    assert run("SELECT proname FROM pg_proc WHERE proname LIKE '%%layers_place%%'") == []
    assert run("SELECT version, deleted FROM history.layers_place") == [(1, True)], (
        "its history stays"
    )


def test_renamed_table_takes_its_history_along(place):
    made, _upkeep = place
    run(INSERT.format("layers_place", "kind", "POINT(11 53)"))
    with connections["owner"].schema_editor() as editor:
        editor.alter_db_table(made, "layers_place", "layers_spot")
    run("UPDATE layers_spot SET kind = 'b'")
    assert run("SELECT version, kind FROM history.layers_spot") == [(1, "a")]
    assert run(
        "SELECT table_name FROM geoplatform.kept WHERE table_name IN ('layers_place', 'layers_spot')"
    ) == [("layers_spot",)]


def test_renamed_field_keeps_its_past(place):
    old, old_upkeep = place
    run(INSERT.format("layers_place", "kind", "POINT(11 53)"))
    run("UPDATE layers_place SET kind = 'b'")
    new, new_upkeep = model(name="sort", versioned=["sort", "location"])
    with connections["owner"].schema_editor() as editor:
        editor.alter_field(old, old._meta.get_field("kind"), new._meta.get_field("sort"))
        editor.remove_constraint(new, old_upkeep)
        editor.add_constraint(new, new_upkeep)
    run("UPDATE layers_place SET sort = 'c'")
    assert run("SELECT version, sort FROM history.layers_place ORDER BY version") == [
        (1, "a"),
        (2, "b"),
    ]


def test_geometry_of_another_kind(place):
    old, old_upkeep = place
    new, new_upkeep = model(geometry=models.MultiPointField, kind="MULTIPOINT")
    with connections["owner"].schema_editor() as editor:
        editor.remove_constraint(old, old_upkeep)
        editor.alter_field(old, old._meta.get_field("location"), new._meta.get_field("location"))
        editor.add_constraint(new, new_upkeep)
    run(INSERT.format("layers_place", "kind", "MULTIPOINT((11 53), (12 54))"))
    assert run("SELECT ST_SRID(location_3857), GeometryType(location_3857) FROM layers_place") == [
        (3857, "MULTIPOINT")
    ]


def test_all_the_way_back_and_forth(fresh_database):
    call_command("load-fixtures", verbosity=0)
    connection.close()
    call_command("migrate", "layers", "zero", verbosity=0)
    call_command("migrate", "database", "zero", verbosity=0)
    call_command("migrate", verbosity=0)
    assert run("SELECT count(*) FROM layers_plant") == [(0,)]
