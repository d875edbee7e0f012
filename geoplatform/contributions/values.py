"""Values of a layer's editable fields in three shapes: the model's, JSON's (in a proposal), the column's (in SQL)."""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.pages.names import find


@cache
def fields_of(layer: Layer) -> dict[str, Any]:
    """The editable fields but the geometry, by name."""
    options = layer.model._meta
    return {name: options.get_field(name) for name in layer.editable if name != layer.geometry}


def check(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values cleaned by their fields' own rules. Raises ValidationError with a message for each wrong name."""
    errors: dict[str, Any] = {}
    cleaned: dict[str, Any] = {}
    known = fields_of(layer)
    for name, value in values.items():
        field = known.get(name)
        if field is None:
            errors[name] = _("This cannot be set.")
            continue
        try:
            cleaned[name] = _clean(field, value)
        except ValidationError as error:
            errors[name] = error.error_list
    if errors:
        raise ValidationError(errors)
    return cleaned


def _clean(field: Any, value: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        if value is None and field.null:
            return None
        if not isinstance(value, field.related_model):
            raise ValidationError(_("This is not known."))
        return value  # that it still exists is for the database to say
    if field.blank and value in field.empty_values:
        return None if field.null and not isinstance(value, str) else value
    return field.clean(value, None)


def column(field: Any, value: Any) -> Any:
    """As SQL takes it and a cursor gives it back."""
    if isinstance(value, models.Model):
        value = value.pk
    value = field.get_db_prep_save(value, connection)
    return value.value if isinstance(value, Enum) else value


def hex_of(geometry: GEOSGeometry) -> str:
    """EWKB in hexadecimal, as a cursor gives a geometry back."""
    return bytes(geometry.hexewkb).decode("ascii")


def columns(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Names to columns' values; a geometry under its name."""
    known = fields_of(layer)
    return {
        name: hex_of(value) if name == layer.geometry else column(known[name], value)
        for name, value in values.items()
    }


def as_json(layer: Layer, values: Mapping[str, Any]) -> dict[str, Any]:
    """Names to what JSON can hold; a related row by its reference."""
    known = fields_of(layer)
    return {name: _plain(known[name], value) for name, value in values.items()}


def _plain(field: Any, value: Any) -> Any:
    if isinstance(value, models.Model):
        # What people added has no key of a source.
        value = getattr(value, field.related_model.reference) or value.pk
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal):
        return str(value)
    return value


def from_json(layer: Layer, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The model's values of a proposal. Raises ValidationError where a related row, field or choice is gone since."""
    known = fields_of(layer)
    found: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, value in stored.items():
        field = known.get(name)
        if field is None:
            errors[name] = _("This cannot be set any more.")
        elif isinstance(field, models.ForeignKey) and value is not None:
            row = find(field, value)
            if row is None:
                errors[name] = _("“%s” is no longer known here.") % str(value)[:80]
            found[name] = row
        else:
            found[name] = value
    if errors:
        raise ValidationError(errors)
    return check(layer, found)


def shown(layer: Layer, rows: Iterable[Mapping[str, Any] | None]) -> list[dict[str, Any] | None]:
    """Columns' values of several rows as JSON, related rows by their references (one query for each such table)."""
    known = fields_of(layer)
    given = list(rows)
    names: dict[str, dict[Any, str]] = {}
    for name, field in known.items():
        if isinstance(field, models.ForeignKey):
            keys = {row[name] for row in given if row and row.get(name) is not None}
            model: Any = field.related_model
            pairs = model._default_manager.filter(pk__in=keys).values_list("pk", model.reference)
            names[name] = {key: str(text or key) for key, text in pairs} if keys else {}
    return [None if row is None else _row(layer, row, names) for row in given]


def _row(layer: Layer, row: Mapping[str, Any], names: dict[str, dict[Any, str]]) -> dict[str, Any]:
    known = fields_of(layer)
    made: dict[str, Any] = {}
    for name, value in row.items():
        if name == layer.geometry:
            made[name] = geojson(GEOSGeometry(value)) if value else None
        elif name in names:
            made[name] = names[name].get(value)
        else:
            made[name] = _plain(known[name], value)
    return made


def geojson(geometry: GEOSGeometry) -> dict[str, Any]:
    """RFC 7946, without a library's own rounding."""
    return {"type": geometry.geom_type, "coordinates": geometry.coords}  # type: ignore[attr-defined]
