"""The form by which people add a point, made from the layer's declaration. Works without JavaScript."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import own_field
from geoplatform.contributions.geometry import make_point
from geoplatform.pages.fields import DegreesField, NameField, fields_of

LATITUDE, LONGITUDE = "latitude", "longitude"
PAIR = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)(?:\s*[;/ ]\s*|,\s+)(-?\d+(?:[.,]\d+)?)\s*$")


class FeatureForm(forms.Form):
    """Made by `form_for`. `layer` and `main` (the fields in sight, the others fold away) come with it."""

    layer: Layer
    main: tuple[str, ...]
    error_css_class = "invalid"
    required_css_class = "required"

    def in_sight(self) -> list[BoundField]:
        return [self[name] for name in self.main]

    def folded(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in (*self.main, LATITUDE, LONGITUDE)]

    def folded_open(self) -> bool:
        """What is filled in or wrong must not hide."""
        return any(
            field.errors or field.field.has_changed(field.initial, field.value())
            for field in self.folded()
        )

    def position(self) -> list[BoundField]:
        return [self[LATITUDE], self[LONGITUDE]]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if LATITUDE in data and LONGITUDE in data:
            try:
                data["point"] = make_point(data[LONGITUDE], data[LATITUDE])
            except ValidationError as error:
                self.add_error(LATITUDE, error)
        return data

    def values(self) -> dict[str, Any]:
        """Name to value of what was filled in; the model's defaults stand for the rest."""
        return {
            name: self.cleaned_data[name]
            for name in self.fields
            if name in self.layer.editable and self.cleaned_data.get(name) not in (None, "")
        }

    def refuse(self, error: ValidationError) -> None:
        """Put the errors of the model beside the fields that they are about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, messages in error.message_dict.items():
            place: str | None = LATITUDE if name == self.layer.geometry else name
            self.add_error(
                place if place in self.fields and place != NON_FIELD_ERRORS else None, messages
            )


def form_for(layer: Layer, *args: Any, **kwargs: Any) -> FeatureForm:
    """An instance of the form of a layer."""
    fields = dict(fields_of(layer))
    degrees = {
        LATITUDE: DegreesField(
            label=gettext_lazy("Latitude"), help_text=gettext_lazy("for example 53.6288")
        ),
        LONGITUDE: DegreesField(
            label=gettext_lazy("Longitude"), help_text=gettext_lazy("for example 11.4148")
        ),
    }
    main = tuple(
        name
        for name, field in fields.items()
        if field.required or isinstance(field, NameField) or _is_question(layer, name)
    )
    made = type("LayerForm", (FeatureForm,), {**fields, **degrees, "layer": layer, "main": main})
    data = args[0] if args else None
    if data is not None:
        args = (_split_pair(data), *args[1:])
    form: FeatureForm = made(*args, label_suffix="", **kwargs)
    return form


def _is_question(layer: Layer, name: str) -> bool:
    """A choice that everybody can answer; what only corrects a value that comes by itself can wait."""
    corrections = {rule.own for rule in layer.model.derived}
    return bool(own_field(layer, name).choices) and name not in corrections


def _split_pair(data: Any) -> Any:
    """Both coordinates pasted into the first field are taken apart."""
    pair = PAIR.match(data.get(LATITUDE, ""))
    if not pair or data.get(LONGITUDE, "").strip():
        return data
    data = data.copy()
    data[LATITUDE], data[LONGITUDE] = pair.groups()
    return data
