"""From the declaration of a layer to what the database keeps true about its table."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, models
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.derived import Counted, Inherited
from geoplatform.catalog.facets import Value, drawn, facets, first_level, has_pyramid
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.properties import has_field, properties, resolve, searched_properties
from geoplatform.database.upkeep import Counting, InheritedColumn, Upkeep
from geoplatform.history.edits import shown_tables

# Kept by the database itself, so no part of what a version says.
KEPT = {"id", "fid", "created", "changed", "version"}


def attach_to_all_models() -> None:
    """Add the constraint to each model, so that migrations install and update its triggers."""
    for model, layer in registry.models():
        attach(model, layer)


def attach(model: type[Feature], layer: Layer) -> None:
    """Add the upkeep of one model; done once."""
    if any(isinstance(each, Upkeep) for each in model._meta.constraints):
        return
    model._meta.constraints = [*model._meta.constraints, upkeep_of(layer)]
    # Migrations read only options that the model's Meta named.
    model._meta.original_attrs["constraints"] = model._meta.constraints


def upkeep_of(layer: Layer) -> Upkeep:
    """What the declaration asks the database to keep."""
    options = layer.model._meta
    inherited = [_inherited(layer, rule) for rule in layer.model.derived]
    # A quarter states its municipality itself; everything else is assigned by place.
    territory = (
        has_field(layer, "municipality") and has_field(layer, "quarter") and bool(layer.geometry)
    )
    counted = [_counted(layer, rule) for rule in layer.model.counted]
    derived = {each[0] for each in (*inherited, *counted)} | (
        {"municipality_id", "quarter_id"} if territory else set()
    )
    roles = ("municipality", "quarter")
    return Upkeep(
        name=f"{options.db_table}_upkeep",
        versioned=[
            str(field.column)
            for field in options.local_concrete_fields
            if field.name not in KEPT
            and field.column not in derived
            and not isinstance(field, models.GeneratedField)
        ],
        geometry=layer.geometry,
        geometry_type=layer.geometry_type,
        inherited=inherited,
        counted=counted,
        territory=territory,
        texts=[str(field.column) for field in free_texts(layer.model)],
        references=[
            (field.column, field.related_model._meta.db_table)
            for field in options.local_concrete_fields
            if isinstance(field, models.ForeignKey)
            and not field.db_constraint  # type: ignore[attr-defined]
            # Of these the database takes care in another way: a quarter's features are assigned anew.
            and field.remote_field.on_delete is not models.DO_NOTHING
        ],
        role=layer.role if layer.role in roles else None,
        role_tables=[registry.by_role(role).model._meta.db_table for role in roles]
        if layer.role in roles
        else (),
        layers=[each.name for each in registry.layers() if each.model is layer.model],
        shown_elsewhere=any(
            each.foreign_key is not None and each.foreign_key.related_model is layer.model
            for other in registry.layers()
            for each in properties(other)
        ),
        pyramid=pyramid_of(layer.model),
        shows=_shows_without_upkeep(layer.model),
        names=_names(layer.model),
    )


def free_texts(model: type[Feature]) -> list[models.Field[Any, Any]]:
    """Fields into which people write what they like, so that somebody's name or number may stand in them."""
    return [
        field
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and not field.unique
        and field.name not in KEPT
        and field.name != "source_key"
    ]


def _names(model: type[Feature]) -> list[str]:
    """Columns of the names by which a table's layers are searched; one index serves all of them."""
    layers = [each for each in registry.declared() if each.model is model]
    columns = [str(each.field.column) for layer in layers for each in searched_properties(layer)]
    return list(dict.fromkeys(columns))


def pyramid_of(model: type[Feature]) -> dict[str, Any]:
    """What the pyramids of a model's point layers know of a row; empty where it has none."""
    chosen = [each for each in registry.declared() if each.model is model and has_pyramid(each)]
    values: dict[str, Value] = {}
    layers = []
    for layer in chosen:
        symbol, status = drawn(layer)
        for value in (symbol, status, *(each.value for each in facets(layer))):
            if value:
                values.setdefault(value.name, value)
        layers.append(
            (
                layer.name,
                first_level(layer),
                condition(layer),
                symbol.name if symbol else None,
                tuple((each.name, each.value.name) for each in facets(layer)),
            )
        )
    if not layers:
        return {}
    told = [(v.name, v.kind, v.column, *(v.related or (None, None))) for v in values.values()]
    return {"values": tuple(told), "layers": tuple(layers)}


def condition(layer: Layer) -> str | None:
    """`Layer.where` as SQL over a row, its columns named by their table."""
    return None if layer.where is None else _sql(layer.model, layer.where)


def _sql(model: type[models.Model], where: models.Q) -> str:
    query = model._base_manager.filter(where).query
    text, parameters = query.where.as_sql(query.get_compiler(connection=connection), connection)
    plain = [each.value if isinstance(each, Enum) else each for each in parameters]
    return text % tuple(sql.Literal(each).as_string(None) for each in plain)


def _shows_without_upkeep(model: type[Feature]) -> list[str]:
    kept = {each._meta.db_table for each, _layer in registry.models()}
    shown = {
        table
        for layer in registry.layers()
        if layer.model is model
        for table in shown_tables(layer)
    }
    return sorted(shown - kept)


def _counted(layer: Layer, rule: Counted) -> Counting:
    relation: Any = layer.model._meta.get_field(rule.rows)
    rows = relation.related_model
    return (
        str(resolve(layer, rule.field).field.column),
        rows._meta.db_table,
        str(relation.field.column),
        _sql(rows, rule.where),
    )


def _inherited(layer: Layer, rule: Inherited) -> InheritedColumn:
    source = resolve(layer, rule.path)
    if source.foreign_key is None:
        raise ImproperlyConfigured(f"{layer.name}: {rule.path} must follow a foreign key")
    return (
        str(resolve(layer, rule.field).field.column),
        str(resolve(layer, rule.own).field.column),
        source.foreign_key.column,
        source.field.model._meta.db_table,
        str(source.field.column),
    )
