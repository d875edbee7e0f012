"""djangorestframework-gis serializers made from a layer's declaration: they validate what is sent, and nothing else.

Collections are read past them, as bytes that PostGIS made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import models
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.relations import SlugRelatedField
from rest_framework_gis.fields import GeometryField
from rest_framework_gis.serializers import GeoFeatureModelSerializer

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import own_field, property_by_name, value_of_nothing
from geoplatform.contributions.geometry import parse_geometry
from geoplatform.services.problems import Problem


class GuardedGeometry(GeometryField):
    """A geometry that is looked at before GEOS parses it."""

    layer: Layer

    def to_internal_value(self, value: Any) -> Any:
        try:
            return parse_geometry(value, self.layer)
        except ModelError as error:
            raise ValidationError(error.messages) from error


class NamedRow(SlugRelatedField):
    """A row of another table by its reference, or by the name under which features show it."""

    shown: str = ""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            if not self.shown or self.shown == self.slug_field or not isinstance(data, str):
                raise
        queryset: Any = self.get_queryset()
        found = list(queryset.filter(**{self.shown: data})[:2])
        if len(found) == 1:
            return found[0]
        message = _("“%s” is the name of several.") if found else _("“%s” is not known here.")
        raise ValidationError(message % data[:80])


def _row_field(layer: Layer, name: str, field: Any) -> NamedRow:
    made = NamedRow(
        slug_field=str(field.related_model.reference),
        queryset=field.related_model._default_manager.all(),
        required=not field.null,
        allow_null=field.null,
    )
    public = property_by_name(layer).get(name)
    made.shown = public.path.partition("__")[2] if public else ""
    return made


@lru_cache(maxsize=500)
def serializer_of(layer: Layer, names: tuple[str, ...]) -> GeoFeatureModelSerializer:
    """Of these editable fields and the geometry, related rows by the name people know.

    Without data of its own, so that one serves all requests: a field costs more to make than to validate.
    """
    related: dict[str, Any] = {
        name: _row_field(layer, name, field)
        for name in names
        if isinstance(field := layer.model._meta.get_field(name), models.ForeignKey)
    }
    # A class of its own, since serializers copy their fields without further attributes.
    geometry = type("LayerGeometry", (GuardedGeometry,), {"layer": layer})
    meta: dict[str, Any] = {
        "model": layer.model,
        "geo_field": layer.geometry,
        "id_field": None,
        "fields": (*names, layer.geometry),
        # What rules hold between fields is for the services and the database to say.
        "validators": [],
    }
    body = {"Meta": type("Meta", (), meta), str(layer.geometry): geometry(), **related}
    kind = type(f"{layer.model.__name__}Serializer", (GeoFeatureModelSerializer,), body)
    return kind(partial=True)


def validated(layer: Layer, properties: Mapping[str, Any], *geometry: Any) -> dict[str, Any]:
    """Values of the model's types, the geometry under its field's name, of properties that were sent.

    Raises DRF's ValidationError with messages by field. What is missing is for the services to say.
    """
    document = {"type": "Feature", "properties": dict(properties)}
    if geometry:
        document["geometry"] = geometry[0]
    names = tuple(name for name in layer.editable if name in properties)
    return dict(serializer_of(layer, names).run_validation(document))


def editable_only(layer: Layer, properties: Any) -> dict[str, Any]:
    """Known properties that may be set. Read-only ones are left aside: clients send back what they read."""
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise Problem(400, _("The properties of a feature are an object."))
    unknown = sorted(set(properties) - set(layer.editable) - set(property_by_name(layer)))
    if unknown:
        raise ValidationError(
            {name[:80]: [_("This property is not known.")] for name in unknown[:20]}
        )
    return {
        name: value
        for name, value in properties.items()
        if name in layer.editable and name != layer.geometry
    }


def without(layer: Layer, name: str) -> Any:
    """What a property holds when nothing is said about it. Raises DRF's ValidationError where something must be."""
    try:
        return value_of_nothing(own_field(layer, name))
    except LookupError:
        raise ValidationError({name: [_("This is needed.")]}) from None


def emptied(layer: Layer, properties: Mapping[str, Any]) -> dict[str, Any]:
    """With null turned into what the field holds without a value: clients send it for every empty cell."""
    return {
        name: without(layer, name) if value is None else value for name, value in properties.items()
    }
