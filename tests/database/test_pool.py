"""A connection that goes back to the pool forgets who used it."""

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
