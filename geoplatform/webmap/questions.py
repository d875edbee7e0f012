"""What people can ask of a layer, as the form puts it, from the layer's declaration alone: its facets, its choices,
what is counted, its quarters. Each question writes one condition in CQL2 and reads it back from a filter's tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.catalog import registry, seasons
from geoplatform.catalog.facets import facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties, property_by_name
from geoplatform.pages import words
from geoplatform.pages.names import meant, offered
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows

NOW, AT = "now", "at"
MOST_QUARTERS = 500


def quoted(value: Any) -> str:
    """A literal of CQL2 text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Question:
    """One question: `name` of a property, `kind` for the template."""

    name: str
    title: str
    kind: str = "field"

    def fields(self) -> dict[str, forms.Field]:
        raise NotImplementedError

    def condition(self, data: Mapping[str, Any]) -> str:
        """CQL2 for what was answered; empty for nothing."""
        raise NotImplementedError

    def read(self, node: Any) -> dict[str, Any] | None:
        """The answer that a part of a filter says; None where it is about something else."""
        raise NotImplementedError

    def says(self, data: Mapping[str, Any]) -> str:
        """What was answered, in words; empty for nothing."""
        value = data.get(self.name)
        return f"{self.title}: {value}" if value else ""


@dataclass(frozen=True)
class Season(Question):
    """At any time of the year, now, or in a half month."""

    kind: str = "season"

    def fields(self) -> dict[str, forms.Field]:
        today = seasons.half_month(timezone.localdate())
        slider = forms.FloatField(
            label=_("Half month"),
            required=False,
            min_value=1,
            max_value=12.5,
            step_size=0.5,
            initial=today,
            widget=forms.NumberInput(
                attrs={
                    "type": "range",
                    "aria-valuetext": words.half_month(today),
                    "data-half-months": "|".join(label for _n, label in words.half_month_choices()),
                }
            ),
        )
        when = forms.ChoiceField(
            label=self.title,
            required=False,
            choices=[
                ("", _("at any time")),
                (NOW, _("now: %(half_month)s") % {"half_month": words.half_month(today)}),
                (AT, _("in a half month that I choose")),
            ],
            widget=forms.RadioSelect,
        )
        return {self.name: when, f"{self.name}-at": slider}

    def condition(self, data: Mapping[str, Any]) -> str:
        chosen = data.get(self.name)
        at = (
            seasons.half_month(timezone.localdate())
            if chosen == NOW
            else data.get(f"{self.name}-at")
        )
        return f"A_OVERLAPS({self.name}, ({at:g}))" if chosen and at else ""

    def read(self, node: Any) -> dict[str, Any] | None:
        match node:
            case {"op": str(op), "args": [{"property": self.name}, [at]]} if (
                op.lower() == "a_overlaps"
            ):
                now = at == seasons.half_month(timezone.localdate())
                return {self.name: NOW if now else AT, f"{self.name}-at": at}
        return None

    def says(self, data: Mapping[str, Any]) -> str:
        if not data.get(self.name):
            return ""
        return f"{self.title}: {words.half_month(data[f'{self.name}-at'])}"


@dataclass(frozen=True)
class OneOf(Question):
    """Any of some values."""

    kind: str = "choices"
    choices: tuple[tuple[Any, Any], ...] = ()

    def fields(self) -> dict[str, forms.Field]:
        return {
            self.name: forms.MultipleChoiceField(
                label=self.title,
                required=False,
                choices=self.choices,
                widget=forms.CheckboxSelectMultiple,
            )
        }

    def condition(self, data: Mapping[str, Any]) -> str:
        chosen = data.get(self.name) or []
        if len(chosen) == 1:
            return f"{self.name} = {quoted(chosen[0])}"
        return f"{self.name} IN ({', '.join(map(quoted, chosen))})" if chosen else ""

    def read(self, node: Any) -> dict[str, Any] | None:
        allowed = {value for value, _label in self.choices}
        match node:
            case {"op": "=", "args": [{"property": self.name}, value]} if value in allowed:
                return {self.name: [value]}
            case {"op": "in", "args": [{"property": self.name}, list(values)]} if (
                set(values) <= allowed
            ):
                return {self.name: values}
        return None

    def says(self, data: Mapping[str, Any]) -> str:
        labels = {str(value): str(label) for value, label in self.choices}
        chosen = [labels[str(each)] for each in data.get(self.name) or []]
        return f"{self.title}: {', '.join(chosen)}" if chosen else ""


@dataclass(frozen=True)
class Exactly(Question):
    """One value of a list, or yes or no."""

    choices: tuple[tuple[Any, Any], ...] = ()

    def fields(self) -> dict[str, forms.Field]:
        return {
            self.name: forms.ChoiceField(
                label=self.title,
                required=False,
                choices=[("", _("any")), *((str(value), label) for value, label in self.choices)],
            )
        }

    def condition(self, data: Mapping[str, Any]) -> str:
        by_text = {str(value): value for value, _label in self.choices}
        chosen = data.get(self.name)
        return f"{self.name} = {quoted(by_text[chosen])}" if chosen in by_text else ""

    def read(self, node: Any) -> dict[str, Any] | None:
        match node:
            case {"op": "=", "args": [{"property": self.name}, value]}:
                if value in {each for each, _label in self.choices}:
                    return {self.name: str(value)}
        return None

    def says(self, data: Mapping[str, Any]) -> str:
        labels = {str(value): label for value, label in self.choices}
        chosen = labels.get(data.get(self.name) or "")
        return f"{self.title}: {chosen}" if chosen else ""


class KindField(forms.CharField):
    """A kind by any of its names; one name may stand for several (a genus and its species)."""

    def __init__(self, *, layer: Layer, foreign_key: Any, **kwargs: Any) -> None:
        self.layer, self.foreign_key = layer, foreign_key
        self.list_id = f"find-{foreign_key.name}-names"
        widget = forms.TextInput(
            attrs={"list": self.list_id, "autocomplete": "off", "maxlength": 200}
        )
        super().__init__(widget=widget, required=False, max_length=200, **kwargs)

    @property
    def options(self) -> list[str]:
        return offered(self.layer, self.foreign_key)

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        found = sorted(meant(self.layer, self.foreign_key, text)) if text else []
        if text and not found:
            raise ValidationError(
                _("“%s” is not known here. Please choose a name from the list.") % text[:80]
            )
        return found


@dataclass(frozen=True)
class Kind(Question):
    """A related row by its name: a species."""

    layer: Layer | None = None
    foreign_key: Any = None

    def fields(self) -> dict[str, forms.Field]:
        assert self.layer
        return {
            self.name: KindField(layer=self.layer, foreign_key=self.foreign_key, label=self.title)
        }

    condition = OneOf.condition

    def read(self, node: Any) -> dict[str, Any] | None:
        match node:
            case {"op": "=", "args": [{"property": self.name}, str(value)]}:
                return {self.name: self._called(value)}
            case {"op": "in", "args": [{"property": self.name}, [str(first), *others]]}:
                # One name that means all of these, or it was not this form that asked.
                assert self.layer
                name = self._called(first).partition(" (")[0]
                if meant(self.layer, self.foreign_key, name) == {first, *others}:
                    return {self.name: name}
        return None

    def _called(self, reference: str) -> str:
        assert self.layer
        names = offered(self.layer, self.foreign_key)
        return next((each for each in names if each.endswith(f"({reference})")), reference)


@dataclass(frozen=True)
class AtLeastOne(Question):
    """Whether there is any of what is counted: gardens with free plots."""

    kind: str = "flag"

    def fields(self) -> dict[str, forms.Field]:
        label = _("%(what)s: at least 1") % {"what": self.title}
        return {self.name: forms.BooleanField(label=label, required=False)}

    def condition(self, data: Mapping[str, Any]) -> str:
        return f"{self.name} > 0" if data.get(self.name) else ""

    def read(self, node: Any) -> dict[str, Any] | None:
        match node:
            case {"op": ">", "args": [{"property": self.name}, value]} if value == 0:
                return {self.name: True}
        return None

    def says(self, data: Mapping[str, Any]) -> str:
        return _("%(what)s: at least 1") % {"what": self.title} if data.get(self.name) else ""


def questions(layer: Layer) -> Iterator[Question]:
    """All that may be asked: seasons, kinds and choices first, then the quarter and how far it can be trusted."""
    known = property_by_name(layer)
    for facet in facets(layer):
        if facet.is_mask:
            field: Any = layer.model._meta.get_field(facet.name)
            yield Season(facet.name, capfirst(field.verbose_name))
    kinds = [each for each in facets(layer) if each.stands_for_row]
    for each in kinds:
        assert each.shown is not None
        yield Kind(
            each.name,
            capfirst(str(each.shown.title)),
            layer=layer,
            foreign_key=each.shown.foreign_key,
        )
    counted = {rule.field for rule in layer.model.counted}
    # What all of the layer has in common is no question.
    given = {
        each[0] for each in (layer.where.children if layer.where else []) if isinstance(each, tuple)
    }
    for each_property in properties(layer):
        if each_property.name not in given and each_property.name not in ("status", "licence"):
            yield from _asked(each_property, counted)
    if "quarter" in known and (found := _quarters()):
        yield Exactly("quarter", capfirst(str(known["quarter"].title)), choices=found)
    yield from _asked(known["status"], counted)


def _asked(each: Property, counted: set[str]) -> Iterator[Question]:
    title = capfirst(words.label(each))
    if each.name in counted:
        yield AtLeastOne(each.name, title)
    elif each.choices:
        yield OneOf(each.name, title, choices=tuple(each.choices))
    elif each.json_type == "boolean":
        yield Exactly(each.name, title, choices=((True, _("yes")), (False, _("no"))))


def _quarters() -> tuple[tuple[str, str], ...]:
    """Names of the quarters that features are assigned to."""
    layer = registry.by_role("quarter")
    label = str(layer.label)
    found = rows(FeatureQuery(layer=layer, limit=MOST_QUARTERS, selected=frozenset({label})))
    names = {row["properties"][label] for row in found}
    return tuple((name, name) for name in sorted(names, key=str.casefold))
