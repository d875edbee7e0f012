"""Values in words that a reader understands: dates, numbers with units, choices, half months, languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.dates import MONTHS
from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name

# A unit stands in brackets behind the label of a number: "height (m)".
UNIT = re.compile(r"^(?P<label>.*\S)\s*\((?P<unit>[^()\s]{1,6})\)$")
LANGUAGE = re.compile(r"_(de|en)$")
LAST_HALF_MONTH = 12.5


@dataclass(frozen=True)
class Line:
    """A property in words. `kind` is "text" or "link"; `address` is where a link leads, if not to the value itself."""

    name: str
    label: str
    value: str
    kind: str = "text"
    address: str = ""


def is_half_month(field: models.Field[Any, Any]) -> bool:
    """Whether a field counts half months (catalog/seasons.py)."""
    return isinstance(field, models.FloatField) and any(
        isinstance(each, MaxValueValidator) and each.limit_value == LAST_HALF_MONTH
        for each in field.validators
    )


def half_month(value: float) -> str:
    """8.0 is early August, 8.5 is late August."""
    month = MONTHS[int(value)]
    return (_("late %(month)s") if value % 1 else _("early %(month)s")) % {"month": month}


def season(start: float, end: float) -> str:
    if (end - start) % 12 == 11.5:
        return _("all year")
    if start == end:
        return half_month(start)
    return _("%(start)s to %(end)s") % {"start": half_month(start), "end": half_month(end)}


def half_month_choices() -> list[tuple[float, str]]:
    return [(number / 2, half_month(number / 2)) for number in range(2, 26)]


def in_language(layer: Layer, name: str, values: Mapping[str, Any]) -> Any:
    """A property that comes in several languages (`species_de`, `species_en`) in the reader's, if given."""
    if LANGUAGE.search(name):
        own = LANGUAGE.sub(f"_{get_language()}", name)
        if own in property_by_name(layer) and values.get(own):
            return values[own]
    return values.get(name)


def international(layer: Layer) -> str | None:
    """The property that the label's languages translate: `species`, the botanical name, for `species_de`."""
    name = LANGUAGE.sub("", layer.label or "")
    return name if name != layer.label and name in property_by_name(layer) else None


def title(layer: Layer, values: Mapping[str, Any]) -> str:
    """What a feature is called: its label, or what kind of thing it is."""
    known = property_by_name(layer)
    found = in_language(layer, layer.label, values) if layer.label else None
    if not found and (name := international(layer)):
        found = values.get(name)
    if not found:
        kinds = (
            words(known[n], values.get(n))
            for n in layer.editable
            if n in known and known[n].choices
        )
        found = next(filter(None, kinds), None)
    return capfirst(str(found or layer.model._meta.verbose_name))


def words(each: Property, value: Any) -> str:
    """A value in words; empty text for no value."""
    if value is None or value == "":
        return ""
    if each.choices:
        return str(dict(each.choices).get(value, value))
    match each.json_type, each.format:
        case "boolean", _format:
            return _("yes") if value else _("no")
        case (("integer" | "number"), _format):
            # Years are no quantities: 1987, not 1.987.
            text = str(value) if each.name.endswith("year") else number_format(value)
            unit = UNIT.match(str(each.title))
            return f"{text} {unit['unit']}" if unit else text
        case _kind, "date":
            return date_format(dt.date.fromisoformat(value), "DATE_FORMAT")
        case _kind, "date-time":
            return date_format(dt.datetime.fromisoformat(value), "DATE_FORMAT")
    return str(value)


def day(instant: dt.datetime) -> str:
    """Date and time of day at this place."""
    return date_format(localtime(instant), "DATETIME_FORMAT")


def is_address(each: Property, value: Any) -> bool:
    """Whether a value may be made a link: files also bring what no page must lead to, as `javascript:`."""
    return each.format == "uri" and str(value).startswith(("https://", "http://"))


def label(each: Property) -> str:
    unit = UNIT.match(str(each.title)) if each.json_type in {"integer", "number"} else None
    return capfirst(unit["label"] if unit else str(each.title))


def seasons(layer: Layer, values: Mapping[str, Any]) -> dict[str, Line]:
    """The pairs of half months of a feature, by the name of their first property."""
    known = property_by_name(layer)
    found = {}
    for name, each in known.items():
        end = name.removesuffix("_from") + "_to"
        if name.endswith("_from") and end in known and is_half_month(each.field):
            start, last = values.get(name), values.get(end)
            text = season(start, last) if start is not None and last is not None else ""
            found[name] = Line(name, label(each), text)
    return found


def lines(layer: Layer, values: Mapping[str, Any], names: list[str]) -> list[Line]:
    """Some properties of a feature in words, without those that have no value or stand in its title."""
    known = property_by_name(layer)
    paired = seasons(layer, values)
    found = []
    for name in names:
        each, value = known[name], values.get(name)
        default = each.field.default if each.json_type == "integer" else None
        if (
            LANGUAGE.search(name)
            or name in (layer.label, international(layer))
            or (default and value == default)
        ):
            continue
        if name in paired:
            found.append(paired[name])
        elif not is_half_month(each.field):
            kind = "link" if is_address(each, value) else "text"
            found.append(Line(name, label(each), words(each, value), kind))
    return [line for line in found if line.value]
