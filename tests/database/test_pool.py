"""A connection that comes out of the pool again has forgotten who used it."""

import resource
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.db import OperationalError, ProgrammingError, connection

from geoplatform.database.connections import POOL
from geoplatform.database.postgis.base import DatabaseWrapper

NAMES = ("geoplatform.actor", "geoplatform.reason", "geoplatform.channel", "geoplatform.changeset")


@pytest.fixture
def pooled(fresh_database) -> Iterator[DatabaseWrapper]:
    """As the platform connects, with a pool of one."""
    options = {**connection.settings_dict["OPTIONS"], "pool": {**POOL, "max_size": 1}}
    found = DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, alias="pooled")
    found.connect()
    yield found
    found.close()
    found.close_pool()


def reading(pooled: DatabaseWrapper) -> psycopg.Cursor:
    """As `raw_cursor` gives it."""
    pooled.ensure_connection()
    return psycopg.Cursor(pooled.connection)


def backend(pooled: DatabaseWrapper) -> int:
    with reading(pooled) as cursor:
        return cursor.connection.info.backend_pid


def known(pooled: DatabaseWrapper) -> list[str | None]:
    """What the connection says of who uses it."""
    with reading(pooled) as cursor:
        ask = "SELECT current_setting(%s, true)"
        return [cursor.execute(ask, [name]).fetchone()[0] for name in NAMES]


def say_who(pooled: DatabaseWrapper) -> None:
    with pooled.cursor() as cursor:
        for name in NAMES:
            cursor.execute("SELECT set_config(%s, 'somebody', false)", [name])


def leave_a_failed_transaction(pooled: DatabaseWrapper) -> None:
    say_who(pooled)
    pooled.set_autocommit(False)
    with suppress(ProgrammingError), pooled.cursor() as cursor:
        cursor.execute("no SQL")


def leave_a_transaction_open(pooled: DatabaseWrapper) -> None:
    say_who(pooled)
    pooled.set_autocommit(False)
    say_who(pooled)


@pytest.mark.parametrize("leave", [say_who, leave_a_failed_transaction, leave_a_transaction_open])
def test_who_comes_next_knows_nothing_of_who_was_before(pooled, leave):
    before = backend(pooled)
    leave(pooled)
    pooled.close()
    assert backend(pooled) == before, "the same connection"
    assert not any(known(pooled))


def test_without_it_the_next_would_know(pooled, monkeypatch):
    monkeypatch.setattr("geoplatform.database.postgis.base.forget_who", lambda _connection: None)
    say_who(pooled)
    pooled.close()
    assert known(pooled) == ["somebody"] * len(NAMES)


def test_nothing_is_asked_for_who_only_reads(pooled, monkeypatch):
    forgotten = []
    monkeypatch.setattr("geoplatform.database.postgis.base.forget_who", forgotten.append)
    pooled.close()
    for _request in range(3):
        known(pooled)
        pooled.close()
    assert not forgotten
    say_who(pooled)
    pooled.close()
    known(pooled)
    assert len(forgotten) == 1


def test_a_connection_that_cannot_forget_is_thrown_away(pooled, monkeypatch):
    before = backend(pooled)
    say_who(pooled)
    pooled.close()
    with monkeypatch.context() as patch:

        def fail(_connection):
            raise OperationalError

        patch.setattr("geoplatform.database.postgis.base.forget_who", fail)
        with pytest.raises(OperationalError):
            pooled.ensure_connection()
    assert backend(pooled) != before
    assert not any(known(pooled))


def test_a_connection_that_has_died_is_replaced(pooled):
    before = backend(pooled)
    say_who(pooled)
    held = pooled.connection
    pooled.close()
    held.pgconn.finish()
    assert backend(pooled) != before
    assert not any(known(pooled))


def test_no_program_runs_for_a_connection_that_is_there(fresh_database):
    """To look after the private cluster at each request would cost more than most answers."""
    connection.ensure_connection()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _request in range(20):
        connection.close()
        connection.ensure_connection()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_minflt == before.ru_minflt  # whatever was run has touched memory
