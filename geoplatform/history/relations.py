"""How tables of features hang together: who refers to whom, what no two rows share, and which comes first."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature

Columns = tuple[str, ...]


def named_by(model: type[Feature]) -> list[tuple[str, str]]:
    """Tables and columns that refer to rows of a model, but for those that the database assigns by itself."""
    return [
        (str(field.model._meta.db_table), str(field.column))
        for other, _layer in registry.models()
        for field in other._meta.local_concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.related_model is model
        and field.remote_field.on_delete is not models.DO_NOTHING
    ]


def unique_columns(model: type[Feature]) -> list[Columns]:
    """Columns that no two rows share."""
    options = model._meta
    found: list[Columns] = [("source_id", "source_key")]
    found += [
        (str(field.column),)
        for field in options.local_concrete_fields
        if field.unique and not field.primary_key
    ]
    for each in options.constraints:
        if isinstance(each, models.UniqueConstraint) and each.fields and not each.condition:
            by_name = {field.name: str(field.column) for field in options.local_concrete_fields}
            found.append(tuple(by_name[name] for name in each.fields))
    return found


def in_order(layers: Sequence[Layer]) -> list[Layer]:
    """Layers such that what a table's rows refer to comes before it."""
    waiting, done = list(layers), list[Layer]()
    while waiting:
        left = {each.model for each in waiting}
        ready = [
            each
            for each in waiting
            if not any(
                field.related_model in left and field.related_model is not each.model
                for field in each.model._meta.local_concrete_fields
                if isinstance(field, models.ForeignKey)
            )
        ]
        done += ready or waiting[:1]
        waiting = [each for each in waiting if each not in done]
    return done
