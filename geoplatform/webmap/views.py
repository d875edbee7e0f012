"""The pages that people see. All of them work without JavaScript; the map enhances the first."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.pages.basemap import allow_basemap
from geoplatform.pages.place import first_layer, start_box
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import features, rows
from geoplatform.webmap import acts, page, pending
from geoplatform.webmap.find_views import seen, view_context
from geoplatform.webmap.forms import form_for
from geoplatform.webmap.sending import form_context
from geoplatform.webmap.told import told

PROPOSALS = 10  # that wait, on the page of a feature


def _layer(name: str) -> Layer:
    layer = registry.get(name)
    if layer is None:
        raise Http404
    return layer


def _render(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return page.render_page(request, f"webmap/{template}", context, status=status)


@require_safe
@allow_basemap
def home(request: HttpRequest) -> HttpResponse:
    """The map, with list, legend and form in the page itself."""
    layer, box = first_layer(), start_box()
    view, wrong = seen(request)
    context = {
        **view_context(view, box),
        "wrong": wrong,
        "legends": page.legends(request),
        "map_settings": page.map_settings(view.layer, box),
        "pending": pending.entries(box),
        **(form_context(layer, form_for(layer)) if layer.open_to_all else {}),
    }
    return _render(request, "map.html", context, status=400 if wrong else 200)


@require_safe
def feature(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """A page for one feature; the map reads its details from here."""
    layer = _layer(name)
    found = rows(FeatureQuery(layer=layer, id=id))
    if not found:
        kept = selectors.successor(layer, id)
        if kept is None:
            raise Http404
        # It was found to be the same as another one, and an old link still leads somewhere.
        return HttpResponseRedirect(reverse("feature", args=[layer.name, kept]))
    context = {
        "feature": told(layer, found[0]),
        "layer": layer,
        **acts.context(request, layer, id),
        "proposals": selectors.overlay(layer=layer, feature=id, limit=PROPOSALS),
    }
    return _render(request, "feature.html", context)


@require_safe
def by_number(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """To the page of the feature with this number (`fid`), which is all that tiles from afar say of it."""
    layer = _layer(name)
    found = next(features(FeatureQuery(layer=layer, after=min(number, 2**62) - 1, limit=1)), None)
    if not found or found[0] != number:
        raise Http404
    return HttpResponseRedirect(reverse("feature", args=[layer.name, json.loads(found[1])["id"]]))
