"""Every road into a table leaves exactly the versions due, or is refused."""

import uuid

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from geoplatform.history.models import Changeset
from geoplatform.history.services import changeset
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db


def closed(plant_id):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, deleted, note, valid_from, valid_to, opened_by, closed_by"
            " FROM history.layers_plant WHERE id = %s ORDER BY version",
            [plant_id],
        )
        return cursor.fetchall()


def test_insert_closes_nothing():
    tree = make.plant()
    assert tree.version == 1
    assert closed(tree.id) == []


def test_update_closes_the_version_before():
    tree = make.plant(note="one")
    opened = tree.changed
    tree.note = "two"
    tree.save()
    tree.refresh_from_db()
    [(version, deleted, note, valid_from, valid_to, *_)] = closed(tree.id)
    assert (version, deleted, note, valid_from) == (1, False, "one", opened)
    assert valid_to == tree.changed > opened
    assert tree.version == 2


def test_unchanged_save_writes_nothing():
    tree = make.plant()
    before = (tree.version, tree.changed)
    tree.save()
    tree.refresh_from_db()
    assert (tree.version, tree.changed) == before
    assert closed(tree.id) == []


def test_delete_and_same_id_again_continue_the_count():
    tree = make.plant(note="first")
    identity = tree.id
    tree.delete()
    again = make.plant(id=identity, note="again")
    assert again.version == 2
    assert [(v, d) for v, d, *_ in closed(identity)] == [(1, True)]
    again.note = "third"
    again.save()
    assert [(v, d) for v, d, *_ in closed(identity)] == [(1, True), (2, False)]


def test_two_edits_in_one_transaction_have_an_order():
    tree = make.plant(note="0")
    for text in "123":
        tree.note = text
        tree.save()
    rows = closed(tree.id)
    assert [row[0] for row in rows] == [1, 2, 3]
    assert all(row[3] < row[4] for row in rows)
    assert [row[4] for row in rows[:-1]] == [row[3] for row in rows[1:]], "no gap and no overlap"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE layers_plant SET note = 'raw' WHERE id = %s",
        "WITH changed AS (UPDATE layers_plant SET note = 'raw' WHERE id = %s RETURNING id) SELECT * FROM changed",
        "INSERT INTO layers_plant SELECT * FROM layers_plant WHERE id = %s"
        " ON CONFLICT (id) DO UPDATE SET note = 'raw'",
        "MERGE INTO layers_plant p USING (SELECT %s::uuid AS id) s ON p.id = s.id"
        " WHEN MATCHED THEN UPDATE SET note = 'raw'",
    ],
    ids=["update", "cte", "on conflict", "merge"],
)
def test_sql_of_any_kind_makes_one_version(statement):
    tree = make.plant()
    if statement.startswith("INSERT"):
        with connection.cursor() as cursor:  # a generated column takes no value
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                " WHERE attrelid = 'layers_plant'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped"
            )
            columns = cursor.fetchone()[0]
        statement = statement.replace(
            "layers_plant SELECT *", f"layers_plant ({columns}) SELECT {columns}"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, [tree.id])
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("raw", 2)
    assert len(closed(tree.id)) == 1


def test_copy_in_starts_at_version_one():
    columns = ["id", "location", "source_id", "note", "version", "changeset"]
    identity = uuid.uuid4()
    source = make.source()
    raw = connection.connection.cursor()
    nulls = "licence, status, cultivar, access, number_of_plants"
    statement = f"COPY layers_plant ({', '.join(columns)}, {nulls}) FROM STDIN"
    with psycopg.Cursor(connection.connection) as cursor, cursor.copy(statement) as copy:
        copy.write_row(
            [
                identity,
                "SRID=4326;POINT(11 53)",
                source.id,
                "copied",
                77,
                999,
                "cc-zero",
                "confirmed",
                "",
                "",
                1,
            ]
        )
    raw.close()
    tree = Plant.objects.get(id=identity)
    assert (tree.version, tree.note) == (1, "copied"), "a version that is claimed does not count"


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE layers_plant CASCADE",
        "ALTER TABLE layers_plant DISABLE TRIGGER ALL",
        "DROP TRIGGER keep_update ON layers_plant",
        "SET session_replication_role = replica",
        "DELETE FROM history.layers_plant",
        "UPDATE history_changeset SET actor = 'somebody else'",
        "DELETE FROM history_changeset",
        "INSERT INTO history_changeset (actor, reason, channel, transaction, at) VALUES ('x', '', '', 1, now())",
        "CREATE TABLE mine (id int)",
    ],
)
def test_web_role_can_neither_disable_nor_rewrite(statement):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_id_and_number_never_change():
    tree = make.plant()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE layers_plant SET id = gen_random_uuid() WHERE id = %s", [tree.id])
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE layers_plant SET fid = -1 WHERE id = %s", [tree.id])


def test_changeset_says_who_why_and_by_which_road():
    with changeset(actor="user:7", channel="test", reason="because"):
        tree = make.plant()
        tree.note = "edited"
        tree.save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT changeset FROM layers_plant WHERE id = %s", [tree.id])
        number = cursor.fetchone()[0]
    found = Changeset.objects.get(id=number)
    assert (found.actor, found.channel, found.reason) == ("user:7", "test", "because")
    assert closed(tree.id)[0][5:] == (number, number), "both versions belong to one changeset"
    other = make.plant()
    with connection.cursor() as cursor:
        cursor.execute("SELECT changeset FROM layers_plant WHERE id = %s", [other.id])
        unnamed = Changeset.objects.get(id=cursor.fetchone()[0])
    assert unnamed.actor == f"database:{connection.settings_dict['USER']}"


def test_changesets_nest():
    with changeset(actor="outer", channel="test"):
        first = make.plant()
        with changeset(actor="inner", channel="test"):
            second = make.plant()
        third = make.plant()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, c.actor FROM layers_plant p JOIN history_changeset c ON c.id = p.changeset"
        )
        actors = dict(cursor.fetchall())
    assert [actors[each.id] for each in (first, second, third)] == ["outer", "inner", "outer"]
