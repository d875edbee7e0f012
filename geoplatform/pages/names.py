"""Names of rows in related tables: what a form offers, and what people may type instead."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any

from django.core.cache import cache
from django.db import models
from django.utils.translation import get_language

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows

SECONDS = 60
# The public property that holds a row's name in a language.
BY_LANGUAGE = {"de": "german_name", "en": "english_name"}


LABEL = "*"  # under which a row's own label stands: no property is called so


def _rows(field: models.ForeignKey[Any, Any]) -> list[dict[str, Any]]:
    key = f"pages:names:{field.model.__name__}:{field.name}"
    found: list[dict[str, Any]] | None = cache.get(key)
    if found is None:
        layer = next(layer for model, layer in registry.models() if model is field.related_model)
        found = [
            row["properties"] | {"id": row["id"], LABEL: row["properties"].get(layer.label or "")}
            for row in rows(FeatureQuery(layer=layer, limit=20_000))
        ]
        cache.set(key, found, SECONDS)
    return found


def _name(row: dict[str, Any]) -> str:
    """The row's name in the reader's language, else what its layer is labelled by."""
    return str(row.get(BY_LANGUAGE.get(get_language() or "", "")) or row.get(LABEL) or "")


def reference_of(field: models.ForeignKey[Any, Any]) -> str:
    """The public property that tells the rows apart: the model's reference where it is public, else the id."""
    model: Any = field.related_model
    layer = next(layer for each, layer in registry.models() if each is model)
    return str(model.reference) if model.reference in property_by_name(layer) else "id"


def _full(row: dict[str, Any], reference: str) -> str:
    name = _name(row)
    if reference == "id":  # which says nothing to anybody
        return name or str(row["id"])
    return f"{name} ({row[reference]})" if name else str(row[reference])


def name_of(field: models.ForeignKey[Any, Any], value: Any) -> str:
    """The name of a row that is given by its model's reference, as a form shows it and `meant` understands it."""
    found = find(field, value)
    if found is None:
        return str(value)
    reference = reference_of(field)
    if reference != "id":
        return str(value)
    row = next((each for each in _rows(field) if str(each["id"]) == str(found.pk)), None)
    name = _full(row, reference) if row else ""
    return name if len(_named(_rows(field), reference, name)) == 1 else str(found.pk)


def find(field: models.ForeignKey[Any, Any], value: Any) -> Any:
    """The row of a related table by its model's reference, or by its id where it has none; None: gone."""
    model: Any = field.related_model
    found = model._default_manager.filter(**{model.reference: value}).first() if value else None
    if found is None:
        with suppress(ValueError):
            found = model._default_manager.filter(pk=uuid.UUID(str(value))).first()
    return found


def offered(layer: Layer, field: models.ForeignKey[Any, Any]) -> list[str]:
    """The names to choose from: of those rows alone that put a feature into this layer."""
    reference = reference_of(field)
    told = (row for row in _fitting(layer, field) if reference != "id" or _name(row))
    return sorted({_full(row, reference) for row in told}, key=_folded)


def _fitting(layer: Layer, field: models.ForeignKey[Any, Any]) -> list[dict[str, Any]]:
    conditions = _conditions(layer, field)
    return [
        row
        for row in _rows(field)
        if all(row.get(name) == value for name, value in conditions.items())
    ]


def _folded(name: str) -> str:
    """In the order of a German dictionary (DIN 5007-1): umlauts stand with their vowels."""
    return name.casefold().translate(str.maketrans("äöü", "aou"))


def _conditions(layer: Layer, field: models.ForeignKey[Any, Any]) -> dict[str, Any]:
    """`where=Q(edible=True)`, where `edible` is inherited from `species__edible`: {"edible": True} of the species."""
    wanted: dict[str, Any] = dict(
        child for child in (layer.where.children if layer.where else []) if isinstance(child, tuple)
    )
    found = {}
    for rule in layer.model.derived:
        table, _dot, column = rule.path.partition("__")
        if table == field.name and rule.field in wanted:
            found[column] = wanted[rule.field]
    return found


def meant(layer: Layer, field: models.ForeignKey[Any, Any], text: str) -> set[str]:
    """The references of the rows that a name in any language may mean: of all rows only if none on offer fits."""
    reference = reference_of(field)
    return _named(_fitting(layer, field), reference, text) or _named(_rows(field), reference, text)


def _named(rows: list[dict[str, Any]], reference: str, text: str) -> set[str]:
    wanted, found = text.casefold(), set()
    for row in rows:
        key = str(row[reference])
        names = {str(row[column]) for column in (*BY_LANGUAGE.values(), LABEL) if row.get(column)}
        if wanted in {name.casefold() for name in (key, *names, *(f"{n} ({key})" for n in names))}:
            found.add(key)
    return found
