"""What the details of a feature tell before everything else: may I, when, from whom, what else is near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.pages import words
from geoplatform.pages.law import licence_address
from geoplatform.webmap.entries import details
from geoplatform.webmap.season import is_ripe, year


def told(layer: Layer, row: dict[str, Any]) -> dict[str, Any]:
    """Everything that `details` says, put into the order in which people ask."""
    values = row["properties"]
    found = details(layer, row)
    seasons = year(layer, values)
    above = {bar.name for bar in seasons.bars if bar.own} if seasons else set()
    above |= set(layer.questions)
    place = [layer.name, row["id"]]
    return {
        **found,
        "answers": list(_answers(layer, values)),
        "year": seasons,
        "ripe": is_ripe(layer, values) and values.get("status") != "gone",
        "lines": [line for line in found["lines"] if line.name not in above],
        "origin": list(_origin(layer, values, found["origin"])),
        "nearby": reverse("nearby", args=place) if row["geometry"] else "",
        "walk": f"{reverse('walk')}?stop={layer.name}/{row['id']}" if row["geometry"] else "",
    }


def _answers(layer: Layer, values: dict[str, Any]) -> Iterator[dict[str, str]]:
    """What people ask first, and the answer in words; that nobody knows is an answer, too."""
    known = property_by_name(layer)
    for name, question in layer.questions.items():
        answer = words.words(known[name], values.get(name))
        yield {
            "question": str(question),
            "answer": capfirst(answer) or _("Nobody has said so yet. Please ask on the spot."),
            "value": str(values.get(name) or ""),
        }


def _origin(layer: Layer, values: dict[str, Any], lines: list[words.Line]) -> Iterator[words.Line]:
    for line in lines:
        address = licence_address(values["licence"]) if line.name == "licence" else ""
        yield replace(line, kind="link", address=address) if address else line
    if not values.get("last_confirmed"):
        label = words.label(property_by_name(layer)["last_confirmed"])
        yield words.Line("last_confirmed", label, _("not yet"))
