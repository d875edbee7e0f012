"""The backend that `settings.DATABASES` names. Nothing but commands that need the database wake it."""

from typing import Any

from django.contrib.gis.db.backends.postgis import base

from geoplatform.database.cluster import Cluster
from geoplatform.database.postgis.schema import SchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def get_connection_params(self) -> dict[str, Any]:
        if self.settings_dict.get("PRIVATE_CLUSTER"):
            Cluster.default().hold()
        return super().get_connection_params()
