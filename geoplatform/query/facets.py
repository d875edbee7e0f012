"""Facets in a request: `species=Malus domestica&access=public,overhanging&ripe=now`. Values of one facet are
alternatives, facets are all to hold; the pyramid and the rows answer them alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog.facets import Facet, facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.seasons import bit, half_month
from geoplatform.query.compose import Statement
from geoplatform.query.feature_query import QueryError, parse_equals

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
