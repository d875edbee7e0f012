"""The form by which people ask a layer: the common parameters, and a choice for each property with a list of values."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties, property_by_name
from geoplatform.pages.words import label
from geoplatform.query.crs import supported
from geoplatform.query.feature_query import DEFAULT_LIMIT
from geoplatform.services.html import address

LIMITS = (10, DEFAULT_LIMIT, 1000)
# A new question begins on its first page.
PAGING = ("after", "cursor")
# An empty list of properties means none, which a form cannot ask for.
MAY_BE_EMPTY = ("properties",)


def tidied(request: HttpRequest) -> str | None:
    """The address without what a form sent empty; None when it is tidy already."""
    empty = tuple(
        name
        for name, value in request.GET.dict().items()
        if value.strip() == "" and name not in MAY_BE_EMPTY
    )
    return address(request, leave=empty) if empty else None


def fields(request: HttpRequest, layer: Layer, wrong: str = "") -> dict[str, Any]:
    """What the form shows; `wrong` names the parameter that was not understood."""
    given = request.GET.dict()
    choices = [choice(each, given) for each in properties(layer) if has_choices(each)]
    shown = {
        *("limit", "bbox", "sortby", "crs", "datetime", "filter"),
        *(each["name"] for each in choices),
    }
    return {
        "given": given,
        "wrong_field": wrong,
        "limits": limits(given.get("limit", "")),
        "systems": [{"uri": each.uri, "name": each.name} for each in supported()],
        "crs": given.get("crs", ""),
        "orders": orders(layer, given.get("sortby", "")),
        "choices": choices,
        # What this form has no field for stays as it was asked.
        "others": {k: v for k, v in given.items() if k not in shown and k not in PAGING},
        "conditions": conditions(request, layer),
    }


def has_choices(each: Property) -> bool:
    return bool(each.choices) or each.json_type == "boolean"


def choice(each: Property, given: dict[str, str]) -> dict[str, Any]:
    values = each.choices or [("true", _("yes")), ("false", _("no"))]
    chosen = given.get(each.name, "")
    return {
        "name": each.name,
        "title": label(each),
        "options": [(str(value), capfirst(str(words))) for value, words in values],
        "chosen": chosen,
    }


def limits(chosen: str) -> list[tuple[str, bool]]:
    numbers = sorted({*LIMITS, *([int(chosen)] if chosen.isdecimal() and len(chosen) < 6 else [])})
    return [(str(each), str(each) == (chosen or str(DEFAULT_LIMIT))) for each in numbers]


def orders(layer: Layer, chosen: str) -> list[dict[str, Any]]:
    """Each property upwards and downwards; an order of several properties stays as it was asked."""
    found = [
        {"value": f"{sign}{each.name}", "words": f"{label(each)} {arrow}"}
        for each in properties(layer)
        for sign, arrow in (("", "↑"), ("-", "↓"))
    ]
    if chosen and chosen not in {each["value"] for each in found}:
        found.insert(0, {"value": chosen, "words": chosen})
    return [{**each, "chosen": each["value"] == chosen} for each in found]


def conditions(request: HttpRequest, layer: Layer) -> list[dict[str, str]]:
    """What the answer is restricted by, each with the address that takes it away."""
    known = property_by_name(layer)
    found = []
    for name, value in request.GET.dict().items():
        if name in known:
            labels = {str(key): str(words) for key, words in known[name].choices}
            text = f"{label(known[name])}: {labels.get(value, value)}"
        elif name in ("bbox", "datetime", "filter", "properties"):
            text = f"{name}: {value}"
        else:
            continue
        found.append({"text": text, "address": address(request, leave=(name, *PAGING))})
    return found
