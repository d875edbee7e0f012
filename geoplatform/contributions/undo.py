"""Take back what was done: a change, a changeset, an author, a time span. An undo is a changeset like any other.

Nobody's later work is overwritten: what others changed since stays, and is told. So an undo can itself be undone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.history import undo as database
from geoplatform.history.relations import in_order
from geoplatform.history.services import changeset
from geoplatform.history.undo import TableUndo
from geoplatform.history.upkeep import upkeep_of

# Conflicts that are told one by one; of all of them the number is.
MOST_TOLD = 1000
WHY = {
    "changed": _lazy("was changed later by somebody else"),
    "gone": _lazy("was deleted later by somebody else"),
    "there": _lazy("has been brought back by somebody else"),
    "named": _lazy("is named by other features"),
    "missing": _lazy("names what is not there any more"),
    "taken": _lazy("its key or name is taken by another one"),
}


class UndoError(Exception):
    """Nothing was undone; says why."""


class _DryRun(Exception):
    """Takes everything back that was written."""


@dataclass(frozen=True)
class Conflict:
    """What was left as it is. `fields` are names of the model; none means the feature as a whole. `why` is in WHY."""

    layer: Layer
    id: UUID
    fields: tuple[str, ...]
    why: str

    @property
    def labels(self) -> tuple[str, ...]:
        """What the fields are called."""
        known = {each.name: each for each in self.layer.model._meta.local_concrete_fields}
        return tuple(str(known[name].verbose_name) for name in self.fields)


@dataclass
class Undone:
    """What an undo did. `layer.name` -> number of features; layers of one table are told by the first of them."""

    changesets: int = 0
    restored: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    removed: dict[str, int] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    conflict_count: int = 0

    @property
    def features(self) -> int:
        return sum(sum(each.values()) for each in (self.restored, self.changed, self.removed))


def undo_changesets(
    *, ids: Sequence[int], actor: str, channel: str, reason: str = "", dry_run: bool = False
) -> Undone:
    """Take back everything that these changesets did."""
    return _undo("SELECT id FROM history_changeset WHERE id = ANY(%s)", [list(ids)], None,
        reason or _("Undo of changeset %s") % ", ".join(map(str, ids[:10])), actor, channel, dry_run)  # fmt: skip


def undo_change(
    *, layer: Layer, id: UUID, changeset_id: int, actor: str, channel: str, reason: str = "",
    dry_run: bool = False,
) -> Undone:  # fmt: skip
    """Take back what one changeset did to one feature."""
    return _undo("SELECT id FROM history_changeset WHERE id = %s", [changeset_id], (layer, id),
        reason or _("Undo of changeset %s") % changeset_id, actor, channel, dry_run)  # fmt: skip


def undo_actor(
    *, who: str, since: dt.datetime | None, actor: str, channel: str, reason: str = "",
    dry_run: bool = False,
) -> Undone:  # fmt: skip
    """Take back what one author (`key:...`, `user:...`, as changesets name them) did, from an instant on or ever."""
    return _undo(
        "SELECT id FROM history_changeset WHERE actor = %s AND at >= coalesce(%s, '-infinity'::timestamptz)",
        [who, since], None, reason or _("Undo of what %s did") % who, actor, channel, dry_run)  # fmt: skip


def undo_between(
    *, start: dt.datetime, end: dt.datetime, actor: str, channel: str, reason: str = "",
    dry_run: bool = False,
) -> Undone:  # fmt: skip
    """Take back everything that anybody did in a time span; the end is exclusive."""
    return _undo("SELECT id FROM history_changeset WHERE at >= %s AND at < %s", [start, end], None,
        reason or _("Undo of %(start)s to %(end)s") % {"start": start.isoformat(), "end": end.isoformat()},
        actor, channel, dry_run)  # fmt: skip


def _undo(
    chosen: str, parameters: Sequence[Any], only: tuple[Layer, UUID] | None,
    reason: str, actor: str, channel: str, dry_run: bool,
) -> Undone:  # fmt: skip
    found = Undone()
    try:
        with changeset(actor=actor, channel=channel, reason=reason):
            found.changesets = database.choose(chosen, parameters)
            if found.changesets:
                _take_back(found, only)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    except IntegrityError as error:
        raise UndoError(
            _("What it would bring back breaks a rule of today, so nothing was undone: %s")
            % str(error).partition("\n")[0]
        ) from error
    return found


def _take_back(found: Undone, only: tuple[Layer, UUID] | None) -> None:
    models = [layer for _model, layer in registry.models()]
    tables = [
        each
        for layer in in_order(models)
        if only is None or only[0].model is layer.model
        if (each := TableUndo(layer, parts(layer))).prepare(only[1] if only else None)
    ]
    # What nothing names goes first, for its key may be needed; then what others name comes before them, and goes after.
    for each in reversed(tables):
        _count(found.removed, each.layer, each.delete(referenced=False))
    for each in tables:
        _count(found.restored, each.layer, each.insert())
    for each in tables:
        _count(found.changed, each.layer, each.update())
    for each in reversed(tables):
        _count(found.removed, each.layer, each.delete(referenced=True))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    found.conflict_count, told = database.conflicts(MOST_TOLD)
    by_table = {layer.model._meta.db_table: layer for layer in models}
    found.conflicts = [
        Conflict(by_table[table], id, _fields(by_table[table], columns), why)
        for table, id, columns, why in told
    ]


def parts(layer: Layer) -> tuple[tuple[str, ...], ...]:
    """The versioned columns, those that only mean something together as one."""
    columns = upkeep_of(layer).versioned
    names = {each.name: str(each.column) for each in layer.model._meta.local_concrete_fields}
    coupled = [
        tuple(names[name] for name in part)
        for other in registry.layers()
        if other.model is layer.model
        for part in getattr(other, "coupled", ())
    ]
    together = {column: part for part in coupled for column in part}
    return tuple(dict.fromkeys(together.get(column, (column,)) for column in columns))


def _fields(layer: Layer, columns: Sequence[str] | None) -> tuple[str, ...]:
    by_column = {each.column: each.name for each in layer.model._meta.local_concrete_fields}
    return tuple(by_column[column] for column in columns or ())


def _count(numbers: dict[str, int], layer: Layer, number: int) -> None:
    if number:
        numbers[layer.name] = numbers.get(layer.name, 0) + number
