"""A database that says "stored" before it has stored fails at `manage.py check --database default` and at `migrate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

MUST = ("fsync", "full_page_writes", "synchronous_commit")


@register(Tags.database)
def check_durability(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Asked as the web role, since a role or a database may have settings of its own."""
    if not databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'", [list(MUST)]
        )
        off = sorted(name for (name,) in cursor.fetchall())
    return [
        Error(
            f"the database has {name} = off: a crash loses edits that people were told are stored",
            hint="Set it on for the server, and leave it so for the web role and its database.",
            id="database.E001",
        )
        for name in off
    ]
