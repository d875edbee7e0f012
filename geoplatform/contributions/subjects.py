"""What proposals are about, in words and as a place: the feature as it stands, or as it would be."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import PointOnSurface
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _lazy

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name
from geoplatform.contributions.models import Action, Proposal
from geoplatform.pages import words

# What is asked, as a heading; the mark on the map has a shape for each.
ASKED = {
    Action.CREATE: _lazy("New"),
    Action.CHANGE: _lazy("Change"),
    Action.MOVE: _lazy("Move"),
    Action.DELETE: _lazy("Delete"),
    Action.CONFIRM: _lazy("Seen"),
    Action.REPORT: _lazy("Report"),
}


@dataclass(frozen=True)
class Subject:
    """The feature that a proposal is about: what it is called, and a position in it (longitude, latitude)."""

    title: str
    position: tuple[float, float] | None
    stands: bool


def subjects(proposals: Iterable[Proposal]) -> dict[uuid.UUID, Subject]:
    """By proposal's id; a query for each layer, and one for each that has new features."""
    by_layer: dict[str, list[Proposal]] = {}
    for each in proposals:
        by_layer.setdefault(each.layer, []).append(each)
    found: dict[uuid.UUID, Subject] = {}
    for name, group in by_layer.items():
        layer = registry.get(name)
        if layer is None:
            found |= {each.id: Subject(name, None, False) for each in group}
            continue
        there = _standing(layer, [e.feature for e in group if e.action != Action.CREATE])
        new = _named(layer, [e.fields for e in group if e.action == Action.CREATE])
        for each in group:
            position = _middle(each)
            if each.feature in there:
                values, place = there[each.feature]
                found[each.id] = Subject(words.title(layer, values), position or place, True)
            elif each.action == Action.CREATE:
                found[each.id] = Subject(words.title(layer, new(each.fields)), position, False)
            else:
                kind = capfirst(str(layer.model._meta.verbose_name))
                found[each.id] = Subject(kind, position, False)
    return found


def _telling(layer: Layer) -> dict[str, Property]:
    """The properties that a title is made of (pages.words.title)."""
    known = property_by_name(layer)
    label = words.LANGUAGE.sub("", layer.label or "")
    named = {layer.label, label, *(f"{label}_{code}" for code in ("de", "en"))}
    return {
        name: each
        for name, each in known.items()
        if name in named or (name in layer.editable and each.choices)
    }


def _standing(layer: Layer, ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[dict[str, Any], Any]]:
    if not ids:
        return {}
    telling = _telling(layer)
    found = layer.model._default_manager.filter(pk__in=ids)
    place = [PointOnSurface(layer.geometry)] if layer.geometry else []
    rows = found.values_list("pk", *place, *(each.path for each in telling.values()))
    start = 1 + len(place)
    return {
        row[0]: (
            dict(zip(telling, row[start:], strict=True)),
            (row[1].x, row[1].y) if place and row[1] else None,
        )
        for row in rows
    }


def _named(layer: Layer, fields: list[dict[str, Any]]) -> Any:
    """From a proposal's fields to the values of a title: a related row is looked up by its reference."""
    telling = _telling(layer)
    related: dict[str, dict[Any, dict[str, Any]]] = {}
    for name in {each.foreign_key.name for each in telling.values() if each.foreign_key}:
        key: Any = layer.model._meta.get_field(name)
        model = key.related_model
        references = {each.get(name) for each in fields} - {None}
        if references:
            rows = model._default_manager.filter(**{f"{model.reference}__in": references})
            related[name] = {str(row[model.reference]): row for row in rows.values()}

    def values(given: Mapping[str, Any]) -> dict[str, Any]:
        made = {}
        for name, each in telling.items():
            if each.foreign_key is None:
                made[name] = given.get(each.path)
            else:
                key = each.foreign_key.name
                row = related.get(key, {}).get(str(given.get(key)), {})
                made[name] = row.get(each.field.name)
        return made

    return values


def _middle(proposal: Proposal) -> tuple[float, float] | None:
    if proposal.geometry is None or proposal.geometry.empty:
        return None
    west, south, east, north = proposal.geometry.extent
    return (west + east) / 2, (south + north) / 2
