"""Make pyramids anew, and merge what edits have appended. The work itself is SQL (database/stack.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.facets import DEEPEST, first_level, has_pyramid
from geoplatform.catalog.layer import Layer

AT_ONCE = 5_000  # deltas merged in one transaction
Progress = Callable[[int], None]


def point_layers() -> list[Layer]:
    """All layers that have a pyramid."""
    return [each for each in registry.layers() if has_pyramid(each)]


def table_of(layer: Layer) -> str:
    """The layers of a table share deltas and are built together."""
    return layer.model._meta.db_table


def steps(layer: Layer) -> int:
    """How many levels `build` makes, and tells its progress by."""
    together = [each for each in point_layers() if each.model is layer.model]
    return DEEPEST + 1 - min(map(first_level, together))


def build(layer: Layer, progress: Progress | None = None) -> int:
    """Make the pyramids of the layer's table anew from its rows; how many points. Readers and writers go on."""
    with _heard(progress):
        return _call("build", layer)


def fold(layer: Layer, progress: Progress | None = None) -> int:
    """Merge the deltas of the layer's table; how many there were. Transaction by transaction."""
    merged = 0
    while some := _call("fold", layer, AT_ONCE):
        merged += some
        if progress:
            progress(merged)
        if some < AT_ONCE:
            break
    return merged


def waiting(layer: Layer) -> int:
    """How many deltas wait to be merged."""
    with connection.cursor() as cursor:
        table = sql.Identifier("geoplatform", f"delta_{table_of(layer)}")
        cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(table))
        return int(cursor.fetchone()[0])


def _call(what: str, layer: Layer, *arguments: int) -> int:
    function = sql.Identifier("geoplatform", f"{what}_{table_of(layer)}")
    given = sql.SQL(", ").join(map(sql.Literal, arguments))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(sql.SQL("SELECT {}({})").format(function, given))
        return int(cursor.fetchone()[0])


@contextmanager
def _heard(progress: Progress | None) -> Iterator[None]:
    """While it builds, the database says `level N` as each level is done."""
    if progress is None:
        yield
        return

    def hear(notice: Any) -> None:
        word, _space, level = str(notice.message_primary).partition(" ")
        if word == "level":
            progress(DEEPEST + 1 - int(level))

    connection.ensure_connection()
    assert connection.connection is not None
    connection.connection.add_notice_handler(hear)
    try:
        yield
    finally:
        connection.connection.remove_notice_handler(hear)
