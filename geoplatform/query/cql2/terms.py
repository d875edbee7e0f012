"""Pieces of SQL with a type: what an expression becomes before it is known which statement asks for it.

A term names columns by property; the statement that uses it says where they are read from. Values are never part of
the SQL, they are bound in the order in which the term holds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.properties import Property

Kind = Literal["boolean", "number", "text", "uuid", "date", "timestamp", "geometry", "season"]
Path = tuple[int | str, ...]


class Refusal(Exception):
    """An expression that means nothing here; `path` leads to it in the tree."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True)
class Own:
    """A column of the layer's own table that is no property: id, geometry, a season's mask."""

    column: str


class Columns(Protocol):
    """Where columns are read from (`compose.Statement`)."""

    def own(self, column: str) -> sql.Composable: ...

    def column(self, each: Property) -> sql.Composable: ...


@dataclass(frozen=True)
class Term:
    """An expression. `literal` is the value itself where it is one; `exact` marks numbers of the type numeric."""

    kind: Kind
    parts: tuple[str | Property | Own, ...]
    values: tuple[Any, ...] = ()
    literal: Any = None
    exact: bool = False

    def compose(self, columns: Columns) -> sql.Composed:
        """The SQL, its names quoted, with a placeholder for each of `values`."""
        return sql.Composed([_written(part, columns) for part in self.parts])


def _written(part: str | Property | Own, columns: Columns) -> sql.Composable:
    if isinstance(part, Own):
        return columns.own(part.column)
    if isinstance(part, Property):
        return columns.column(part)
    return sql.SQL(part)


def term(kind: Kind, template: str, *inner: Term, exact: bool = False) -> Term:
    """`template` with a term for each `{}` in it. Templates are ours; nothing of a request is ever part of one."""
    pieces = template.split("{}")
    assert len(pieces) == len(inner) + 1
    parts: list[str | Property | Own] = [pieces[0]]
    values: list[Any] = []
    for each, piece in zip(inner, pieces[1:], strict=True):
        parts += [*each.parts, piece]
        values += each.values
    return Term(kind, tuple(parts), tuple(values), exact=exact)


def joined(template: str, separator: str, inner: Sequence[Term]) -> Term:
    """A condition with all of `inner` in the one `{}` of the template."""
    return term("boolean", template.replace("{}", separator.join(["{}"] * len(inner))), *inner)


# The SQL type that a bound value is told to have: PostgreSQL would otherwise guess by its own rules.
SQL_TYPES: dict[Kind, str] = {
    "boolean": "boolean",
    "number": "float8",
    "text": "text",
    "uuid": "uuid",
    "date": "date",
    "timestamp": "timestamptz",
}


def bound(kind: Kind, value: Any) -> Term:
    """A literal."""
    type_ = "int8" if kind == "number" and isinstance(value, int) else SQL_TYPES[kind]
    return Term(kind, (f"%s::{type_}",), (value,), literal=value)


def kind_name(kind: Kind) -> str:
    """A kind of value as people call it."""
    return {
        "boolean": _("true or false"),
        "number": _("a number"),
        "text": _("a text"),
        "uuid": _("an id"),
        "date": _("a date"),
        "timestamp": _("a date with time"),
        "geometry": _("a geometry"),
        "season": _("a list of half months"),
    }[kind]
