"""The three-way merge: what may be written without overwriting anybody. Pure; no database, no Django.

A part is what is decided together: one field, or fields that only mean something together (a cultivar and its species).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Conflict:
    """A part that both changed, each in another way. All three hold every field of the part; theirs is None when
    the feature is gone."""

    fields: tuple[str, ...]
    base: dict[str, Any]
    theirs: dict[str, Any] | None
    ours: dict[str, Any]


@dataclass(frozen=True)
class Merge:
    """`apply` may be written; `conflicts` must be decided by a person; of `unchanged` fields nothing is to do."""

    apply: dict[str, Any] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()
    unchanged: tuple[str, ...] = ()
    gone: bool = False

    @property
    def clean(self) -> bool:
        return not self.conflicts and not self.gone


def parts(names: Iterable[str], coupled: Iterable[tuple[str, ...]] = ()) -> list[tuple[str, ...]]:
    """The parts that these fields touch, each once, with all the fields that belong to them."""
    found: dict[tuple[str, ...], None] = {}
    for name in names:
        found[next((part for part in coupled if name in part), (name,))] = None
    return list(found)


def merge(
    *,
    base: Values,
    current: Values | None,
    wanted: Values,
    coupled: Iterable[tuple[str, ...]] = (),
) -> Merge:
    """What of `wanted` can be applied to `current` by somebody who saw `base`.

    base, current  values of all fields of the parts that `wanted` touches, at least; current is None: deleted
    wanted         the fields that were sent, changed or not

    Part by part: the same as at the base, or as now: nothing is to do. Now as at the base: applied. Else a conflict.
    Of an applied part only the fields that differ from `current` are in `apply`.
    """
    coupled = tuple(coupled)
    apply: dict[str, Any] = {}
    conflicts: list[Conflict] = []
    unchanged: list[str] = []
    for part in parts(wanted, coupled):
        before = {name: base[name] for name in part}
        ours = {name: wanted.get(name, before[name]) for name in part}
        now = None if current is None else {name: current[name] for name in part}
        if ours in (before, now):
            unchanged += part
        elif now == before:
            apply.update({name: value for name, value in ours.items() if value != before[name]})
        else:
            conflicts.append(Conflict(part, before, now, ours))
    return Merge(apply, tuple(conflicts), tuple(unchanged), gone=current is None)
