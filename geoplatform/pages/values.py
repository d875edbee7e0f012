"""Values of a layer's editable fields in words, from JSON as proposals hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property
from geoplatform.pages import words
from geoplatform.pages.names import name_of
from geoplatform.pages.place import box_of


def value_in_words(layer: Layer, name: str, value: Any) -> str:
    """A value of an editable field, as JSON holds it; empty text for none."""
    field: Any = layer.model._meta.get_field(name)
    if value is None or value == "":
        return ""
    if name == layer.geometry:
        return _geometry(value)
    if words.is_half_month(field):
        return words.half_month(float(value))
    if isinstance(field, models.ForeignKey):
        return name_of(field, value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # "4 m", not "4.0 m"
    return words.words(Property(name, name, field, None), value)


def _geometry(geometry: Mapping[str, Any]) -> str:
    kind, inner = geometry["type"], geometry["coordinates"]
    if kind == "Point":
        return _("%(latitude)s N, %(longitude)s E") % {
            "latitude": _degrees(inner[1]),
            "longitude": _degrees(inner[0]),
        }
    west, south, east, north = box_of(inner)
    return _("line or area around %(latitude)s N, %(longitude)s E") % {
        "latitude": _degrees((south + north) / 2),
        "longitude": _degrees((west + east) / 2),
    }


def _degrees(value: float) -> str:
    return f"{number_format(round(value, 6))}°"


def label_of(layer: Layer, name: str) -> str:
    """Without its unit, which stands behind the value."""
    field: Any = layer.model._meta.get_field(name)
    return words.label(Property(name, name, field, None))
