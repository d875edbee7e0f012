"""The form by which people add a point, made from the layer's declaration. Works without JavaScript."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.forms.boundfield import BoundField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.geometry import make_point
from geoplatform.pages import words
from geoplatform.webmap.names import meant, offered, reference_of

LATITUDE, LONGITUDE = "latitude", "longitude"
PAIR = re.compile(r"^\s*(-?\d+(?:[.,]\d+)?)(?:\s*[;/ ]\s*|,\s+)(-?\d+(?:[.,]\d+)?)\s*$")


class DegreesField(forms.CharField):
    """Decimal degrees, with a point or a comma."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 40}
        )
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> float:
        text = super().clean(value)
        try:
            number = float(text.strip().rstrip("°").replace(",", "."))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValidationError(_("Please give decimal degrees, such as 53.6288."))
        return number


class NameField(forms.CharField):
    """A row of another table by any of its names; the browser offers those that fit."""

    def __init__(self, *, layer: Layer, field: models.ForeignKey[Any, Any], **kwargs: Any) -> None:
        self.layer, self.foreign_key = layer, field
        self.list_id = f"{field.name}-names"
        widget = forms.TextInput(
            attrs={"list": self.list_id, "autocomplete": "off", "maxlength": 200}
        )
        super().__init__(widget=widget, **kwargs)

    @property
    def options(self) -> list[str]:
        return offered(self.layer, self.foreign_key)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text:
            return None
        model: Any = self.foreign_key.related_model
        match list(meant(self.layer, self.foreign_key, text)):
            case [reference]:
                return model._default_manager.get(**{reference_of(self.foreign_key): reference})
            case []:
                raise ValidationError(
                    _("“%s” is not known here. Please choose a name from the list.") % text[:80]
                )
        raise ValidationError(
            _("“%s” is the name of several. Please choose one from the list.") % text[:80]
        )


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
    fields = dict(_fields(layer))
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


def _as_strict_as_the_model(made: Any, field: Any) -> None:
    """The model's own limits, told at once with everything else and known to the browser."""
    made.validators = list(field.validators)
    for validator in field.validators:
        limit = isinstance(validator, MinValueValidator | MaxValueValidator)
        if limit and isinstance(made.widget, forms.NumberInput):
            made.widget.attrs["min" if validator.code == "min_value" else "max"] = (
                validator.limit_value
            )


def _is_question(layer: Layer, name: str) -> bool:
    """A choice that everybody can answer; what only corrects a value that comes by itself can wait."""
    corrections = {rule.own for rule in layer.model.derived}
    return bool(layer.model._meta.get_field(name).choices) and name not in corrections  # type: ignore[union-attr]


def _fields(layer: Layer) -> Iterator[tuple[str, forms.Field]]:
    for name in layer.editable:
        field: Any = layer.model._meta.get_field(name)
        if name == layer.geometry:
            continue
        if isinstance(field, models.ForeignKey):
            # A point of something unknown helps nobody: what the layer's other fields hang on is asked for.
            label = capfirst(field.verbose_name)
            yield name, NameField(layer=layer, field=field, label=label, required=True)
        elif words.is_half_month(field):
            choices = [("", "–"), *words.half_month_choices()]
            yield (
                name,
                forms.TypedChoiceField(
                    label=capfirst(field.verbose_name),
                    choices=choices,
                    coerce=float,
                    empty_value=None,
                    required=False,
                ),
            )
        else:
            made = field.formfield(**({"initial": field.default} if field.has_default() else {}))
            if isinstance(field, models.TextField):
                made.widget.attrs["rows"] = 3
            if isinstance(made, forms.FloatField):
                made.localize, made.widget = (
                    True,
                    forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
                )
            if isinstance(made, forms.TypedChoiceField) and not made.required:
                made.choices = [("", _("not known")), *[each for each in field.choices if each[0]]]
            if isinstance(field, models.IntegerField | models.FloatField):
                _as_strict_as_the_model(made, field)
            made.required = made.required and not field.has_default()
            yield name, made


def _split_pair(data: Any) -> Any:
    """Both coordinates pasted into the first field are taken apart."""
    pair = PAIR.match(data.get(LATITUDE, ""))
    if not pair or data.get(LONGITUDE, "").strip():
        return data
    data = data.copy()
    data[LATITUDE], data[LONGITUDE] = pair.groups()
    return data
