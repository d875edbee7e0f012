"""Finding: the list of a view and the form that narrows it down, and the search for names. All without JavaScript."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.formats.writers import WRITERS
from geoplatform.pages.place import first_layer, start_box
from geoplatform.query.feature_query import Box, QueryError, parse_bbox
from geoplatform.query.search import LONGEST
from geoplatform.webmap.entries import around
from geoplatform.webmap.find import View, named_layer, parse_view
from geoplatform.webmap.find_form import filled, find_form
from geoplatform.webmap.found import found
from geoplatform.webmap.page import render_page


def map_layer(name: str) -> Layer:
    """The layer of an address. Raises Http404 for one that stands nowhere."""
    layer = registry.get(name)
    if layer is None or not layer.geometry:
        raise Http404
    return layer


def seen(request: HttpRequest, layer: Layer | None = None) -> tuple[View, str]:
    """The view that an address names, and what is wrong with it in words; of a wrong one, the whole layer is shown."""
    values = request.GET.dict()
    try:
        layer = layer or named_layer(values)
        return parse_view(values, layer), ""
    except QueryError as error:
        return View(layer or first_layer()), str(error)


def view_context(view: View, box: Box | None) -> dict[str, Any]:
    """What the list, the form beside it and its surroundings are made of."""
    return {
        "view": view,
        "layer": view.layer,
        "listing": around(view, box),
        "find": filled(view),
        "files": [(form.upper(), view.download(form)) for form in WRITERS],
        "layers": list(reversed(registry.map_layers())),
    }


@require_safe
def listing(request: HttpRequest, name: str) -> HttpResponse:
    """The features of a view in `bbox`, nearest first; the map reads its list from here."""
    view, wrong = seen(request, map_layer(name))
    try:
        box = parse_bbox(request.GET["bbox"]) if request.GET.get("bbox") else None
    except QueryError as error:
        box, wrong = None, wrong or str(error)
    # Without a place of its own a list is seen from where the map opens.
    context = view_context(view, box or (None if view.near or view.text else start_box()))
    return render_page(
        request,
        "webmap/listing.html",
        {**context, "wrong": wrong},
        status=400 if wrong else 200,
    )


@require_safe
def find(request: HttpRequest, name: str) -> HttpResponse:
    """The form that narrows a layer down; sent, it leads to the address of the view that it asks for."""
    layer = map_layer(name)
    wrong, form = "", None
    if "go" in request.GET:
        form = find_form(layer, request.GET)
        if form.is_valid():
            return HttpResponseRedirect(form.view().listing)
    else:
        view, wrong = seen(request, layer)
        form = filled(view)
    context = {"layer": layer, "find": form, "wrong": wrong}
    context["layers"] = list(reversed(registry.map_layers()))
    return render_page(
        request, "webmap/find.html", context, status=422 if form.errors else 400 if wrong else 200
    )


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What is called so, by layers; the search box of the map reads its suggestions from here."""
    text, wrong = request.GET.get("q", "").strip(), ""
    groups = []
    try:
        groups = found(text)
    except QueryError as error:
        wrong = str(error)
    context = {"q": text[:LONGEST], "groups": groups, "wrong": wrong, "longest": LONGEST}
    return render_page(request, "webmap/search.html", context, status=400 if wrong else 200)
