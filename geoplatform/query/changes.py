"""What was changed since a moment, by layer and box: asked of the edit log, so that open maps keep up with edits.

A moment is a cursor: a snapshot of the database and the mark of the log before it (docs/decisions/0017). It is no
number of a last edit, for transactions become visible in another order than they write: what is committed late is
told then, and what was told is not told again.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.database import reading
from geoplatform.history.edits import is_snapshot, shown_tables
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import Box
from geoplatform.query.select import primary_cursor

# A layer with more changed boxes than this has changed anywhere.
MOST_BOXES = 50
# Cursors this many marks old are exchanged for new ones though nothing has changed, long before the log forgets them.
OLD = 100
CURSOR = re.compile(r"(?P<generation>[0-9]{1,18})\.(?P<seen>[0-9:,]{3,4000})", re.ASCII)
SINCE = """SELECT now, generation, held, due, edits::text
    FROM geoplatform.edits_since(%s::bigint, %s::text::pg_snapshot, %s::text[], %s::int)"""
PRUNE = "SELECT geoplatform.prune_tiles()"


@dataclass(frozen=True)
class Changed:
    """A layer and the boxes (degrees) in which it may have changed; None: anywhere. No box: what stands nowhere."""

    layer: Layer
    boxes: tuple[Box, ...] | None


@dataclass(frozen=True)
class Changes:
    """What was changed, and the cursor to ask with the next time; the same as before where nothing was."""

    cursor: str
    changed: tuple[Changed, ...]


def cursor() -> str:
    """The present moment. What is read after this call and changed later is told by `changes(since=...)`."""
    return changes(None).cursor


def changes(since: str | None) -> Changes:
    """What was committed since a cursor was given. Raises QueryError for text that is no cursor.

    Where the log cannot tell (a cursor of days ago, or of another server), every layer has changed anywhere.
    """
    generation, seen = _parse(since) if since is not None else (None, None)
    now, newest, held, due, edits = _ask(generation, seen)
    if due:
        with primary_cursor() as session:
            session.execute(PRUNE)
        if newest is None:  # there is a mark now
            now, newest, held, due, edits = _ask(generation, seen)
    fresh = f"{newest or 0}.{now}"
    if since is None:
        return Changes(fresh, ())
    if not held:
        return Changes(fresh, tuple(Changed(each, None) for each in registry.layers()))
    found = tuple(_changed(json.loads(edits or "{}")))
    is_old = newest - generation > OLD
    return Changes(fresh if found or is_old else since, found)


def _ask(generation: int | None, seen: str | None) -> tuple[Any, ...]:
    with primary_cursor() as session:
        parameters = (generation, seen, list(_tables()), MOST_BOXES)
        row = session.execute(SINCE, parameters, prepare=True).fetchone()
    assert row is not None
    reading.catch_up()  # what is read after it is not to be older than the cursor
    return row


def _parse(since: str) -> tuple[int, str]:
    found = CURSOR.fullmatch(since)
    if not found or not is_snapshot(found["seen"]):
        raise QueryError("since", _("since is the cursor of an earlier answer."))
    return int(found["generation"]), found["seen"]


def _changed(edits: dict[str, list[Box] | None]) -> list[Changed]:
    found = []
    for layer in registry.layers():
        own = _name(layer)
        if any(f"public.{each}" in edits for each in shown_tables(layer)):
            found.append(Changed(layer, None))
        elif own in edits:
            boxes = edits[own]
            everywhere = boxes is None or not layer.geometry
            found.append(Changed(layer, None if everywhere else _boxes(boxes or [])))
    return found


def _boxes(found: list[Box]) -> tuple[Box, ...]:
    return tuple((west, south, east, north) for west, south, east, north in found)


@cache
def _tables() -> tuple[str, ...]:
    """All whose changes show on a map."""
    found = {_name(layer) for layer in registry.layers()}
    for layer in registry.layers():
        found.update(f"public.{each}" for each in shown_tables(layer))
    return tuple(sorted(found))


def _name(layer: Layer) -> str:
    return f"public.{layer.model._meta.db_table}"
