"""The GeoJSON text of each feature, kept beside its table: composing it costs several times what reading it does.

A stored text is used only while it is exactly what composing would give, and nobody has to remember to throw it away.
It says from which version of the row it was made (`xmin`, the transaction that wrote the row), how often related tables
had changed by then, and by which SQL it was composed. Who reads compares all three with what it sees itself: a text is
never stale, whatever wrote the row, and writing a feature costs nothing more. What is missing is composed while reading
and stored by whoever read it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache
from hashlib import blake2b

from django.db import DatabaseError, connection, transaction
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties
from geoplatform.database.texts import text_table
from geoplatform.query.compose import Statement
from geoplatform.query.geojson import feature_text

log = logging.getLogger(__name__)
LOCK = 530378  # with the table's own number: who stores texts of a layer does so alone


def stored_or_composed(statement: Statement) -> tuple[sql.Composable, sql.Composable]:
    """The feature's text as bytes (UTF-8), and whether it is worth storing: composed, and of a row that is committed.

    A row that this very transaction wrote could change again under the same `xmin`.
    """
    body, join = _lazy(statement.layer)
    statement.joins["stored"] = join
    worth = sql.SQL(
        "({}) IS NOT TRUE AND pg_current_xact_id_if_assigned() IS NULL AND NOT pg_is_in_recovery()"
    ).format(_holds(statement.layer))
    return body, worth


@cache
def _lazy(layer: Layer) -> tuple[sql.SQL, sql.SQL]:
    """The text, and how to get at the stored one."""
    text = sql.SQL("CASE WHEN {} THEN t.body ELSE {} END").format(_holds(layer), text_of_row(layer))
    return _plain(text), _join(layer)


@cache
def text_of_row(layer: Layer) -> sql.SQL:
    """The text of the row that a statement reads, or writes and returns, as bytes (UTF-8).

    A subselect, so that the related tables are joined only where it is asked for.
    """
    body, joins = _composed(layer)
    return _plain(
        sql.SQL("(SELECT {} FROM (SELECT) one{})").format(body, sql.Composed(list(joins.values())))
    )


@cache
def _composed(layer: Layer) -> tuple[sql.SQL, dict[str, sql.SQL]]:
    """Written once for each layer: composing the SQL costs more than a small page."""
    statement = Statement(layer)
    text = sql.SQL("convert_to({}, 'UTF8')").format(feature_text(statement))
    # Plain texts from here on: nothing of them is formatted again.
    return _plain(text), {name: _plain(join) for name, join in statement.joins.items()}


def _join(layer: Layer) -> sql.SQL:
    """By the number and the row's version alone: compared here with constants too, the planner would guess that
    next to no text holds while it has no statistics, and read all of them for each feature."""
    table = sql.Identifier(layer.model._meta.db_table)
    return _plain(
        sql.SQL(
            " LEFT JOIN geoplatform.{text} t ON t.fid = {table}.fid AND t.made_from = {table}.xmin"
        ).format(text=sql.Identifier(text_table(layer.name)), table=table)
    )


def _holds(layer: Layer) -> sql.SQL:
    """Whether a text was made by today's SQL from today's related rows; null where there is none."""
    return _plain(
        sql.SQL("t.made_by = {made_by} AND t.related = {related}").format(
            made_by=sql.Literal(_made_by(layer)), related=_related(layer)
        )
    )


@cache
def _made_by(layer: Layer) -> int:
    """A number for the SQL that composes: another declaration makes other texts."""
    body, joins = _composed(layer)
    text = "".join(part.as_string(None) for part in (body, *joins.values()))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def _related(layer: Layer) -> sql.Composed:
    """How often the tables have changed from which the layer shows something."""
    tables = {
        each.foreign_key.related_model._meta.db_table
        for each in properties(layer)
        if each.foreign_key is not None
    }
    return sql.SQL(
        "(SELECT coalesce(sum(times), 0)::bigint FROM geoplatform.related_changes WHERE table_name = ANY ({}))"
    ).format(sql.Literal(sorted(tables)))


def _plain(part: sql.Composable) -> sql.SQL:
    return sql.SQL(part.as_string(None))


def store(layer: Layer, numbers: Sequence[int]) -> None:
    """Store the texts of these features, unless somebody else is at it. For features that are worth storing."""
    table = layer.model._meta.db_table
    body, joins = _composed(layer)
    statement = sql.SQL(
        "INSERT INTO geoplatform.{text} (fid, made_from, made_by, related, body)"
        " SELECT {table}.fid, {table}.xmin, {made_by}, {related}, {body} FROM {table}{joins}"
        " WHERE {table}.fid = ANY (%s) ON CONFLICT (fid) DO UPDATE SET"
        " made_from = excluded.made_from, made_by = excluded.made_by, related = excluded.related, body = excluded.body"
    ).format(
        text=sql.Identifier(text_table(layer.name)),
        table=sql.Identifier(table),
        made_by=sql.Literal(_made_by(layer)),
        related=_related(layer),
        body=body,
        joins=sql.Composed(list(joins.values())),
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LOCK, layer.name])
            if cursor.fetchone()[0]:
                cursor.execute(statement.as_string(connection.connection), [list(numbers)])
    except DatabaseError:
        # The answer has been given; the next reader tries again.
        log.warning("The texts of %s could not be stored.", layer.name, exc_info=True)
