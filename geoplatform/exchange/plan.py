"""Mapping, layer and file brought together: which field is filled from which columns. Wrong names are told here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import UniqueConstraint
from django.utils.text import slugify
from django.utils.translation import gettext as _

from geoplatform.catalog.derived import derived_fields
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.models import Feature
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.mapping import FieldRule, Mapping, SourceInfo
from geoplatform.exchange.values import CONVERSIONS, Fault, blank

# Kept by the database, or stated for the whole file.
NEVER = {
    "id",
    "fid",
    "municipality",
    "quarter",
    "source",
    "source_key",
    "licence",
    "created",
    "changed",
    "version",
}
KEY_COLUMNS = ("key", "id")


@dataclass(frozen=True)
class Plan:
    """What is filled from what.

    fields    field and rule, without geometry
    key       columns that make the source's own id; empty: the reference field where it is unique, else the content
    identity  columns that tell a feature whatever its source (`ags`), empty where nothing does
    """

    layer: Layer
    mapping: Mapping
    fields: dict[str, tuple[models.Field[Any, Any], FieldRule]]
    key: tuple[str, ...]
    identity: tuple[str, ...]

    @property
    def model(self) -> type[Feature]:
        return self.layer.model


def default_mapping(path: Path) -> Mapping:
    """Without a mapping file: columns that are called as the layer's fields, a source called as the file."""
    name = path.name.split(".")[0]
    return Mapping(
        source=SourceInfo(slugify(name)[:80] or "file", name, Licence.NONE_STATED), place=None
    )


def settable(layer: Layer) -> dict[str, models.Field[Any, Any]]:
    """The fields that a file may fill."""
    derived = derived_fields(layer.model)
    return {
        field.name: field
        for field in layer.model._meta.concrete_fields
        if field.name not in NEVER | derived | {layer.geometry}
        and not isinstance(field, models.GeneratedField)
    }


def make_plan(layer: Layer, mapping: Mapping, columns: Iterable[str], *, update: bool) -> Plan:
    """Check the mapping against layer and file. Raises LoadError."""
    columns = list(columns)
    allowed = settable(layer)
    if missing := sorted(mapping.columns() - set(columns)):
        raise LoadError(
            _("The file has no column %(name)s. It has: %(columns)s.")
            % {"name": ", ".join(missing), "columns": ", ".join(columns)}
        )
    rules = mapping.fields
    if rules is None:
        rules = {name: FieldRule(columns=(name,)) for name in columns if name in allowed}
    for name, rule in rules.items():
        if name not in allowed:
            raise LoadError(
                _("Layer %(layer)s has no field %(name)s to fill. It has: %(fields)s.")
                % {"layer": layer.name, "name": name, "fields": ", ".join(allowed)}
            )
        if rule.convert and rule.convert not in CONVERSIONS:
            raise LoadError(
                _("fields.%(name)s: there is no conversion %(convert)s. There are: %(known)s.")
                % {"name": name, "convert": rule.convert, "known": ", ".join(CONVERSIONS)}
            )
        if rule.by and rule.by not in _names_of(allowed[name]):
            raise LoadError(
                _("fields.%(name)s: there is no field %(by)s to know them by.")
                % {"name": name, "by": rule.by}
            )
    if not update:
        _check_required(layer, allowed, rules)
    if unknown := sorted(set(mapping.match) - set(rules)):
        raise LoadError(
            _("match: %(name)s is none of the mapped fields.") % {"name": ", ".join(unknown)}
        )
    key = mapping.key
    if not key and mapping.fields is None:
        key = tuple(name for name in KEY_COLUMNS if name in columns)[:1]
    if mapping.complete and not key and not update:
        # A row known by its content is another one as soon as a value changes.
        raise LoadError(_("complete: what is gone can only be told where the mapping names a key."))
    return Plan(
        layer,
        mapping,
        {name: (allowed[name], rule) for name, rule in rules.items()},
        key,
        _identity(layer, rules),
    )


def _names_of(field: models.Field[Any, Any]) -> set[str]:
    """Fields of the table that a field refers to; none where it refers to no table."""
    related = field.related_model
    if not isinstance(related, type):
        return set()
    return {each.name for each in related._meta.concrete_fields}


def _check_required(
    layer: Layer, allowed: dict[str, models.Field[Any, Any]], rules: Iterable[str]
) -> None:
    for name in sorted(set(allowed) - set(rules)):
        if isinstance(blank(allowed[name]), Fault):
            raise LoadError(
                _("Layer %(layer)s needs a value for %(name)s; map a column to it, or a constant.")
                % {"layer": layer.name, "name": name}
            )


def _identity(layer: Layer, rules: Iterable[str]) -> tuple[str, ...]:
    """The unique reference field, or the unique constraint that holds it, when the file fills all of it."""
    model = layer.model
    try:
        reference = model._meta.get_field(model.reference)
    except FieldDoesNotExist:
        return ()
    names: tuple[str, ...] = (model.reference,) if getattr(reference, "unique", False) else ()
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and model.reference in constraint.fields:
            names = tuple(constraint.fields)
    filled = {*rules, "municipality"}
    return (
        tuple(str(getattr(model._meta.get_field(name), "column", name)) for name in names)
        if names and set(names) <= filled
        else ()
    )
