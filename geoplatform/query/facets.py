"""Facets in a request: `species=Malus domestica&access=public,overhanging&ripe=now`. Values of one facet are
alternatives, facets are all to hold; the pyramid and the rows answer them alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.facets import Facet, facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.seasons import bit, half_month
from geoplatform.query.compose import Statement
from geoplatform.query.feature_query import QueryError, parse_equals

if TYPE_CHECKING:
    from geoplatform.query.cql2 import Filter

MAX_VALUES = 50


@dataclass(frozen=True)
class Choice:
    """What a facet is to be: one of `values`, typed; of a mask, any of the bits."""

    facet: Facet
    values: tuple[Any, ...]

    @property
    def mask(self) -> int:
        return sum(1 << each for each in self.values)


Choices = tuple[Choice, ...]


def parse_facets(layer: Layer, parameters: Mapping[str, str]) -> Choices:
    """Choices in the layer's own order, so that equal questions are equal. Raises QueryError."""
    known = {each.name: each for each in facets(layer)}
    for name in parameters:
        if name not in known:
            raise QueryError(
                name,
                _("Unknown parameter %(name)s. This layer can be filtered by: %(names)s.")
                % {"name": name[:80], "names": ", ".join(known) or "–"},
            )
    return tuple(
        Choice(facet, _values(layer, facet, parameters[name]))
        for name, facet in known.items()
        if name in parameters
    )


def _values(layer: Layer, facet: Facet, text: str) -> tuple[Any, ...]:
    parts = text.split(",")
    if len(parts) > MAX_VALUES:
        raise QueryError(
            facet.name,
            _("%(name)s has at most %(most)d values.") % {"name": facet.name, "most": MAX_VALUES},
        )
    read = _half_month if facet.is_mask else _value
    return tuple(sorted({read(layer, facet, part) for part in parts}))


def _value(layer: Layer, facet: Facet, text: str) -> Any:
    value = parse_equals(layer, {facet.name: text})[facet.name]
    allowed = facet.shown.choices if facet.shown else []
    if value and allowed and value not in {each for each, _label in allowed}:
        raise QueryError(
            facet.name,
            _("The value of %(name)s is one of: %(values)s.")
            % {"name": facet.name, "values": ", ".join(str(each) for each, _label in allowed)},
        )
    return value


def _half_month(layer: Layer, facet: Facet, text: str) -> int:
    """The bit of `7.5`, or of today in the platform's time zone for `now`."""
    if text == "now":
        return bit(half_month(timezone.localdate()))
    try:
        if not re.fullmatch(r"[0-9]{1,2}(\.[05])?", text):
            raise ValueError
        return bit(float(text))
    except ValueError:
        raise QueryError(
            facet.name,
            _(
                "%(name)s is a half month: 1.0 (early January), 1.5 (late January) … 12.5, or now for today."
            )
            % {"name": facet.name},
        ) from None


def choices_of(condition: Filter) -> Choices | None:
    """The choices that a filter in CQL2 comes down to; None where it says anything else.

    `facet = value`, `facet IN (...)`, `A_OVERLAPS(season, (...))`, several of these joined by AND, or by OR about one
    and the same facet.
    """
    found = _alternatives(condition.layer, condition.tree)
    if found is None:
        return None
    known = facets(condition.layer)
    return tuple(
        Choice(facet, tuple(sorted(found[facet.name]))) for facet in known if facet.name in found
    )


def _alternatives(layer: Layer, tree: Any) -> dict[str, set[Any]] | None:
    """The values that each facet may have."""
    match tree:
        case {"op": str(op), "args": list(args)} if op.lower() in ("and", "or"):
            parts = [_alternatives(layer, each) for each in args]
            return _joined(layer, op.lower(), [each for each in parts if each], len(parts))
        case {"op": "=", "args": [{"property": str(name)}, value]}:
            return _one_of(layer, name, [value])
        case {"op": "=", "args": [value, {"property": str(name)}]}:
            return _one_of(layer, name, [value])
        case {"op": str(op), "args": [{"property": str(name)}, list(values)]} if (
            op.lower() == "a_overlaps" or (op.lower() == "a_contains" and len(values) == 1)
        ):
            return _some_of(layer, name, values)
        case {"op": str(op), "args": [{"property": str(name)}, values]} if op.lower() == "in":
            return _one_of(layer, name, values if isinstance(values, list) else [values])
    return None


def _joined(
    layer: Layer, op: str, parts: list[dict[str, set[Any]]], wanted: int
) -> dict[str, set[Any]] | None:
    if len(parts) < wanted:
        return None  # one of them is no choice
    if op == "or":
        names = {tuple(each) for each in parts}
        if len(names) > 1 or len(next(iter(names))) > 1:
            return None
        (name,) = next(iter(names))
        return {name: set().union(*(each[name] for each in parts))}
    found: dict[str, set[Any]] = {}
    said = [name for part in parts for name in part]
    if any(each.is_mask and said.count(each.name) > 1 for each in facets(layer)):
        return None  # in August and in October: not the same as in both at once
    for part in parts:
        for name, values in part.items():
            found[name] = found[name] & values if name in found else values
    # Nothing is both: a question for the rows.
    return found if all(found.values()) else None


def _some_of(layer: Layer, name: str, values: list[Any]) -> dict[str, set[Any]] | None:
    """Bits of a season's mask; the filter has been checked, so each value is a half month."""
    known = any(each.name == name and each.is_mask for each in facets(layer))
    return {name: {bit(each) for each in values}} if known and values else None


def simplified(condition: Filter | None, chosen: Choices = ()) -> tuple[Filter | None, Choices]:
    """A filter and choices that both hold; the filter as choices too, where it is nothing else."""
    alike = choices_of(condition) if condition else None
    if alike and not {each.facet for each in alike} & {each.facet for each in chosen}:
        return None, (*chosen, *alike)
    return condition, chosen


def _one_of(layer: Layer, name: str, values: list[Any]) -> dict[str, set[Any]] | None:
    """Values in the facet's own type alone: to compare others is the database's."""
    facet = next((each for each in facets(layer) if each.name == name and not each.is_mask), None)
    if facet is None or facet.shown is None or len(values) > MAX_VALUES:
        return None
    wanted = {"boolean": bool, "integer": int}.get(facet.shown.json_type, str)
    return {name: set(values)} if all(type(each) is wanted for each in values) else None


def add_choices(statement: Statement, choices: Choices) -> None:
    """Hold the rows of a statement to the choices."""
    for each in choices:
        if each.facet.is_mask:
            column = statement.own(each.facet.value.column)
            statement.conditions.append(sql.SQL("{} & %s <> 0").format(column))
            statement.parameters.append(each.mask)
        else:
            assert each.facet.shown is not None
            column = statement.column(each.facet.shown)
            statement.conditions.append(sql.SQL("{} = ANY (%s)").format(column))
            statement.parameters.append(list(each.values))
