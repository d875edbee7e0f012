"""Migrations run as the owner; everything else as the web role, which owns nothing. Reads may go to a replica."""

from typing import Any

from geoplatform.database import reading


class OwnerMigrates:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"


class ReplicasRead:
    """For Django's own queries; ours take `reading.connection()`."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return reading.alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        reading.wrote()
        return "default"

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        return True  # all are one database
