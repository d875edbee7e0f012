"""Features as a page for people: a table, a small map, a form for the next question, links to every format."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property
from geoplatform.pages import words
from geoplatform.pages.place import municipality_name
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import extent
from geoplatform.services.features.form import fields, tidied
from geoplatform.services.features.html import doors
from geoplatform.services.features.page import collection
from geoplatform.services.features.parameters import parse
from geoplatform.services.features.smallmap import legends, map_settings
from geoplatform.services.html import address, page

# More rows than this nobody reads; the formats have them all.
MAX_ROWS = 1000
SHORT = 40  # characters of a value that stays on one line
PAGING = ("after", "cursor")


def items_page(request: HttpRequest, layer: Layer) -> HttpResponse:
    """The answer to a question for features; a question that is not understood comes back in its form."""
    if tidy := tidied(request):
        return HttpResponseRedirect(tidy)
    shared = {"layer": layer, "collection": f"/api/collections/{layer.name}"}
    try:
        query = parse(request, layer)
        body = answer(request, query)
    except QueryError as error:
        context = {"wrong": error, **shared, **fields(request, layer, error.parameter)}
        return page(request, "items", context, status=400)
    following = [link["href"] for link in body["links"] if link["rel"] == "next"]
    context = {
        **shared,
        **fields(request, layer),
        **table(request, query, body),
        "body": body,
        "matched": number_format(body["numberMatched"], force_grouping=True),
        "returned": number_format(body["numberReturned"], force_grouping=True),
        "as_of": body.get("asOf") if "datetime" in request.GET else None,
        "next": following[0] if following else "",
        "first": address(request, leave=PAGING) if any(p in request.GET for p in PAGING) else "",
        "doors": [link for link in doors(body["links"]) if link["rel"] in ("self", "alternate")],
        "legends": legends(layer),
        "map_settings": small_map(request, query, body),
    }
    return page(request, "items", context)


def answer(request: HttpRequest, query: FeatureQuery) -> dict[str, Any]:
    """The page of features that programs get, but no longer than a person reads."""
    limit = min(query.limit or MAX_ROWS, MAX_ROWS)
    found: dict[str, Any] = json.loads(b"".join(collection(request, replace(query, limit=limit))))
    return found


def small_map(
    request: HttpRequest, query: FeatureQuery, body: dict[str, Any]
) -> dict[str, Any] | None:
    """What lets the map ask for the features of the table, in degrees; None where there is nothing to draw."""
    if not query.layer.geometry or not body["features"]:
        return None
    asked = address(request, f="json", limit=str(body["numberReturned"]), leave=("crs", "lang"))
    return map_settings(query.layer, extent(query.layer), asked)


def table(request: HttpRequest, query: FeatureQuery, body: dict[str, Any]) -> dict[str, Any]:
    """Head and rows: the public properties in words, and where points lie."""
    layer = query.layer
    sorted_by = {step.by.name: step.descending for step in query.sortby}
    columns = [
        {
            "title": words.label(each),
            "name": each.name,
            "sort": {False: "ascending", True: "descending"}.get(sorted_by.get(each.name)),  # type: ignore[arg-type]
            "address": address(
                request,
                leave=PAGING,
                sortby=each.name if sorted_by.get(each.name) in (None, True) else f"-{each.name}",
            ),
        }
        for each in query.properties
    ]
    return {
        "columns": columns,
        "coordinates": query.crs.name if layer.dimension == 0 else "",
        "rows": [row(request, query, feature) for feature in body["features"]],
    }


def row(request: HttpRequest, query: FeatureQuery, feature: dict[str, Any]) -> dict[str, Any]:
    values = feature["properties"]
    geometry = feature["geometry"]
    is_point = query.layer.dimension == 0 and geometry
    return {
        "id": feature["id"],
        "title": words.title(query.layer, values),
        "address": feature_address(request, query, feature["id"]),
        "cells": [cell(each, values[each.name]) for each in query.properties],
        "place": ", ".join(map(str, geometry["coordinates"])) if is_point else "",
    }


def cell(each: Property, value: Any) -> dict[str, Any]:
    """A value in words; `link` where it is an address to follow."""
    text = words_of(each, value)
    return {
        "text": text,
        "link": value if words.is_address(each, value) else "",
        "long": len(text) > SHORT,
        "number": each.json_type in ("integer", "number") and not words.is_half_month(each.field),
    }


def words_of(each: Property, value: Any) -> str:
    if value and each.name == "municipality":
        return municipality_name(value)
    if value is not None and words.is_half_month(each.field):
        return words.half_month(value)
    return words.words(each, value)


def feature_address(request: HttpRequest, query: FeatureQuery, id: str) -> str:
    """The feature's own page; for a layer as it was, the feature as it was, which may be gone by now."""
    if "datetime" not in request.GET:
        return reverse("feature", args=[query.layer.name, id])
    kept = {name: request.GET[name] for name in ("datetime", "lang") if name in request.GET}
    return f"/api/collections/{query.layer.name}/items/{id}?{urlencode(kept)}"


def item_page(request: HttpRequest, query: FeatureQuery, text: bytes) -> HttpResponse:
    """To the feature's own page in the reader's language; as it was on a day, a table of its values."""
    layer = query.layer
    if query.at is None:
        response = HttpResponseRedirect(reverse("feature", args=[layer.name, str(query.id)]))
        response.headers["Vary"] = "Accept, Accept-Language"
        return response
    feature = json.loads(text)
    found = row(request, query, feature)
    names = [words.label(each) for each in query.properties]
    context = {
        "layer": layer,
        "collection": f"/api/collections/{layer.name}",
        "row": found,
        "lines": [line for line in zip(names, found["cells"], strict=True) if line[1]["text"]],
        "at": query.at,
        "title": _("%(title)s on %(day)s") % {"title": found["title"], "day": words.day(query.at)},
        "today": quote(f"/api/collections/{layer.name}/items/{query.id}"),
    }
    return page(request, "item", context)
