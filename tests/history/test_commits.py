"""What holds across transactions: these tests commit, each in a database of its own."""

import pytest
from django.db import DatabaseError, connection, connections, transaction

from geoplatform.history.services import changeset
from tests import make


def test_remembered_changeset_of_another_transaction_is_not_believed(fresh_database):
    with changeset(actor="first", channel="test"):
        tree = make.plant()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT changeset FROM layers_plant WHERE id = %s", [tree.id])
        old = cursor.fetchone()[0]
        cursor.execute("SELECT set_config('geoplatform.changeset', %s, true)", [str(old)])
        cursor.execute(
            "UPDATE layers_plant SET note = 'forged' WHERE id = %s RETURNING changeset", [tree.id]
        )
        assert cursor.fetchone()[0] != old


def test_actor_does_not_outlive_its_transaction(fresh_database):
    with changeset(actor="user:1", channel="test"):
        make.plant()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('geoplatform.actor', true)")
        assert not cursor.fetchone()[0]


def test_even_the_owner_cannot_truncate(fresh_database):
    with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE layers_plant CASCADE")
