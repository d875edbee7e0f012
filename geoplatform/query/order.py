"""The order of an answer, and where its next page begins (keyset paging).

Without `sortby` a page begins after a number (`fid`). A feature keeps its number for ever and new ones get higher ones:
who follows the pages while others write sees each feature that existed throughout exactly once. With `sortby` a value
may change between two pages: the pages then all show the layer as it was at one instant, which the cursor carries.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.query.compose import Statement
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery, Sort

CURSOR_LIMIT = 8000  # characters
# How a value of the cursor becomes the column's own type again.
CASTS = {
    ("boolean", None): "boolean",
    ("integer", None): "bigint",
    ("number", None): "float8",
    ("string", "date"): "date",
    ("string", "date-time"): "timestamptz",
    ("string", "uuid"): "uuid",
}


def _cast(step: Sort) -> str:
    return CASTS.get((step.by.json_type, step.by.format), "text")


def _value(statement: Statement, step: Sort) -> sql.Composable:
    column = statement.column(step.by)
    # As people sort words, Ä beside A, whatever the database's own collation.
    return sql.SQL('{} COLLATE "und-x-icu"').format(column) if _cast(step) == "text" else column


def order_by(statement: Statement, query: FeatureQuery) -> sql.Composed:
    """ORDER BY; the number decides among equals."""
    steps = [
        sql.SQL("{} {} NULLS LAST").format(
            _value(statement, step), sql.SQL("DESC" if step.descending else "ASC")
        )
        for step in query.sortby
    ]
    return sql.SQL(" ORDER BY ") + sql.SQL(", ").join([*steps, statement.own("fid")])


def add_keyset(statement: Statement, query: FeatureQuery) -> None:
    """The condition that only what comes after the pages already read is left."""
    fid = statement.own("fid")
    if query.after:
        statement.conditions.append(sql.SQL("{} > %s").format(fid))
        statement.parameters.append(query.after)
    if query.beyond is None:
        return
    *values, last = query.beyond
    # Later in the first step, or equal in it and later in the second, and so on; among equals a higher number.
    equal: list[sql.Composable] = []
    equal_parameters: list[Any] = []
    ways: list[sql.Composable] = []
    parameters: list[Any] = []
    for step, value in zip(query.sortby, values, strict=True):
        column = _value(statement, step)
        bound = sql.SQL("%s::{}").format(sql.SQL(_cast(step)))
        if value is not None:
            later = sql.SQL("({} {} {} OR {} IS NULL)").format(
                column, sql.SQL("<" if step.descending else ">"), bound, column
            )
            ways.append(sql.SQL(" AND ").join([*equal, later]))
            parameters += [*equal_parameters, value]
        equal.append(sql.SQL("{} IS NOT DISTINCT FROM {}").format(column, bound))
        equal_parameters.append(value)
    ways.append(sql.SQL(" AND ").join([*equal, sql.SQL("{} > %s").format(fid)]))
    parameters += [*equal_parameters, last]
    statement.conditions.append(
        sql.SQL("({})").format(sql.SQL(" OR ").join(sql.SQL("({})").format(way) for way in ways))
    )
    statement.parameters += parameters


def sort_values(statement: Statement, sortby: Sequence[Sort]) -> sql.Composed:
    """The values that a feature is sorted by, as a JSON array: the cursor is made of the last one's."""
    columns = sql.SQL(", ").join(statement.column(step.by) for step in sortby)
    return sql.SQL("convert_to(jsonb_build_array({})::text, 'UTF8')").format(columns)


def write_cursor(at: dt.datetime, values: list[Any], fid: int) -> str:
    """Where the next page begins, as one word for the address."""
    text = json.dumps([at.isoformat(), values, fid], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_cursor(
    layer: Layer, sortby: tuple[Sort, ...], text: str
) -> tuple[dt.datetime, tuple[Any, ...]]:
    """The instant and the keyset of a cursor that `write_cursor` wrote for the same `sortby`. Raises QueryError."""
    try:
        if len(text) > CURSOR_LIMIT:
            raise ValueError
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        at, values, fid = json.loads(raw)
        instant = dt.datetime.fromisoformat(at)
        if instant.tzinfo is None or type(fid) is not int or not 0 <= fid < 2**62:
            raise ValueError
        if len(values) != len(sortby):
            raise ValueError
        keyset = tuple(_read(step, value) for step, value in zip(sortby, values, strict=True))
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error):
        raise QueryError(
            "cursor", _("This cursor is not one that the link to a next page gave.")
        ) from None
    return instant, (*keyset, fid)


def _read(step: Sort, value: Any) -> Any:
    """A value of the cursor in the type of its property; None for what is unknown."""
    if value is None:
        return None
    match _cast(step):
        case "boolean" if type(value) is bool:
            return value
        case "bigint" if type(value) is int and abs(value) < 2**63:
            return value
        case "float8" if type(value) in (int, float):
            return float(value)
        case "date" if isinstance(value, str):
            return dt.date.fromisoformat(value)
        case "timestamptz" if isinstance(value, str):
            instant = dt.datetime.fromisoformat(value)
            if instant.tzinfo is not None:
                return instant
        case "text" if isinstance(value, str) and "\x00" not in value:
            value.encode()  # half a character cannot be sent on
            return value
    raise ValueError
