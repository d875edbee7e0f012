"""What a reviewer fills in: other values than the proposed ones, and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from geoplatform.catalog.layer import Layer
from geoplatform.contributions.geometry import make_point
from geoplatform.contributions.texts import DISTURBING, LONGEST
from geoplatform.pages.fields import DegreesField, fields_of

LATITUDE, LONGITUDE = "latitude", "longitude"
# What is often said; stored as it was said, in the reviewer's language.
REJECTIONS = (
    _lazy("It is on the map already."),
    _lazy("It was not found on site."),
    _lazy("The place cannot be right."),
    _lazy("The present entry was checked on site and is right."),
    _lazy("It stands on private ground and the owner does not agree."),
    _lazy("The text speaks about persons or advertises something."),
    _lazy("It belongs to another layer."),
)
BLOCKS = (1, 7, 30, 90, 365)  # days


class ValuesForm(forms.Form):
    """Values and position of a feature, made by `values_form`. What is not touched here is left to the proposal."""

    layer: Layer
    error_css_class = "invalid"

    def values(self) -> dict[str, Any]:
        """Name to value (of the model's types) of what was touched."""
        return {
            name: self.cleaned_data.get(name)
            for name in self.changed_data
            if name not in (LATITUDE, LONGITUDE)
        }

    def point(self) -> GEOSGeometry | None:
        """The position, where it was touched."""
        return self.cleaned_data.get("point")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        touched = {LATITUDE, LONGITUDE} & set(self.changed_data)
        if touched and LATITUDE in data and LONGITUDE in data:
            try:
                data["point"] = make_point(data[LONGITUDE], data[LATITUDE])
            except ValidationError as error:
                self.add_error(LATITUDE, error)
        return data

    def own(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in (LATITUDE, LONGITUDE)]

    def position(self) -> list[BoundField]:
        return [self[name] for name in (LATITUDE, LONGITUDE) if name in self.fields]

    def refuse(self, error: ValidationError) -> list[str]:
        """Put messages beside the fields that they are about; gives those that have none here."""
        if not hasattr(error, "error_dict"):
            return list(error.messages)
        others: list[str] = []
        for name, messages in error.message_dict.items():
            place = LATITUDE if name == self.layer.geometry else name
            if place in self.fields:
                self.add_error(place, messages)
            else:
                others += messages
        return others


def values_form(layer: Layer, initial: Mapping[str, Any], data: Any = None) -> ValuesForm:
    """A form over all that is editable. initial: values as JSON holds them, a related row by its reference.

    Each field carries what it showed at first, so that only what the reviewer touched is theirs, whatever has
    happened to the feature meanwhile.
    """
    fields = dict(fields_of(layer, complete=False))
    start = {name: value for name, value in initial.items() if name != layer.geometry}
    place = initial.get(layer.geometry or "")
    if layer.dimension == 0 and place:
        fields[LATITUDE] = DegreesField(label=_("Latitude"))
        fields[LONGITUDE] = DegreesField(label=_("Longitude"))
        longitude, latitude = place["coordinates"][:2]
        start |= {LATITUDE: str(round(latitude, 7)), LONGITUDE: str(round(longitude, 7))}
    for name, field in fields.items():
        field.show_hidden_initial = True
        # What stood there before may be older than today's rules, and is not asked for here.
        field.required = field.required and start.get(name) not in (None, "")
    made = type("LayerValuesForm", (ValuesForm,), {**fields, "layer": layer})
    form: ValuesForm = made(data, initial=start, label_suffix="", prefix="v")
    return form


def reason_of(data: Mapping[str, Any]) -> str:
    """What was chosen from the list and what was written, as one text."""
    chosen = str(data.get("template", ""))
    known = {str(each) for each in REJECTIONS}
    parts = [chosen if chosen in known else "", str(data.get("reason", "")).strip()]
    return " ".join(part for part in parts if part)


def written(data: Mapping[str, Any], name: str) -> str:
    """A text that somebody wrote, for services that take it as it is. Raises ValidationError for what no text holds."""
    text = str(data.get(name, "")).strip()
    if len(text) > LONGEST or DISTURBING.search(text):
        raise ValidationError(_("This text is too long, or holds a character that cannot be seen."))
    return text
