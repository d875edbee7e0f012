"""Is history whole? Each feature's versions follow each other without gap or overlap, and somebody stands by each.

Triggers keep it so by construction. The audit reads rows alone, knows nothing of how they came about, and finds what no
trigger can see: a restored backup that lacks a table, a row that was written while triggers were away. One statement
for each table, in sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from psycopg import sql

from geoplatform.catalog import registry

# What a fault is called -> what it means.
FAULTS = {
    "first": "the first version that is known is not version 1",
    "gap": "versions are missing between two that are there",
    "time": "a version does not begin when the one before it ended, or begins before that",
    "link": "a version was not opened by the changeset that closed the one before it",
    "period": "a version ends before it begins",
    "identity": "the number or the first day of a feature changed between versions",
    "orphan": "the last closed version is followed by nothing, and was not closed by a deletion",
    "current": "a feature does not continue its last closed version",
    "changeset": "a version names a changeset that does not exist",
    "actor": "nobody stands by a changeset",
    "transaction": "a changeset has no transaction, or was made after what it wrote",
}
EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """One kind of fault in one table: how many features have it, and some of them (id, version)."""

    table: str
    fault: str
    features: int
    examples: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        some = ", ".join(f"{id} version {version}" for id, version in self.examples)
        return f"{self.table}: {FAULTS[self.fault]}: {self.features} features, such as {some}"


def tables() -> list[str]:
    """The tables of all registered layers, each once."""
    return [model._meta.db_table for model, _layer in registry.models()]


def audit(only: Sequence[str] | None = None) -> Iterator[Finding]:
    """The faults of each table, or of those in `only`; nothing where history is whole. Reads one snapshot per table."""
    for table in tables() if only is None else only:
        with connection.cursor() as cursor:
            cursor.execute(_sql(table))
            for fault, features, examples in cursor.fetchall():
                yield Finding(table, fault, features, tuple(map(_example, examples)))


def audit_all(only: Sequence[str]) -> list[Finding]:
    """The same for several small tables in one statement, which costs less than one for each."""
    if not only:
        return []
    union = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, * FROM ({}) {}").format(
            sql.Literal(table), _sql(table), sql.Identifier(f"of_{table}")
        )
        for table in only
    )
    with connection.cursor() as cursor:
        cursor.execute(union)
        return [
            Finding(table, fault, features, tuple(map(_example, examples)))
            for table, fault, features, examples in cursor.fetchall()
        ]


def counted(table: str) -> tuple[int, int]:
    """How many features and closed versions a table has."""
    question = sql.SQL(
        "SELECT (SELECT count(*) FROM public.{0}), (SELECT count(*) FROM history.{0})"
    ).format(sql.Identifier(table))
    with connection.cursor() as cursor:
        cursor.execute(question)
        row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _example(text: str) -> tuple[str, int]:
    id, _space, version = text.partition(" ")
    return id, int(version)


def _sql(table: str) -> sql.Composed:
    """Closed versions and the current one as one list, each beside the version before it."""
    return sql.SQL(
        """
        SELECT fault, count(DISTINCT id), (array_agg(id || ' ' || version ORDER BY version, id))[1:{most}]
        FROM (
            SELECT v.id, version, unnest(array_remove(ARRAY[
                CASE WHEN before IS NULL AND version <> 1 THEN 'first' END,
                CASE WHEN version <> before + 1 AND NOT is_current THEN 'gap' END,
                CASE WHEN starts < ended OR starts > ended AND NOT was_deleted THEN 'time' END,
                CASE WHEN opened_by <> closed_before AND NOT was_deleted THEN 'link' END,
                CASE WHEN ends <= starts THEN 'period' END,
                CASE WHEN (fid, created) IS DISTINCT FROM (fid_before, created_before) AND before IS NOT NULL
                    THEN 'identity' END,
                CASE WHEN is_last AND NOT is_current AND NOT deleted THEN 'orphan' END,
                CASE WHEN is_current AND (version <> before + 1) THEN 'current' END,
                CASE WHEN opened.id IS NULL OR closed.id IS NULL AND NOT is_current THEN 'changeset' END,
                CASE WHEN opened.actor = '' OR closed.actor = '' THEN 'actor' END,
                CASE WHEN opened.transaction <= 0 OR closed.transaction <= 0
                    OR opened.at > starts OR closed.at > ends THEN 'transaction' END
            ], NULL)) AS fault
            FROM (
                SELECT *,
                    lag(version) OVER of_id AS before, lag(ends) OVER of_id AS ended,
                    lag(closed_by) OVER of_id AS closed_before, lag(deleted) OVER of_id AS was_deleted,
                    lag(fid) OVER of_id AS fid_before, lag(created) OVER of_id AS created_before,
                    lead(id) OVER of_id IS NULL AS is_last
                FROM (
                    SELECT id, fid, version, created, valid_from AS starts, valid_to AS ends, opened_by, closed_by,
                        deleted, false AS is_current
                    FROM history.{table}
                    UNION ALL
                    SELECT id, fid, version, created, changed, NULL, changeset, NULL, false, true FROM public.{table}
                ) versions
                -- A feature that stands comes last whatever number it claims.
                WINDOW of_id AS (PARTITION BY id ORDER BY is_current, version)
            ) v
            LEFT JOIN public.history_changeset opened ON opened.id = v.opened_by
            LEFT JOIN public.history_changeset closed ON closed.id = v.closed_by
        ) found
        GROUP BY fault"""
    ).format(table=sql.Identifier(table), most=sql.Literal(EXAMPLES))


def touched() -> list[Any]:
    """Tables with any row or version: what a test may have written."""
    parts = sql.SQL(" UNION ALL ").join(
        sql.SQL(
            "SELECT {0} WHERE EXISTS (SELECT FROM public.{1}) OR EXISTS (SELECT FROM history.{1})"
        ).format(sql.Literal(table), sql.Identifier(table))
        for table in tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(parts)
        return [table for (table,) in cursor.fetchall()]
