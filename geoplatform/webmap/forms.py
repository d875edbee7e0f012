"""The forms by which people contribute, made from the layer's declaration. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import own_field, value_of_nothing
from geoplatform.contributions.containment import holder_at, holder_layer
from geoplatform.contributions.geometry import make_point
from geoplatform.pages.fields import DegreesField, NameField, fields_of
from geoplatform.pages.names import name_of
from geoplatform.webmap import shapes

LATITUDE, LONGITUDE, SHAPE = "latitude", "longitude", "shape"
PLACE = (LATITUDE, LONGITUDE, SHAPE)


class FeatureForm(forms.Form):
    """Made by the functions below. `main` are the fields in sight, others fold away; `geometry` and `values` are what
    `submit` takes once it is valid."""

    layer: Layer
    main: tuple[str, ...] = ()
    error_css_class = "invalid"
    required_css_class = "required"

    def in_sight(self) -> list[BoundField]:
        return [self[name] for name in self.main if name in self.fields]

    def folded(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in (*self.main, *PLACE)]

    def folded_open(self) -> bool:
        """What is filled in or wrong must not hide."""
        return any(
            field.errors or field.field.has_changed(field.initial, field.value())
            for field in self.folded()
        )

    def position(self) -> list[BoundField]:
        return [self[name] for name in PLACE if name in self.fields]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if LATITUDE in data and LONGITUDE in data:
            try:
                data["geometry"] = make_point(data[LONGITUDE], data[LATITUDE])
            except ValidationError as error:
                self.add_error(LATITUDE, error)
        elif SHAPE in data:
            data["geometry"] = data[SHAPE]
            self._find_holder(data)
        return data

    def _find_holder(self, data: dict[str, Any]) -> None:
        """What a new feature lies within need not be named: its place says it."""
        name = self.layer.within
        if name is None or name not in self.fields or data.get(name) or name in self.errors:
            return
        data[name] = holder_at(self.layer, data["geometry"])
        if data[name] is None:
            self.add_error(
                SHAPE, _("This lies within none of: %s.") % holder_layer(self.layer).title
            )

    def geometry(self) -> GEOSGeometry | None:
        return self.cleaned_data.get("geometry")

    def values(self) -> dict[str, Any]:
        """Name to value of what was filled in; the model's defaults stand for the rest."""
        return {
            name: self.cleaned_data[name]
            for name in self.layer.editable
            if self.cleaned_data.get(name) not in (None, "")
        }

    def changed_values(self) -> dict[str, Any]:
        """Name to value of what is not as the form showed it at first; what was emptied holds what nothing means."""
        found = {}
        for name in self.changed_data:
            if name in self.layer.editable:
                value = self.cleaned_data.get(name)
                empty = value in (None, "")
                found[name] = value_of_nothing(own_field(self.layer, name)) if empty else value
        return found

    def refuse(self, error: ValidationError) -> None:
        """Put the errors of the model beside the fields that they are about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, messages in error.message_dict.items():
            place: str | None = name
            if name == self.layer.geometry:
                place = LATITUDE if LATITUDE in self.fields else SHAPE
            self.add_error(
                place if place in self.fields and place != NON_FIELD_ERRORS else None, messages
            )


def form_for(
    layer: Layer, data: Any = None, initial: Mapping[str, Any] | None = None
) -> FeatureForm:
    """The form of a new feature: values and place."""
    fields = dict(fields_of(layer))
    if layer.within in fields:
        fields[layer.within].required = False
        fields[layer.within].help_text = _("If you leave it empty, the place says it.")
    main = tuple(
        name
        for name, field in fields.items()
        if field.required or isinstance(field, NameField) or _is_question(layer, name)
    )
    return _made(layer, {**fields, **_place_fields(layer)}, main, data, initial)


def values_form(
    layer: Layer, data: Any = None, initial: Mapping[str, Any] | None = None
) -> FeatureForm:
    """The form that corrects values. initial: values as JSON holds them, a related row by its reference."""
    fields = dict(fields_of(layer, complete=False))
    start = {name: value for name, value in (initial or {}).items() if name in fields}
    for name, field in fields.items():
        if isinstance(field, NameField) and start.get(name):
            start[name] = name_of(field.foreign_key, start[name])
        # So that only what somebody touched is theirs, whatever has happened to the feature meanwhile.
        field.show_hidden_initial = True
        field.required = field.required and start.get(name) not in (None, "")
    return _made(layer, fields, tuple(fields), data, start)


def place_form(layer: Layer, data: Any = None, geometry: GEOSGeometry | None = None) -> FeatureForm:
    """The form that moves a point, or draws a line or area anew."""
    start: dict[str, Any] = {}
    if geometry is not None and layer.dimension == 0:
        start = {LATITUDE: round(geometry.y, 7), LONGITUDE: round(geometry.x, 7)}  # type: ignore[attr-defined]
    elif geometry is not None:
        start = {SHAPE: shapes.write(geometry)}
    return _made(layer, _place_fields(layer), (), data, start)


def _made(
    layer: Layer,
    fields: Mapping[str, forms.Field],
    main: tuple[str, ...],
    data: Any,
    initial: Mapping[str, Any] | None,
) -> FeatureForm:
    made = type("LayerForm", (FeatureForm,), {**fields, "layer": layer, "main": main})
    given = _split_pair(data) if data is not None else None
    form: FeatureForm = made(given, initial=initial, label_suffix="")
    return form


def _place_fields(layer: Layer) -> dict[str, forms.Field]:
    if layer.dimension != 0:
        field = shapes.ShapeField(
            layer=layer,
            label=gettext_lazy("Outline") if layer.dimension == 2 else gettext_lazy("Course"),
            help_text=gettext_lazy(
                "One position on each line, latitude first, such as 53.6288, 11.4148; or WKT or GeoJSON."
            ),
        )
        return {SHAPE: field}
    return {
        LATITUDE: DegreesField(
            label=gettext_lazy("Latitude"), help_text=gettext_lazy("for example 53.6288")
        ),
        LONGITUDE: DegreesField(
            label=gettext_lazy("Longitude"), help_text=gettext_lazy("for example 11.4148")
        ),
    }


def _is_question(layer: Layer, name: str) -> bool:
    """A choice that everybody can answer; what only corrects a value that comes by itself can wait."""
    corrections = {rule.own for rule in layer.model.derived}
    return bool(own_field(layer, name).choices) and name not in corrections


def _split_pair(data: Any) -> Any:
    """Both coordinates pasted into the first field are taken apart."""
    pair = shapes.PAIR.match(data.get(LATITUDE, ""))
    if not pair or data.get(LONGITUDE, "").strip():
        return data
    data = data.copy()
    data[LATITUDE], data[LONGITUDE] = pair.groups()
    return data
