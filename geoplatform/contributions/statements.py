"""How contributions ask the database: statements that are planned once for each connection, and parts of them.

SQL is composed once for each layer and set of columns; values are always bound.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import has_field, own_field
from geoplatform.history.upkeep import condition

# The lock of those who derive comes before the row's: who moves a border takes them in this order.
DERIVES = "(SELECT geoplatform.derives()::text) = ''"


def ask(statement: str, parameters: dict[str, Any]) -> Any:
    """The one row of a statement, or None. It is planned once for each connection, which halves its cost."""
    text, names = _numbered(statement)
    connection.ensure_connection()
    # The error handling that Django's own cursor has.
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        return cursor.execute(text, [parameters[name] for name in names], prepare=True).fetchone()


@lru_cache(maxsize=500)
def _numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with $1, $2 for its named parameters, and their names in this order: psycopg would read a long one
    anew each time."""
    numbers: dict[str, int] = {}

    def numbered(found: re.Match[str]) -> str:
        if found[1] is None:
            return "%"  # written twice, as psycopg reads it
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    text = re.sub(r"%(?:\((\w+)\)s|%)", numbered, statement)
    return text.encode(), tuple(numbers)


def column_of(layer: Layer, name: str) -> str:
    return str(own_field(layer, name).column)


def quoted(layer: Layer, name: str) -> str:
    return sql.Identifier(column_of(layer, name)).as_string(None)


def inside(layer: Layer) -> str:
    """Whether a row is in the layer, as SQL with its values written out."""
    return (condition(layer) or "true").replace("%", "%%")


def place_of(layer: Layer) -> tuple[str, str]:
    """Municipality and quarter of a row, as SQL; null where the layer has none."""
    municipality, quarter = (
        f"{name}_id" if has_field(layer, name) else "NULL::uuid"
        for name in ("municipality", "quarter")
    )
    return municipality, quarter
