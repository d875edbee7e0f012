"""What has changed since somebody last looked: parts of tables, told by the edit log (database/sql/edits.sql)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DatabaseError, transaction

from geoplatform.database import reading
from geoplatform.query.feature_query import Box
from geoplatform.query.select import primary_cursor


@dataclass(frozen=True)
class Seen:
    """A look at the database: what is read after it holds all that it saw, and perhaps more.

    generation  of the edit log; None where the log cannot tell what came later
    """

    snapshot: str
    generation: int | None


def look() -> Seen:
    """Now. Take it before reading: what changes in between is then read, and told as changed once more."""
    seen = _look()
    if seen.generation is None:
        try:
            with transaction.atomic(), primary_cursor() as cursor:
                cursor.execute("SELECT geoplatform.prune_edits()")  # makes a mark to count from
        except DatabaseError:
            return seen  # nothing can be written here
        seen = _look()
    return seen


def changes(since: Seen) -> dict[str, list[Box | None]] | None:
    """Boxes (degrees) in which tables have changed since then, by the table's name; a box of None is anywhere.

    None where the log does not reach back that far: anything may have changed.
    """
    if since.generation is None:
        return None
    with primary_cursor() as cursor:
        row = cursor.execute(
            "SELECT min(generation) FROM geoplatform.edit_mark WHERE server = pg_postmaster_start_time()"
        ).fetchone()
        if row is None or row[0] is None or row[0] > since.generation:
            return None
        rows = cursor.execute(
            "SELECT c.relname, (box[1])[0], (box[1])[1], (box[0])[0], (box[0])[1]"
            " FROM geoplatform.edit e JOIN pg_class c ON c.oid = e.about"
            " WHERE e.xid >= pg_snapshot_xmin(%(seen)s::pg_snapshot)"
            " AND NOT pg_visible_in_snapshot(e.xid, %(seen)s::pg_snapshot)",
            {"seen": since.snapshot},
        ).fetchall()
    found: dict[str, list[Box | None]] = {}
    for table, west, south, east, north in rows:
        box = None if west is None else (west, south, east, north)
        found.setdefault(table, []).append(box)
    return found


def _look() -> Seen:
    with primary_cursor() as cursor:
        row = cursor.execute(
            "SELECT pg_current_snapshot()::text, geoplatform.generation()"
        ).fetchone()
    assert row is not None
    reading.catch_up()  # what is read after it is not to be older
    return Seen(*row)
