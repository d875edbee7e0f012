"""The backend that `settings.DATABASES` names. Nothing but commands that need the database wake it."""

from functools import cache
from typing import Any

from django.contrib.gis.db.backends.postgis import base
from psycopg import OperationalError

from geoplatform.database.cluster import Cluster
from geoplatform.database.connections import forget_who
from geoplatform.database.postgis.schema import SchemaEditor


@cache
def _cluster() -> Cluster:
    return Cluster.default()


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    # Both run for every request, since a connection goes back to the pool after each.

    def create_cursor(self, name: str | None = None) -> Any:
        """Django's own cursor may say who asks; psycopg's, which read past it, never do (query/select.py)."""
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
        """A connection; the private cluster is woken where it sleeps or has died."""
        if not self.settings_dict.get("PRIVATE_CLUSTER"):
            return super().get_new_connection(conn_params)
        if not _cluster().is_held:
            _cluster().hold()
        try:
            return super().get_new_connection(conn_params)
        except OperationalError:
            # It lives and cannot be reached, its socket swept away perhaps: hold looks closer.
            _cluster().hold()
            return super().get_new_connection(conn_params)

    def register_geometry_adapters(self, pg_connection: Any, clear_caches: bool = False) -> None:
        """Once for each connection: a third of a millisecond otherwise."""
        if clear_caches or not getattr(pg_connection, "knows_geometry", False):
            super().register_geometry_adapters(pg_connection, clear_caches)
            pg_connection.knows_geometry = True
