"""The backend that `settings.DATABASES` names. Nothing but commands that need the database wake it."""

import time
from functools import cache
from select import POLLIN, poll
from typing import Any

import psycopg
from django.contrib.gis.db.backends.postgis import base
from psycopg import OperationalError
from psycopg_pool import ConnectionPool

from geoplatform.database.cluster import Cluster
from geoplatform.database.connections import forget_who
from geoplatform.database.postgis.schema import SchemaEditor
from geoplatform.database.waking import wake

# After somebody has waited in vain nobody else does for so many seconds, lest all threads of a process only wait.
PAUSE = 2.0
_away: dict[str, float] = {}  # by the database's alias


@cache
def _cluster() -> Cluster:
    return Cluster.default()


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    # Both run for every request, since a connection goes back to the pool after each.

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's own cursor may say who asks for longer than a transaction; psycopg's never do (query/select.py)."""
        self.connection.may_know_who = True
        return super().create_cursor(name)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that knows nothing of who had it before."""
        connection = self._connected(conn_params)
        if getattr(connection, "may_know_who", False):
            try:
                connection.autocommit = True  # whoever had it may have left transactions open
                forget_who(connection)
            except BaseException:
                connection.close()
                self.pool.putconn(connection)
                raise
            connection.may_know_who = False
        return connection

    def _connected(self, conn_params: dict[str, Any]) -> Any:
        """A connection that lives; the private cluster is woken where it sleeps or has died."""
        if not self.settings_dict.get("PRIVATE_CLUSTER"):
            return self._living(conn_params)
        if not _cluster().is_held:
            wake(_cluster())
        try:
            return self._living(conn_params)
        except OperationalError:
            # It lives and cannot be reached, its socket swept away perhaps: hold looks closer.
            wake(_cluster())
            return self._living(conn_params)

    def _living(self, conn_params: dict[str, Any]) -> Any:
        """After the server has died the pool is full of dead connections; each is put away when it is met."""
        pool = self.pool
        away = _away.get(self.alias, -PAUSE)
        if pool and time.monotonic() - away < PAUSE and not pool.get_stats()["pool_available"]:
            raise OperationalError("the database was not there a moment ago")
        try:
            while True:
                found = super().get_new_connection(conn_params)
                if pool is None or _lives(found):
                    return found
                found.close()
                pool.putconn(found)
        except OperationalError:
            _away[self.alias] = time.monotonic()
            raise

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Once for each connection: a third of a millisecond otherwise."""
        if clear_caches or not getattr(pg_connection, "knows_geometry", False):
            super().register_geometry_adapters(pg_connection, clear_caches)
            pg_connection.knows_geometry = True


def _lives(connection: "psycopg.Connection[Any]") -> bool:
    """A server says nothing on an idle connection but that it ends, or rarely a notice; so it is asked only then."""
    try:
        heard = poll()
        heard.register(connection.fileno(), POLLIN)
        if heard.poll(0):
            ConnectionPool.check_connection(connection)
    except (OperationalError, psycopg.InterfaceError):
        return False
    return True
