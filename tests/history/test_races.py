"""Two transactions at once: whoever commits last, what is derived is right afterwards."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep

import psycopg
import pytest
from django.db import connection

from tests import make


@contextmanager
def session():
    """A connection of the web role to the test's own database, outside of Django's."""
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    with psycopg.connect(
        **{name: parameters[name] for name in names if parameters.get(name)}
    ) as opened:
        yield opened


INSERT = """INSERT INTO layers_plant
    (id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id, location)
    SELECT gen_random_uuid(), id, 'cc-zero', 'confirmed', '', '', 1, '', %s, ST_SetSRID(ST_MakePoint(%s, 53.05), 4326)
    FROM catalog_source LIMIT 1"""
MOVE = "UPDATE layers_quarter SET outline = ST_Multi(ST_MakeEnvelope(%s, 53.0, %s, 53.1, 4326)) WHERE key = %s"


def at_once(first, second):
    """`first` waits to commit until `second` has had time to run into it."""
    with session() as one, session() as two, ThreadPoolExecutor() as pool:
        first(one)
        running = pool.submit(lambda: (second(two), two.commit()))
        sleep(0.5)
        one.commit()
        running.result(timeout=20)


def wrong_rows(cursor):
    cursor.execute(
        "SELECT count(*) FROM layers_plant p CROSS JOIN LATERAL geoplatform.territory(p.location, p.municipality_id) t"
        " WHERE p.quarter_id IS DISTINCT FROM t.quarter"
    )
    return cursor.fetchone()[0]


@pytest.mark.parametrize("quarter_first", [True, False])
def test_plant_added_while_a_border_moves(fresh_database, quarter_first):
    make.town()
    species = make.species().pk

    def move(session):
        session.execute(MOVE, [11.0, 11.05, "a"])
        session.execute(MOVE, [11.05, 11.2, "b"])

    def add(session):
        session.execute(INSERT, [species, 11.07])

    at_once(*((move, add) if quarter_first else (add, move)))
    with connection.cursor() as cursor:
        assert wrong_rows(cursor) == 0
        cursor.execute(
            "SELECT q.key FROM layers_plant p JOIN layers_quarter q ON q.id = p.quarter_id"
        )
        assert cursor.fetchall() == [("b",)]


@pytest.mark.parametrize("species_first", [True, False])
def test_plant_added_while_its_species_changes(fresh_database, species_first):
    make.town()
    species = make.species(edible=True).pk

    def change(session):
        session.execute("UPDATE layers_species SET edible = false")

    def add(session):
        session.execute(INSERT, [species, 11.07])

    at_once(*((change, add) if species_first else (add, change)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT edible FROM layers_plant")
        assert cursor.fetchall() == [(False,)]


def test_two_quarters_edited_at_once(fresh_database):
    make.town()
    at_once(
        lambda session: session.execute(MOVE, [10.9, 11.1, "a"]),
        lambda session: session.execute(MOVE, [11.1, 11.3, "b"]),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_Equals(m.outline, (SELECT ST_Union(outline) FROM layers_quarter)) FROM layers_municipality m"
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("seen_before", [True, False])
def test_an_id_comes_back_while_it_goes(fresh_database, seen_before):
    """The second session counts the versions before the first commits, and inserts after: it is refused, not forked."""
    make.town()
    species = make.species().pk
    tree = make.plant(species_id=species) if seen_before else None
    identity = tree.id if tree else uuid.uuid4()
    add = INSERT.replace("gen_random_uuid()", f"'{identity}'")

    def delete(session):
        if not seen_before:
            session.execute(add, [species, 11.05])
        session.execute("DELETE FROM layers_plant WHERE id = %s", [identity])

    with pytest.raises(psycopg.errors.SerializationFailure):
        at_once(delete, lambda session: session.execute(add, [species, 11.05]))
    with session() as again:
        again.execute(add, [species, 11.05])
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM layers_plant")
        assert cursor.fetchall() == [(2,)]
