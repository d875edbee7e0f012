"""What is to be known of the very moment in which a picture's first data are read: asked along with them, in their
statement, so that it costs none of its own and is of their snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from geoplatform.query.select import raw_cursor


@dataclass
class Along:
    """A SELECT of one row, of which `width` columns come; `row` is there once it was answered."""

    text: str
    width: int
    row: Sequence[Any] | None = None


_wanted: ContextVar[Along | None] = ContextVar("along", default=None)


@contextmanager
def asked_along(text: str, width: int) -> Iterator[Along]:
    """The first statement within that goes through `fetched` or `fetched_many` brings the row. One must come.

    Raises LookupError where none came: the row would be of a later moment than what was read by another road.
    """
    along = Along(text, width)
    token = _wanted.set(along)
    try:
        yield along
    finally:
        _wanted.reset(token)
    if along.row is None:
        raise LookupError("nothing was read that the row could have come with")


def fetched(text: bytes, parameters: Any, *, prepare: bool | None = None) -> list[tuple[Any, ...]]:
    """The few rows of a statement, in binary: each of the first statement carries what is asked along."""
    along = _open()
    with raw_cursor() as cursor:
        statement = _together(along.text, text) if along else text
        rows = cursor.execute(statement, parameters, binary=True, prepare=prepare).fetchall()
    if along is None:
        return rows
    along.row = rows[0][: along.width]
    return [row[along.width + 1 :] for row in rows if row[along.width]]


def fetched_many(text: bytes, parameters: Any) -> list[tuple[Any, ...]]:
    """The many rows of a statement, in binary; what is asked along is asked before them, once."""
    along = _open()
    with raw_cursor() as cursor:
        if along:
            along.row = cursor.execute(along.text, prepare=True, binary=True).fetchone()
        return cursor.execute(text, parameters, binary=True).fetchall()


def _open() -> Along | None:
    along = _wanted.get()
    return along if along and along.row is None else None


@lru_cache(maxsize=500)
def _together(one: str, many: bytes) -> bytes:
    """The one row, beside each of the others; once beside nulls where there are none. The others keep their order: the
    one row leads the only join there can be.
    """
    text = b"SELECT one.*, many.* FROM (%s) one LEFT JOIN (SELECT true, rest.* FROM (%s) rest) many ON true"
    return text % (one.encode(), many)
