"""What a version and a changeset say. That every road leaves them is in test_matrix.py."""

import pytest
from django.db import connection

from geoplatform.history.models import Changeset
from geoplatform.history.services import changeset
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
