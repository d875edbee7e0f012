"""Form fields from a layer's declaration: what people fill in, in their words. Works without JavaScript."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.pages import words
from geoplatform.pages.names import meant, offered, reference_of


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


def fields_of(layer: Layer, *, complete: bool = True) -> Iterator[tuple[str, forms.Field]]:
    """Name and form field of all that is editable but the geometry, in the order of the declaration.

    complete  a related row must be named, as a new feature of something unknown helps nobody; else as the model asks
    """
    for name in layer.editable:
        field: Any = layer.model._meta.get_field(name)
        if name == layer.geometry:
            continue
        if isinstance(field, models.ForeignKey):
            needed = complete or not field.null
            label = capfirst(field.verbose_name)
            yield name, NameField(layer=layer, field=field, label=label, required=needed)
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
            told = {"initial": field.default} if field.has_default() else {}
            if isinstance(field, models.URLField):
                told["assume_scheme"] = "https"
            made = field.formfield(**told)
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


def _as_strict_as_the_model(made: Any, field: Any) -> None:
    """The model's own limits, told at once with everything else and known to the browser."""
    made.validators = list(field.validators)
    for validator in field.validators:
        limit = isinstance(validator, MinValueValidator | MaxValueValidator)
        if limit and isinstance(made.widget, forms.NumberInput):
            made.widget.attrs["min" if validator.code == "min_value" else "max"] = (
                validator.limit_value
            )
