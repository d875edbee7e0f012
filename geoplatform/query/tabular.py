"""A question's answer as rows and columns: what every file that is taken away is made of.

PostgreSQL writes the rows as CSV (COPY), whatever the file becomes in the end: it is the cheapest way out of the
server, and Arrow reads it at the speed of C.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from psycopg import sql
from psycopg.abc import Buffer

from geoplatform.catalog.properties import Property
from geoplatform.database import reading
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.order import add_keyset, order_by
from geoplatform.query.select import raw_cursor

# What a spreadsheet takes for the start of a formula (OWASP, CSV injection).
FORMULA = "=+-@\t\r"


@dataclass(frozen=True)
class Column:
    """One column: type and format as in JSON Schema. `free` is text that anybody may have written."""

    name: str
    json_type: str
    format: str | None
    title: str
    free: bool = False


ID = Column("id", "string", "uuid", "id")


def columns(query: FeatureQuery) -> list[Column]:
    """What `rows` gives, the geometry aside. The id is always there, so that a file can be brought back."""
    return [ID, *(_column(each) for each in query.properties)]


def _column(each: Property) -> Column:
    free = each.json_type == "string" and each.format in (None, "uri") and not each.choices
    return Column(each.name, each.json_type, each.format, str(each.title), free)


def pieces(rows: Iterator[bytes], size: int) -> Generator[bytes]:
    """Rows joined into pieces of about `size` bytes: by weight, for one polygon may weigh as much as 10,000 points."""
    piece, weight = [], 0
    for row in rows:
        piece.append(row)
        weight += len(row)
        if weight >= size:
            yield b"".join(piece)
            piece, weight = [], 0
    if piece:
        yield b"".join(piece)


@contextmanager
def unhurried(seconds: int) -> Iterator[None]:
    """Statements within may take this long: the usual minute is too short for a million rows and a slow reader.

    A download is one statement, so it is one snapshot, and needs no stronger isolation.
    """
    with transaction.atomic(using=reading.alias()):
        with raw_cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{seconds}s"])
        yield


def give_back() -> None:
    """The connection goes back to the pool now and not at the end of the request, unless a transaction needs it."""
    connection = reading.connection()
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def coordinates(query: FeatureQuery) -> list[str]:
    """Names of the columns by which a spreadsheet knows where something is.

    x and y of points, longitude or easting first; `wkt` of anything else; none without geometry.
    """
    if query.layer.geometry is None:
        return []
    return ["x", "y"] if query.layer.geometry_type == "POINT" else ["wkt"]


def for_people(query: FeatureQuery) -> Iterator[bytes]:
    """CSV with a header, one row at a time: text that could be a formula begins with an apostrophe."""
    statement = restricted(query)
    selected: list[sql.Composable] = []
    for column, source in _sources(query):
        value = _value(statement, column, source)
        selected.append(_named(_tame(value) if column.free else value, column.name))
    if places := coordinates(query):
        geometry = statement.geometry(query.crs)
        digits = sql.Literal(query.crs.digits)
        if places == ["wkt"]:
            selected.append(_named(sql.SQL("ST_AsText({}, {})").format(geometry, digits), "wkt"))
        else:
            for name in places:
                call = sql.SQL("trim_scale(round(ST_{}({})::numeric, {}))").format(
                    sql.SQL(name.upper()), geometry, digits
                )
                selected.append(_named(call, name))
    for row in _copy(query, statement, selected, header=True):
        # One message of the server is one row, always (PostgreSQL, Message Formats, CopyData). RFC 4180 ends it so.
        yield bytes(row)[:-1] + b"\r\n"


def for_programs(query: FeatureQuery) -> Iterator[bytes]:
    """CSV without a header, one row at a time: the columns as they are, and last the geometry as WKB in hex digits."""
    statement = restricted(query)
    selected = [_value(statement, column, source) for column, source in _sources(query)]
    if query.layer.geometry:
        binary = sql.SQL("encode(ST_AsBinary({}, 'NDR'), 'hex')")
        selected.append(binary.format(statement.geometry(query.crs)))
    for row in _copy(query, statement, selected, header=False):
        yield bytes(row)


def _sources(query: FeatureQuery) -> list[tuple[Column, Property | None]]:
    return list(zip(columns(query), [None, *query.properties], strict=True))


def _named(value: sql.Composable, name: str) -> sql.Composed:
    return sql.SQL("{} AS {}").format(value, sql.Identifier(name))


def _value(statement: Statement, column: Column, source: Property | None) -> sql.Composable:
    """A column as text that says what the API says: flags in words, times as RFC 3339 has them."""
    if source is None:
        return statement.own(column.name)
    value = statement.column(source)
    if column.json_type == "boolean":
        return sql.SQL("{}::text").format(value)
    if column.format == "date-time":
        return sql.SQL("(to_json({}) #>> '{{}}')").format(value)
    return value


def _tame(text: sql.Composable) -> sql.Composed:
    """With an apostrophe before what a formula begins with; and before apostrophes before that, so that whoever takes
    one away again has the text as it was."""
    first = sql.SQL("left(ltrim({}, {}), 1)").format(text, sql.Literal("'"))
    return sql.SQL("CASE WHEN strpos({}, {}) > 0 AND {} <> {} THEN {} || {} ELSE {} END").format(
        sql.Literal(FORMULA), first, first, sql.Literal(""), sql.Literal("'"), text, text
    )


def _copy(
    query: FeatureQuery, statement: Statement, selected: list[sql.Composable], *, header: bool
) -> Iterator[Buffer]:
    add_keyset(statement, query)
    tail = order_by(statement, query)
    if query.limit is not None:
        tail += sql.SQL(" LIMIT {}").format(sql.Literal(query.limit))
    command = sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER {})").format(
        statement.select(selected, tail), sql.Literal(header)
    )
    # PostgreSQL binds no values in a COPY: psycopg quotes them itself.
    with raw_cursor() as cursor, cursor.copy(command, statement.parameters) as rows:
        yield from rows
