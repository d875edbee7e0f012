"""The forms of contributions, one address for each: add, correct, move, report, confirm. GET shows, POST takes."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Action, Kind
from geoplatform.pages import words
from geoplatform.pages.basemap import allow_basemap
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.webmap import forms, neighbours, reports
from geoplatform.webmap.forms import FeatureForm
from geoplatform.webmap.sending import came_before, form_context, layer_of, refusal, render, send

# No cookie, so no CSRF cookie either: pages/guard.py looks at the origin and at a signed token.
METHODS = require_http_methods(["GET", "HEAD", "POST"])


@csrf_exempt
@METHODS
@allow_basemap
def add(request: HttpRequest, name: str) -> HttpResponse:
    """A new feature. What may be there already is asked about first."""
    layer = layer_of(name)
    if request.method != "POST":
        form = forms.form_for(layer, initial=_asked(request, layer))
        return render(request, "add.html", form_context(layer, form))
    if instead := neighbours.chosen(request, layer):
        return _confirm(request, *instead, Kind.STILL_THERE)
    form = forms.form_for(layer, request.POST)
    if not _valid(request, layer, form):
        return render(request, "add.html", form_context(layer, form), 422)
    if not came_before(request) and "new" not in request.POST:
        found = neighbours.entries(layer, form.geometry(), form.values())
        if found:
            return render(request, "add.html", {**form_context(layer, form), "alike": found}, 422)
    said = {"action": Action.CREATE, "geometry": form.geometry(), "values": form.values()}
    return send(request, layer, form, "add.html", {}, **said)


@csrf_exempt
@METHODS
def correct(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """Other values than those that stand there."""
    layer = layer_of(name)
    context, standing = _about(layer, id)
    if request.method != "POST":
        form = forms.values_form(layer, initial=standing)
        return render(request, "correct.html", {**form_context(layer, form), **context})
    form = forms.values_form(layer, request.POST, standing)
    context["version"] = request.POST.get("version", "")
    if not _valid(request, layer, form):
        return render(request, "correct.html", {**form_context(layer, form), **context}, 422)
    said = {"action": Action.CHANGE, "values": form.changed_values()}
    return send(request, layer, form, "correct.html", context, **said, **_seen(request, id))


@csrf_exempt
@METHODS
@allow_basemap
def move(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """Another place, or another outline."""
    layer = layer_of(name)
    context, _standing = _about(layer, id)
    if request.method != "POST":
        now = layer.model._default_manager.values_list(str(layer.geometry), flat=True).get(pk=id)
        form = forms.place_form(layer, geometry=now)
        return render(request, "move.html", {**form_context(layer, form), **context})
    form = forms.place_form(layer, request.POST)
    context["version"] = request.POST.get("version", "")
    if not _valid(request, layer, form):
        return render(request, "move.html", {**form_context(layer, form), **context}, 422)
    said = {"action": Action.MOVE, "geometry": form.geometry()}
    return send(request, layer, form, "move.html", context, **said, **_seen(request, id))


@csrf_exempt
@METHODS
def report(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """That it is gone, here twice, private, or stands elsewhere."""
    layer = layer_of(name)
    context, _standing = _about(layer, id)
    near = neighbours.others(layer, id)
    context["near"] = near
    data = request.POST if request.method == "POST" else None
    form = reports.report_form(layer, near, data, request.GET.get("kind", ""))
    if data is None:
        return render(request, "report.html", {**form_context(layer, form), **context})
    if not _valid(request, layer, form):
        return render(request, "report.html", {**form_context(layer, form), **context}, 422)
    said = {"action": Action.REPORT, "feature": id, **form.said()}
    return send(request, layer, form, "report.html", context, **said)


@csrf_exempt
@METHODS
def confirm(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """That it is still there, or ripe today: one press."""
    layer = layer_of(name)
    if request.method != "POST":
        context, _standing = _about(layer, id)
        return render(request, "confirm.html", {**form_context(layer), **context})
    return _confirm(request, layer, id, request.POST.get("kind", ""))


def _confirm(request: HttpRequest, layer: Layer, id: uuid.UUID, kind: str) -> HttpResponse:
    context, _standing = _about(layer, id)
    form = reports.nothing(layer, request.POST)
    if kind not in dict(reports.confirmations(layer)) or not _valid(request, layer, form):
        return render(request, "confirm.html", {**form_context(layer, form), **context}, 422)
    said = {"action": Action.CONFIRM, "feature": id, "kind": kind}
    return send(request, layer, form, "confirm.html", context, **said)


def _valid(request: HttpRequest, layer: Layer, form: FeatureForm) -> bool:
    valid = form.is_valid()
    if why := refusal(request, layer):
        form.add_error(None, why)
    return valid and not why


def _about(layer: Layer, id: uuid.UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page of a form says about a feature, and its editable values as JSON. Raises Http404."""
    found = rows(FeatureQuery(layer=layer, id=id))
    standing = selectors.standing_values(layer, id)
    if not found or standing is None:
        raise Http404
    values = found[0]["properties"]
    context = {
        "feature": id,
        "title": words.title(layer, values),
        "version": values["version"],
        "confirmations": reports.confirmations(layer),
        "geometry": found[0]["geometry"],
    }
    return context, standing


def _seen(request: HttpRequest, id: uuid.UUID) -> dict[str, Any]:
    """What it is about, and the version that the form showed."""
    version = request.POST.get("version", "")
    number = int(version) if version.isdecimal() and len(version) < 10 else None
    return {"feature": id, "base_version": number}


def _asked(request: HttpRequest, layer: Layer) -> dict[str, str]:
    """What the address fills in: `?latitude=&longitude=`, or what it lies within."""
    known = (*forms.PLACE, *layer.editable)
    return {name: str(value)[:200] for name, value in request.GET.dict().items() if name in known}
