"""What people say about a feature without changing it: that it is still there, ripe, gone, here twice, private."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.seasons import HalfMonths
from geoplatform.contributions.models import Kind
from geoplatform.contributions.texts import LONGEST
from geoplatform.webmap.forms import FeatureForm
from geoplatform.webmap.neighbours import Neighbour

REPORTED = {
    Kind.GONE: _("It is gone"),
    Kind.DUPLICATE: _("It is on the map twice"),
    Kind.PRIVATE: _("It is private and should not be shown"),
    Kind.WRONG_PLACE: _("It stands elsewhere, and I do not know exactly where"),
    Kind.OTHER: _("Something else"),
}


class ReportForm(FeatureForm):
    """`said()` is what `submit` takes."""

    main = ("kind", "duplicate_of", "reason")

    kind = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=list(REPORTED.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what is wrong.")},
    )
    reason = forms.CharField(
        label=_("What did you see?"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody can read this. Please write nothing about persons."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if (
            data.get("kind") == Kind.OTHER
            and not data.get("reason")
            and "reason" not in self.errors
        ):
            self.add_error("reason", str(_("Please say what it is.")))
        return data

    def said(self) -> dict[str, Any]:
        kind = self.cleaned_data["kind"]
        other = self.cleaned_data.get("duplicate_of") if kind == Kind.DUPLICATE else None
        return {
            "kind": kind,
            "reason": self.cleaned_data["reason"],
            "duplicate_of": uuid.UUID(other) if other else None,
        }


def report_form(layer: Layer, near: list[Neighbour], data: Any, kind: str = "") -> ReportForm:
    """near: the features of which it may be a second entry."""
    fields: dict[str, Any] = {"layer": layer}
    if near:
        fields["duplicate_of"] = forms.ChoiceField(
            label=_("Which one stays?"),
            required=False,
            choices=[("", _("I do not know")), *[(str(each.id), each.words) for each in near]],
            help_text=_("If it is on the map twice: the entry that it is the same as."),
        )
    made = type("LayerReportForm", (ReportForm,), fields)
    form: ReportForm = made(data, initial={"kind": kind}, label_suffix="")
    return form


def nothing(layer: Layer, data: Any) -> FeatureForm:
    """A form without fields, for what is said by a press alone."""
    form: FeatureForm = type("Nothing", (FeatureForm,), {"layer": layer})(data)
    return form


def confirmations(layer: Layer) -> list[tuple[str, Any]]:
    """What may be confirmed of a layer's features: that they are ripe only where there is a season."""
    found = [(Kind.STILL_THERE.value, _("It is still there"))]
    if any(isinstance(each, HalfMonths) for each in layer.model._meta.local_fields):
        found.append((Kind.RIPE.value, _("It is ripe today")))
    return found
