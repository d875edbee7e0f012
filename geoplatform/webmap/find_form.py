"""The form that narrows a layer down. Sent without JavaScript it leads to the address of a view (find.py), which holds
one filter in CQL2; shown again it is filled in from that filter.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.errors import QueryError
from geoplatform.query.search import LONGEST, search
from geoplatform.webmap.find import Place, View, parse_place, write_place
from geoplatform.webmap.questions import Question, questions
from geoplatform.webmap.shapes import PAIR

METRES = (250, 500, 1000, 2000, 5000)
# No property is called like these.
NEAR, PLACE, WITHIN = "near", "place-name", "within-m"


class PlaceField(forms.CharField):
    """A quarter, a street, anything with a name, or latitude and longitude; becomes a place."""

    def clean(self, value: Any) -> Place | None:
        text = super().clean(value).strip()
        if not text:
            return None
        if pair := PAIR.match(text):
            latitude, longitude = (each.replace(",", ".") for each in pair.groups())
            try:
                return parse_place(f"{longitude},{latitude}")
            except QueryError as error:
                raise ValidationError(str(error)) from None
        for hits in search(text):
            for hit in hits.hits:
                if hit.longitude is not None and hit.latitude is not None:
                    return hit.longitude, hit.latitude
        raise ValidationError(_("Nothing here is called “%s”.") % text[:80])


class FindForm(forms.Form):
    """Made by `find_form`."""

    layer: Layer
    asked: tuple[Question, ...]
    other = ""  # a filter that this form cannot say, as text
    error_css_class = "invalid"

    def in_order(self) -> list[dict[str, Any]]:
        """The questions with their fields, for the template."""
        return [
            {"kind": each.kind, "fields": [self[name] for name in each.fields()]}
            for each in self.asked
        ]

    @property
    def place(self) -> str:
        """The place that the form is already about, as people write it: latitude first."""
        near = self[NEAR].value() or ""
        return ", ".join(reversed(near.split(","))) if near and not self.errors.get(NEAR) else ""

    def near(self) -> BoundField:
        return self[NEAR]

    def place_fields(self) -> list[BoundField]:
        return [self[PLACE], self[WITHIN]]

    def said(self) -> list[str]:
        """The filter in words, part by part."""
        if self.other:
            return [self.other]
        found = [each.says(self.initial) for each in self.asked]
        if self.initial.get(WITHIN):
            found.append(f"{self.fields[WITHIN].label} {_metres(self.initial[WITHIN])}")
        return [each for each in found if each]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get(WITHIN) and not self._place() and PLACE not in self.errors:
            self.add_error(PLACE, _("Within this distance of which place?"))
        return data

    def _place(self) -> Place | None:
        return self.cleaned_data.get(PLACE) or self.cleaned_data.get(NEAR)

    def view(self) -> View:
        """What was asked for. Only of a form that is valid."""
        place = self._place()
        conditions = [each.condition(self.cleaned_data) for each in self.asked]
        if place and self.cleaned_data.get(WITHIN):
            # As the address writes it, so that the form knows it again.
            longitude, latitude = write_place(place).split(",")
            conditions.append(
                f"S_DWITHIN(geometry, POINT({longitude} {latitude}), {self.cleaned_data[WITHIN]})"
            )
        text = " AND ".join(filter(None, conditions))
        return View(self.layer, text, parse_filter(text, layer=self.layer) if text else None, place)


class NearField(forms.CharField):
    """The place of a view: `longitude,latitude`."""

    def clean(self, value: Any) -> Place | None:
        text = super().clean(value).strip()
        try:
            return parse_place(text) if text else None
        except QueryError as error:
            raise ValidationError(str(error)) from None


def find_form(layer: Layer, *args: Any, **kwargs: Any) -> FindForm:
    """An instance of the form of a layer."""
    asked = tuple(questions(layer))
    fields: dict[str, forms.Field] = {}
    for each in asked:
        fields |= each.fields()
    fields[NEAR] = NearField(required=False, widget=forms.HiddenInput)
    fields[PLACE] = PlaceField(
        label=_("Near which place?"),
        required=False,
        max_length=LONGEST,
        help_text=_("A quarter, a street, a park; or latitude and longitude."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": LONGEST}),
    )
    fields[WITHIN] = forms.TypedChoiceField(
        label=_("How far from there?"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("any distance, the nearest first")),
            *((each, _metres(each)) for each in METRES),
        ],
    )
    made = type("LayerFindForm", (FindForm,), {**fields, "layer": layer, "asked": asked})
    form: FindForm = made(*args, label_suffix="", auto_id="find-%s", **kwargs)
    return form


def _metres(number: int) -> str:
    if number < 1000:
        return _("at most %(number)s m") % {"number": number}
    return _("at most %(number)s km") % {"number": number_format(number // 1000)}


def filled(view: View) -> FindForm:
    """The form as it would say this view; what it cannot say is in `other`."""
    answers: dict[str, Any] = {NEAR: write_place(view.near) if view.near else ""}
    form = find_form(view.layer, initial=answers)
    other = False
    for node in _parts(view.filter.tree) if view.filter else ():
        said = _read(form, view, node)
        other = other or said is None or bool(said.keys() & (answers.keys() - {NEAR}))
        answers |= said or {}
    if other:
        form = find_form(view.layer, initial={NEAR: answers[NEAR]})
        form.other = view.text
        return form
    return find_form(view.layer, initial=answers)


def _parts(tree: Any) -> list[Any]:
    match tree:
        case {"op": str(op), "args": list(args)} if op.lower() == "and":
            return [part for each in args for part in _parts(each)]
    return [tree]


def _read(form: FindForm, view: View, node: Any) -> dict[str, Any] | None:
    for each in form.asked:
        said = each.read(node)
        if said is not None:
            return said
    match node:
        case {
            "op": str(op),
            "args": [{"property": "geometry"}, {"type": "Point", "coordinates": [x, y]}, metres],
        } if op.lower() == "s_dwithin" and metres in METRES:
            place = write_place((x, y))
            if view.near is None or write_place(view.near) == place:
                return {NEAR: place, WITHIN: int(metres)}
    return None
