"""Take back what was just sent, by its receipt or by the key or account that sent it; and settle a conflict."""

from __future__ import annotations

import uuid

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.access import author_of_key
from geoplatform.contributions.models import Action, Proposal
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.services import (
    ANYBODY,
    Author,
    NotThere,
    OtherBody,
    Refused,
    submit,
    take_back,
)
from geoplatform.pages import guard
from geoplatform.pages.law import consent_given
from geoplatform.webmap import receipts
from geoplatform.webmap.conflict import chosen, conflict_context
from geoplatform.webmap.sending import answer, author, layer_of, refusal, render, sent_id


@csrf_exempt  # the origin is looked at instead, so that nobody gets a cookie
@require_POST
def undo(request: HttpRequest, name: str) -> HttpResponse:
    """POST `receipt`, or `proposal` with a key: what was sent is taken back."""
    layer = layer_of(name)
    if not guard.is_ours(request):
        return _said(request, layer, _("This form was not sent from a page of this platform."), 403)
    proposal = receipts.read(request.POST.get("receipt", ""))
    id = proposal or _uuid(request.POST.get("proposal", ""))
    if id is None:
        return _said(
            request, layer, _("The time for this is over. You find it in “My contributions”."), 422
        )
    try:
        take_back(proposal=id, author=_known(request), receipt=proposal is not None)
    except NotThere:
        raise Http404 from None
    except Refused as refused:
        return _said(request, layer, str(refused), 409)
    return _said(request, layer)


@csrf_exempt
@require_POST
def settle(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """Which of two versions stands, part by part: what is mine is sent anew, from what stands there now."""
    layer = layer_of(name)
    before = selectors.proposal(sent_id(request) or id)
    if before is not None and before.feature == id and before.action != Action.CREATE:
        return answer(request, layer, Outcome(before, repeated=True))
    old = _conflicting(request, layer, id)
    if why := refusal(request, layer):
        return _again(request, layer, old, why)
    version = request.POST.get("version", "")
    try:
        values, geometry = chosen(layer, old, request.POST)
        if not values and geometry is None:
            take_back(proposal=old.pk, author=ANYBODY, receipt=True)
            return _said(request, layer)
        outcome = submit(
            layer=layer,
            action=Action.CHANGE if values else Action.MOVE,
            author=author(request),
            channel="map",
            id=sent_id(request),
            feature=id,
            base_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            values=values,
            geometry=geometry,
            reason=old.reason,
            consent=consent_given(request.POST.get("consent", "")),
        )
        take_back(proposal=old.pk, author=ANYBODY, receipt=True)
    except OtherBody:  # another choice after the first one was taken
        return _again(request, layer, old, _("You have chosen already."))
    except ValidationError as error:
        return _again(request, layer, old, " ".join(error.messages))
    except Refused as refused:
        return _again(request, layer, old, str(refused))
    return answer(request, layer, outcome)


def _conflicting(request: HttpRequest, layer: Layer, feature: uuid.UUID) -> Proposal:
    """The proposal that is in conflict, which only its author may settle. Raises Http404."""
    by_receipt = receipts.read(request.POST.get("receipt", ""))
    number = by_receipt or _uuid(request.POST.get("proposal", ""))
    found = selectors.proposal(number) if number else None
    if found is None or found.layer != layer.name or found.feature != feature:
        raise Http404
    if not by_receipt:
        known = _known(request).contributor
        if known is None or found.author_id != known.pk:
            raise Http404
    return found


def _again(request: HttpRequest, layer: Layer, old: Proposal, wrong: str) -> HttpResponse:
    context = {
        **conflict_context(layer, old),
        "layer": layer,
        "proposal": old.pk,
        "receipt": receipts.receipt(old.pk),
        "wrong": wrong,
    }
    return render(request, "conflict.html", context, 422)


def _said(request: HttpRequest, layer: Layer, wrong: str = "", status: int = 200) -> HttpResponse:
    return render(request, "undone.html", {"layer": layer, "wrong": wrong}, status)


def _known(request: HttpRequest) -> Author:
    """Who asks, without making anybody."""
    if request.user.is_authenticated:
        return author(request)
    return author_of_key(request.POST.get("key", ""), False) or ANYBODY


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
