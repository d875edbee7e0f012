"""From the declaration of a layer to what the database keeps true about its table."""

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from geoplatform.catalog import registry
from geoplatform.catalog.derived import Inherited
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Feature
from geoplatform.catalog.properties import has_field, properties, resolve
from geoplatform.database.upkeep import InheritedColumn, Upkeep

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
    derived = {each[0] for each in inherited} | (
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
        territory=territory,
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
