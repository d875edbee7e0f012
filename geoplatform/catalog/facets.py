"""The facets of a layer of points: what its map can be filtered by at every zoom, answered from the pyramid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.gis.db import models

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name, resolve
from geoplatform.catalog.seasons import HalfMonths
from geoplatform.catalog.symbols import Categorized

MASK = "mask"
# The finest level: below it, all points of a tile can be drawn one by one.
DEEPEST = 13


@dataclass(frozen=True)
class Value:
    """A value of a feature that the pyramid knows, as the database reads it.

    name     of its column in the pyramid's tables: the same for all layers of a table
    kind     text, boolean, bigint, uuid or mask
    column   in the feature's own table; of the foreign key, where `related` is set
    related  table and column that the foreign key leads to, where the value is read from there
    """

    name: str
    kind: str
    column: str
    related: tuple[str, str] | None = None


@dataclass(frozen=True)
class Facet:
    """One name to filter by.

    shown           the public property, None for a mask
    stands_for_row  it is the unique name of a related row, whose key is kept instead: to rename the row changes nothing
    """

    name: str
    value: Value
    shown: Property | None
    stands_for_row: bool = False

    @property
    def is_mask(self) -> bool:
        return self.value.kind == MASK


def has_pyramid(layer: Layer) -> bool:
    """Every layer of single points has one."""
    return layer.geometry_type == "POINT"


def first_level(layer: Layer) -> int:
    """The coarsest level of a layer's pyramid; totals are counted there."""
    return min(layer.zooms[0], DEEPEST)


@cache
def facets(layer: Layer) -> tuple[Facet, ...]:
    """The facets that a layer declares, in its order."""
    return tuple(facet(layer, name) for name in layer.facets)


def drawn(layer: Layer) -> tuple[Value | None, Value]:
    """What tells how a point is drawn: the value its symbol goes by, if any, and its status."""
    status = _own(layer, "status")
    if not isinstance(layer.symbol, Categorized):
        return None, status
    return _value(property_by_name(layer)[layer.symbol.field]), status


def facet(layer: Layer, name: str) -> Facet:
    """One facet by name. Raises FieldDoesNotExist, KeyError or ValueError for what cannot be one."""
    each = property_by_name(layer).get(name)
    if each is None:
        field: Any = layer.model._meta.get_field(name)
        if not isinstance(field, HalfMonths):
            raise KeyError(name)
        return Facet(name, Value(str(field.column), MASK, str(field.column)), None)
    if each.foreign_key is not None and each.field.unique:
        # A row that is renamed stays the same row: nothing of the pyramid changes.
        key = each.foreign_key
        kind = "uuid" if isinstance(key.target_field, models.UUIDField) else "bigint"
        column = str(key.column)
        return Facet(name, Value(column, kind, column), each, stands_for_row=True)
    return Facet(name, _value(each), each)


def _own(layer: Layer, name: str) -> Value:
    return _value(resolve(layer, name))


def _value(each: Property) -> Value:
    kinds: dict[tuple[str, str | None], str] = {
        ("boolean", None): "boolean",
        ("integer", None): "bigint",
        ("string", None): "text",
    }
    kind = kinds.get((each.json_type, each.format), "")
    if not kind:
        raise ValueError(f"{each.name} is neither text, whole number nor flag")
    column = str(each.field.column)
    key = each.foreign_key
    if key is None:
        return Value(column, kind, column)
    table = key.related_model._meta.db_table
    return Value(f"{key.name}__{column}", kind, str(key.column), (table, column))
