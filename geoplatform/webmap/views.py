"""The pages that people see. All of them work without JavaScript; the map enhances the first."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.access import author_of_key, author_of_user
from geoplatform.contributions.models import Action
from geoplatform.contributions.services import Author, Refused, submit
from geoplatform.contributions.trust import why
from geoplatform.pages import guard, sender
from geoplatform.pages.basemap import allow_basemap
from geoplatform.pages.law import consent_given, consent_version
from geoplatform.pages.place import first_layer, start_box
from geoplatform.query.feature_query import FeatureQuery, QueryError, parse_bbox
from geoplatform.query.select import features, rows
from geoplatform.webmap import page
from geoplatform.webmap.entries import around
from geoplatform.webmap.forms import FeatureForm, form_for
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
    layer = first_layer()
    box = start_box()
    entries, count, more = around(layer, box)
    context = {
        "layer": layer,
        "entries": entries,
        "count": count,
        "more": more,
        "legends": page.legends(request),
        "map_settings": page.map_settings(layer, box),
        **(_form_context(layer, form_for(layer)) if layer.open_to_all else {}),
    }
    return _render(request, "map.html", context)


@require_safe
def listing(request: HttpRequest, name: str) -> HttpResponse:
    """The features of a layer nearest to the middle of `bbox`; the map reads its list from here."""
    layer = _layer(name)
    if not layer.geometry:
        raise Http404
    wrong = ""
    try:
        box = parse_bbox(request.GET["bbox"]) if request.GET.get("bbox") else start_box()
    except QueryError as error:
        box, wrong = start_box(), str(error)
    entries, count, more = around(layer, box)
    context = {"layer": layer, "entries": entries, "count": count, "more": more, "wrong": wrong}
    return _render(request, "listing.html", context, status=400 if wrong else 200)


@require_safe
def feature(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """A page for one feature; the map reads its details from here."""
    layer = _layer(name)
    found = rows(FeatureQuery(layer=layer, id=id))
    if not found:
        raise Http404
    context = {
        "feature": told(layer, found[0]),
        "layer": layer,
        "added": "added" in request.GET,
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


# No cookie, so no CSRF cookie either: guard.py looks at the origin and at a signed token.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, name: str) -> HttpResponse:
    """The form to add a point: by itself on GET, stored on POST."""
    layer = _layer(name)
    if not layer.open_to_all:
        raise Http404
    if request.method != "POST":
        return _render(
            request, "add.html", {"layer": layer, **_form_context(layer, form_for(layer))}
        )
    form = form_for(layer, request.POST)
    refusal = _refusal(request, layer)
    if refusal:
        form.add_error(None, refusal)
    elif form.is_valid():
        try:
            outcome = submit(
                layer=layer,
                action=Action.CREATE,
                author=_author(request),
                channel="map",
                geometry=form.cleaned_data["point"],
                values=form.values(),
                consent=consent_given(request.POST.get("consent", "")),
            )
        except ValidationError as error:
            form.refuse(error)
        except Refused as refusal_by_rate:
            form.add_error(None, str(refusal_by_rate))
        else:
            if outcome.waits:
                context = {
                    "layer": layer,
                    "why": why(outcome.proposal.waits_for),
                    "proposal": outcome.proposal.id,
                }
                return _render(request, "waiting.html", context, status=202)
            address = reverse("feature", args=[layer.name, outcome.feature_id])
            return HttpResponseRedirect(f"{address}?added", status=303)
    return _render(request, "add.html", {"layer": layer, **_form_context(layer, form)}, status=422)


def _author(request: HttpRequest) -> Author:
    """Who sends: an account, else the key of this browser, which is made with its first contribution, else anybody."""
    address = sender.address(request)
    if request.user.is_authenticated:
        return author_of_user(request.user, address=address)
    secret = request.POST.get("key", "")
    return author_of_key(secret, True, address=address) or Author(address=address)


def _refusal(request: HttpRequest, layer: Layer) -> str:
    """Why this form is not taken, in words, or empty text."""
    if not guard.is_ours(request) or guard.is_robot(request):
        return _(
            "This form was not sent from a page of this platform. Please send it again from here."
        )
    if not guard.is_fresh(request, layer.name):
        return _("This page has been open for a long time. Please send the form once more.")
    return ""


def _form_context(layer: Layer, form: FeatureForm) -> dict[str, Any]:
    return {
        "form": form,
        "token": guard.token(layer.name),
        "licence": page.licence_words(layer),
        "consent": consent_version(),
    }
