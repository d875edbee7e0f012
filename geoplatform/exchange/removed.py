"""Rows of a file whose feature people removed: what they deleted stays deleted, and what they found to be another
feature goes on as that one.

A deletion is people's where a proposal came true with it, or where staff deleted in the admin. An undo of a load is
none: what it took away may be loaded again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.exchange.staging import Staging


@dataclass
class Settled:
    """`left`: rows, with their keys, that get no feature; `moved_on`: how many go on as another feature."""

    left: list[tuple[int, str]] = field(default_factory=list)
    moved_on: int = 0


def settle(staging: Staging, layer: Layer) -> Settled:
    """Give rows whose feature people found to be another one that other feature, and keep the rest from being added.

    `pg_temp.origin` then says of which feature (`id`) the source spoke before, where it is another one now.
    """
    found = Settled()
    with connection.cursor() as cursor:
        cursor.execute(_removed(staging))
        removed = cursor.fetchall()
        taken = _taken(staging) if any(merged for *_row, merged in removed) else set()
        gone: list[tuple[int, UUID]] = []
        for row, key, id, merged in removed:
            kept = selectors.successor(layer, id) if merged else None
            if kept is None or kept in taken:
                found.left.append((row, key))
                gone.append((row, id))
                continue
            taken.add(kept)
            found.moved_on += 1
            cursor.execute("INSERT INTO pg_temp.origin VALUES (%s, %s)", [row, id])
            cursor.execute('UPDATE pg_temp.staged SET target = %s WHERE "row" = %s', [kept, row])
        # A target that is not there: such a row is neither added, nor does it change anything.
        cursor.execute(
            'UPDATE pg_temp.staged s SET target = l.id FROM unnest(%s::integer[], %s::uuid[]) l("row", id)'
            ' WHERE s."row" = l."row"',
            [[row for row, _id in gone], [id for _row, id in gone]],
        )
    return found


def _removed(staging: Staging) -> sql.Composed:
    """Row, key, feature that was there, and whether it was found to be the same as another one."""
    return sql.SQL(
        """SELECT past."row", past.source_key, past.id, coalesce(p.kind = 'duplicate', false)
        FROM (
            SELECT DISTINCT ON (r."row") r."row", h.id, h.source_key, h.closed_by
            FROM pg_temp.staged r
            JOIN history.{plain} h ON h.source_id = {source} AND h.source_key = r.source_key AND h.deleted
            WHERE r.target IS NULL
            ORDER BY r."row", h.valid_to DESC) past
        JOIN history_changeset c ON c.id = past.closed_by
        LEFT JOIN LATERAL (
            SELECT p.kind FROM contributions_proposal p
            WHERE p.feature = past.id AND p.changeset = past.closed_by AND p.state = 'applied'
            ORDER BY (p.kind = 'duplicate') DESC LIMIT 1) p ON true
        WHERE (p.kind IS NOT NULL OR c.channel = 'admin') AND NOT EXISTS (SELECT FROM {table} t WHERE t.id = past.id)
        ORDER BY past."row" """
    ).format(
        plain=sql.Identifier(staging.model._meta.db_table),
        table=staging.table,
        source=sql.Literal(staging.source.pk),
    )


def _taken(staging: Staging) -> set[UUID]:
    """Features that rows of their own are about."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT target FROM pg_temp.staged WHERE target IS NOT NULL")
        return {target for (target,) in cursor.fetchall()}
