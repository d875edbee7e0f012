"""The public properties of a layer: name, type, label and where each is read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from geoplatform.catalog.layer import Layer, Related

# What all features carry and show, where the model has it.
COMMON: tuple[str | Related, ...] = (
    "status",
    Related("municipality", "municipality__ags"),
    Related("quarter", "quarter__name"),
    Related("source", "source__title"),
    "licence",
    "last_confirmed",
    "changed",
    "version",
)

# JSON Schema type and format by Django field (OGC 23-058r2, 7: returnables and queryables are JSON Schema).
JSON_TYPES: tuple[tuple[type[models.Field], str, str | None], ...] = (
    (models.BooleanField, "boolean", None),
    (models.IntegerField, "integer", None),
    (models.FloatField, "number", None),
    (models.DecimalField, "number", None),
    (models.DateTimeField, "string", "date-time"),
    (models.DateField, "string", "date"),
    (models.UUIDField, "string", "uuid"),
    (models.URLField, "string", "uri"),
)


@dataclass(frozen=True)
class Property:
    """One public property. `path` is the model field, or `foreign key__field` in the table that it points to."""

    name: str
    path: str
    field: models.Field[Any, Any]
    foreign_key: models.ForeignKey[Any, Any] | None

    @property
    def title(self) -> Any:
        """Label for people: a property called like its foreign key stands for the related row as a whole."""
        if self.foreign_key is not None and self.foreign_key.name == self.name:
            return self.foreign_key.verbose_name
        return self.field.verbose_name

    @property
    def json_type(self) -> str:
        return self._json()[0]

    @property
    def format(self) -> str | None:
        return self._json()[1]

    def _json(self) -> tuple[str, str | None]:
        for kind, name, form in JSON_TYPES:
            if isinstance(self.field, kind):
                return name, form
        return "string", None

    @property
    def choices(self) -> list[tuple[Any, Any]]:
        return list(self.field.flatchoices or [])


def resolve(layer: Layer, entry: str | Related) -> Property:
    """The property that an entry of `public` means. Raises FieldDoesNotExist."""
    name, path = (entry.name, entry.path) if isinstance(entry, Related) else (entry, entry)
    first, _, second = path.partition("__")
    field = layer.model._meta.get_field(first)
    if not second:
        if isinstance(field, models.ForeignKey):
            raise FieldDoesNotExist(f"{first} is a foreign key: use Related({name!r}, ...)")
        return Property(name, path, field, None)  # type: ignore[arg-type]
    if not isinstance(field, models.ForeignKey):
        raise FieldDoesNotExist(f"{first} is no foreign key")
    target: Any = field.related_model
    return Property(name, path, target._meta.get_field(second), field)


def own_field(layer: Layer, name: str) -> models.Field[Any, Any]:
    """A field of the layer's model, foreign keys included. Raises FieldDoesNotExist."""
    found = layer.model._meta.get_field(name)
    if not isinstance(found, models.Field):
        raise FieldDoesNotExist(f"{name} is a relation from elsewhere")
    return found


def value_of_nothing(field: models.Field[Any, Any]) -> Any:
    """What a field holds when nothing is said: null, its default, empty text. Raises LookupError if it must say."""
    if field.null:
        return None
    if field.has_default():
        return field.get_default()
    if field.blank and field.empty_strings_allowed:
        return ""
    raise LookupError(field.name)


def has_field(layer: Layer, path: str) -> bool:
    name = path.partition("__")[0]
    try:
        return layer.model._meta.get_field(name) is not None
    except FieldDoesNotExist:
        return False


@cache
def properties(layer: Layer) -> tuple[Property, ...]:
    """All public properties of a layer, its own first."""
    common = [
        entry
        for entry in COMMON
        if has_field(layer, entry.path if isinstance(entry, Related) else entry)
    ]
    return tuple(resolve(layer, entry) for entry in (*layer.public, *common))


@cache
def searched_properties(layer: Layer) -> tuple[Property, ...]:
    """The texts of its own that a feature is searched by: its label and the layer's other `names`."""
    known = property_by_name(layer)
    wanted = [known[name] for name in (layer.label, *layer.names) if name in known]
    return tuple(
        each
        for each in wanted
        if each.foreign_key is None
        and isinstance(each.field, models.CharField | models.TextField)
        and not each.choices
    )


def property_by_name(layer: Layer) -> dict[str, Property]:
    """The allow-list: what is not in here is neither shown nor searchable."""
    return {each.name: each for each in properties(layer)}
