"""Conditions on the tags of OpenStreetMap, as mappings write them: `leisure=garden & garden:type=community`.

Parts are joined by ` & `. A part is `key` or `key=*` (the tag is there), `key=a|b` (it has one of these values) or
`key!=a|b` (it has none of them, or is not there). The first part must ask for a tag that is there: by its key objects
are found. Knows no Django: the process that reads files (`osm_read.py`) starts without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Tags = Mapping[str, str]


class WrongCondition(ValueError):
    """The text is no condition."""


@dataclass(frozen=True)
class Part:
    """One tag: `values` None asks only whether it is there."""

    key: str
    values: frozenset[str] | None
    negated: bool

    def holds(self, tags: Tags) -> bool:
        value = tags.get(self.key)
        found = value is not None and (self.values is None or value in self.values)
        return found is not self.negated


@dataclass(frozen=True)
class Condition:
    """All parts must hold."""

    parts: tuple[Part, ...]

    @property
    def key(self) -> str:
        """A tag that every object it holds for has."""
        return self.parts[0].key

    def holds(self, tags: Tags) -> bool:
        return all(part.holds(tags) for part in self.parts)


def parse(text: str) -> Condition:
    """Read a condition. Raises WrongCondition."""
    parts = tuple(_part(each, text) for each in text.split(" & "))
    if parts[0].negated:
        raise WrongCondition(text)
    return Condition(parts)


def _part(text: str, whole: str) -> Part:
    key, equals, values = (each.strip() for each in text.partition("="))
    negated = key.endswith("!")
    key = key.removesuffix("!").strip()
    if not key or (equals and not values):
        raise WrongCondition(whole)
    wanted = None if values in {"", "*"} else frozenset(each.strip() for each in values.split("|"))
    return Part(key, wanted, negated)


class Choice:
    """An ordered table from condition to value: the first condition that holds decides.

    An object for which one holds has one of the tags that `by_key` is sorted by.
    """

    def __init__(self, table: Mapping[str, str]) -> None:
        self.by_key: dict[str, list[tuple[int, Condition, str]]] = {}
        for place, (text, value) in enumerate(table.items()):
            condition = parse(text)
            self.by_key.setdefault(condition.key, []).append((place, condition, value))

    def value(self, tags: Tags) -> str | None:
        """What the table says of an object; None where no condition holds."""
        best: tuple[int, str | None] = (1 << 30, None)
        for key in tags.keys() & self.by_key.keys():
            for place, condition, value in self.by_key[key]:
                if place < best[0] and condition.holds(tags):
                    best = (place, value)
        return best[1]
