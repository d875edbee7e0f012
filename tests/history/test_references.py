"""Foreign keys that the database keeps without a constraint: nothing refers to what is not there, ever."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import psycopg
import pytest
from django.contrib.gis.db import models
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from geoplatform.catalog import registry
from geoplatform.catalog.models import Source
from layers.municipalities import Municipality
from layers.plants import Plant
from layers.species import Species
from tests import make
from tests.history.test_races import session

COLUMNS = (
    "id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id, location"
)
PLANT = f"""INSERT INTO layers_plant ({COLUMNS}) VALUES
    (gen_random_uuid(), %s, 'cc-zero', 'confirmed', '', '', 1, '', %s, 'SRID=4326;POINT(11.05 53.05)')"""
STATED = PLANT.replace("location)", "location, municipality_id)").replace(
    "53.05)')", "53.05)', %s)"
)
STAGED = f"""INSERT INTO pg_temp.staged ({COLUMNS.replace("id, ", "row, ", 1)}) VALUES
    (1, %s, 'cc-zero', 'confirmed', '', '', 1, '', %s, 'SRID=4326;POINT(11.05 53.05)')"""


def add(session, source, species):
    session.execute(PLANT, [source, species])


def add_staged(session, source, species):
    session.execute("SELECT geoplatform.stage_layers_plant('{}')")
    session.execute(STAGED, [source, species])
    session.execute("SELECT geoplatform.insert_layers_plant()")


ROADS = pytest.mark.parametrize("add", [add, add_staged])


@pytest.mark.parametrize("model", [model for model, _layer in registry.models()])
@pytest.mark.django_db
def test_each_foreign_key_is_kept(model):
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
            " WHERE c.contype = 'f' AND c.conrelid = %s::regclass"
            " UNION ALL SELECT column_name FROM geoplatform.referring WHERE table_name = %s",
            [table, table],
        )
        kept = sorted(name for (name,) in cursor.fetchall())
    assert kept == sorted(
        field.column
        for field in model._meta.local_concrete_fields
        # What the database assigns anew by itself needs no refusal: quarters.
        if isinstance(field, models.ForeignKey)
        and field.remote_field.on_delete is not models.DO_NOTHING
    )


@ROADS
@pytest.mark.django_db
def test_what_is_not_there_cannot_be_referred_to(add):
    species, source = make.species().pk, make.source().pk
    for pair in ((source, uuid.uuid4()), (-1, species)):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            add(cursor, *pair)
    assert not Plant.objects.exists()


@pytest.mark.django_db
def test_a_stated_municipality_must_be_there():
    source = make.source().pk
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STATED, [source, None, uuid.uuid4()])
    with connection.cursor() as cursor:
        cursor.execute(STATED, [source, None, None])


@pytest.mark.parametrize("column", ["species_id", "source_id"])
@pytest.mark.django_db
def test_an_edit_cannot_refer_to_what_is_not_there(column):
    tree = make.plant(species=make.species())
    wrong = {"species_id": uuid.uuid4(), "source_id": -1}[column]
    with pytest.raises(IntegrityError), transaction.atomic():
        Plant.objects.filter(id=tree.id).update(**{column: wrong})


@pytest.mark.parametrize("table", ["layers_species", "catalog_source", "layers_municipality"])
@pytest.mark.django_db
def test_what_is_referred_to_cannot_be_deleted(table):
    town = make.municipality(outline=make.area(*make.WEST_BOX), outline_from_quarters=False)
    tree = make.plant(species=make.species())
    assert tree.municipality_id == town.pk
    for referred in (tree.species, tree.source, tree.municipality):
        with pytest.raises(ProtectedError):
            referred.delete()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    Plant.objects.all().delete()
    with connection.cursor() as cursor:
        if table == "catalog_source":
            Species.objects.all().delete()
            Municipality.objects.all().delete()
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.django_db
def test_the_number_of_a_source_cannot_change_under_its_features():
    tree = make.plant()
    with pytest.raises(IntegrityError), transaction.atomic():
        Source.objects.filter(pk=tree.source_id).update(id=4711)
    alone = make.source("alone")
    assert Source.objects.filter(pk=alone.pk).update(id=4712, title="renamed") == 1


@pytest.mark.django_db
def test_the_web_role_cannot_forget_a_reference():
    for statement in (
        "DELETE FROM geoplatform.referring",
        "TRUNCATE catalog_source CASCADE",
        "DROP TRIGGER still_referenced_delete ON catalog_source",
    ):
        with (
            pytest.raises(Exception, match=r"permission denied|must be owner"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def orphans(cursor):
    cursor.execute(
        "SELECT count(*) FROM layers_plant p WHERE NOT EXISTS (SELECT FROM catalog_source WHERE id = p.source_id)"
        " OR species_id IS NOT NULL AND NOT EXISTS (SELECT FROM layers_species WHERE id = p.species_id)"
        " OR municipality_id IS NOT NULL AND NOT EXISTS (SELECT FROM layers_municipality WHERE id = p.municipality_id)"
    )
    return cursor.fetchone()[0]


def race(first, second):
    """`first` commits when `second` has run into it; the error of the second one, if any."""
    with session() as one, session() as two, ThreadPoolExecutor() as pool:
        first(one)

        def run():
            try:
                second(two)
                two.commit()
            except psycopg.Error as error:
                return error

        running = pool.submit(run)
        sleep(0.5)
        assert not running.done(), "the second one waits for the first"
        one.commit()
        return running.result(timeout=20)


DELETE = {
    "species": "DELETE FROM layers_species",
    "source": "DELETE FROM catalog_source WHERE name = 'mine'",
    "municipality": "DELETE FROM layers_municipality",
}


@ROADS
@pytest.mark.parametrize("what", sorted(DELETE))
@pytest.mark.parametrize("deleted_first", [True, False])
def test_referred_to_while_it_is_deleted(fresh_database, what, deleted_first, add):
    make.municipality(outline=make.area(*make.WEST_BOX), outline_from_quarters=False)
    species, source = make.species().pk, make.source("mine").pk

    def delete(session):
        session.execute(DELETE[what])

    def plant(session):
        add(session, source, species)

    error = race(*((delete, plant) if deleted_first else (plant, delete)))
    with connection.cursor() as cursor:
        assert orphans(cursor) == 0
        cursor.execute("SELECT count(*) FROM layers_plant")
        # Outside of all municipalities a plant has none: nothing stands against adding it then.
        expected = 0 if deleted_first and what != "municipality" else 1
        assert cursor.fetchone() == (expected,)
    if deleted_first and what == "municipality":
        assert error is None
    else:
        assert isinstance(error, psycopg.errors.ForeignKeyViolation)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_deletes_nothing(fresh_database, level):
    species, source = make.species().pk, make.source("mine").pk
    with session() as old, session() as other:
        old.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        old.execute("SELECT count(*) FROM layers_plant")
        add(other, source, species)
        other.commit()
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            old.execute(DELETE["species"])


@ROADS
def test_an_old_snapshot_refers_to_nothing_that_was_deleted(fresh_database, add):
    species, source = make.species().pk, make.source("mine").pk
    with session() as old, session() as other:
        old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        old.execute("SELECT count(*) FROM layers_plant")
        other.execute(DELETE["species"])
        other.commit()
        with pytest.raises(psycopg.errors.SerializationFailure):
            add(old, source, species)
