"""A connection that goes back to the pool forgets who used it."""

import resource

import psycopg_pool
from django.db import connection

from geoplatform.database.connections import POOL, forget_who

NAMES = ("geoplatform.actor", "geoplatform.reason", "geoplatform.channel", "geoplatform.changeset")


def test_pool_resets_who(fresh_database):
    parameters = connection.get_connection_params()
    options = {
        name: parameters[name]
        for name in ("dbname", "user", "host", "port", "password")
        if parameters.get(name)
    }
    with psycopg_pool.ConnectionPool(
        kwargs={**options, "autocommit": True}, min_size=1, max_size=1, reset=forget_who
    ) as pool:
        with pool.connection() as used:
            backend = used.info.backend_pid
            for name in NAMES:
                used.execute("SELECT set_config(%s, 'somebody', false)", [name])
        with pool.connection() as again:
            assert again.info.backend_pid == backend, "the same connection"
            for name in NAMES:
                row = again.execute("SELECT current_setting(%s, true)", [name]).fetchone()
                assert not row[0], name
        with pool.connection() as untouched:
            assert untouched.execute("SELECT 1").fetchone() == (1,)


def test_the_platform_uses_that_pool():
    assert POOL["reset"] is forget_who


def test_no_program_runs_for_a_connection_that_is_there(fresh_database):
    """To look after the private cluster at each request would cost more than most answers."""
    connection.ensure_connection()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _request in range(20):
        connection.close()
        connection.ensure_connection()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_minflt == before.ru_minflt  # whatever was run has touched memory
