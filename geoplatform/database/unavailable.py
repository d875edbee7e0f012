"""Errors that say "not now": the database is down, starts, is full or lets somebody else go first."""

from __future__ import annotations

import django.db
import psycopg

# What goes through Django's own cursor comes wrapped, what does not comes as it is.
UNAVAILABLE = (
    django.db.OperationalError,
    django.db.InterfaceError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
RETRY_AFTER = 5  # seconds: a crashed server has read its log by then


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the same request may well succeed a little later."""
    return isinstance(error, UNAVAILABLE)
