"""The same answers as pages for people (OGC 17-069r4, 8.2): a table, a small map, links to every format."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language

from geoplatform.catalog.layer import Layer
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.services.features.page import collection


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A template of this room, filled in."""
    response = render(request, f"api/{template}.html", context)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def items_page(request: HttpRequest, query: FeatureQuery) -> HttpResponse:
    """A page of features as table and map."""
    body = json.loads(b"".join(collection(request, query)))
    return page(request, "items", {"layer": query.layer, "query": query, "body": body})


def item_page(layer: Layer, id: str) -> HttpResponse:
    """The feature's own page, in the reader's language."""
    prefix = "/en" if get_language() == "en" else ""
    return HttpResponseRedirect(f"{prefix}/{layer.name}/{id}")
