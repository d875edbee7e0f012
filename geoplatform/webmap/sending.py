"""What all forms of contributions share: who sends, whether it is taken, and the page that answers."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions.access import author_of_key, author_of_user
from geoplatform.contributions.containment import holder_layer
from geoplatform.contributions.models import Proposal, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.services import (
    Author,
    NotThere,
    OtherBody,
    Refused,
    TooMany,
    submit,
)
from geoplatform.contributions.trust import why
from geoplatform.pages import guard, sender
from geoplatform.pages.law import consent_given, consent_version
from geoplatform.webmap import page
from geoplatform.webmap.conflict import conflict_context
from geoplatform.webmap.forms import FeatureForm
from geoplatform.webmap.receipts import receipt


def layer_of(name: str) -> Layer:
    """A layer that people may contribute to. Raises Http404."""
    layer = registry.get(name)
    if layer is None or not layer.editable or not layer.geometry:
        raise Http404
    return layer


def author(request: HttpRequest) -> Author:
    """Who sends: an account, else the key of this browser, which is made with its first contribution, else anybody."""
    address = sender.address(request)
    if request.user.is_authenticated:
        return author_of_user(request.user, address=address)
    secret = request.POST.get("key", "")
    return author_of_key(secret, True, address=address) or Author(address=address)


def refusal(request: HttpRequest, layer: Layer) -> str:
    """Why this form is not taken, in words, or empty text."""
    if not guard.is_ours(request) or guard.is_robot(request):
        return _(
            "This form was not sent from a page of this platform. Please send it again from here."
        )
    if not guard.is_fresh(request, layer.name):
        return _("This page has been open for a long time. Please send the form once more.")
    return ""


def sent_id(request: HttpRequest) -> uuid.UUID | None:
    """The id that the form brought along, which makes it harmless to send it twice."""
    try:
        return uuid.UUID(request.POST.get("id", ""))
    except ValueError:
        return None


def came_before(request: HttpRequest) -> bool:
    """Whether a form with this id was taken already, so that nothing is to be asked again."""
    id = sent_id(request)
    return id is not None and Proposal.objects.filter(pk=id).exists()


def form_context(
    layer: Layer, form: FeatureForm | None = None, *, fresh: bool = False
) -> dict[str, Any]:
    """What each form needs besides its fields. fresh: under a new id, as the old one is used up."""
    data = form.data if form is not None else {}
    return {
        "layer": layer,
        "kinds": registry.addable(),
        "holder": holder_layer(layer).name if layer.within else "",
        "form": form,
        "id": (not fresh and data.get("id")) or uuid.uuid4(),
        "token": guard.token(layer.name),
        "licence": page.licence_words(layer),
        "consent": consent_version(),
    }


def render(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return page.render_page(request, f"webmap/{template}", context, status=status)


def send(
    request: HttpRequest,
    layer: Layer,
    form: FeatureForm,
    template: str,
    context: dict[str, Any],
    **said: Any,
) -> HttpResponse:
    """Submit what a valid form says, and answer; else the form once more, with its errors beside the fields."""
    status, fresh = 422, False
    try:
        outcome = submit(
            layer=layer,
            author=author(request),
            channel="map",
            id=sent_id(request),
            consent=consent_given(request.POST.get("consent", "")),
            **said,
        )
    except ValidationError as error:
        form.refuse(error)
    except NotThere:
        raise Http404 from None
    except Refused as refused:
        form.add_error(None, str(refused))
        status = 429 if isinstance(refused, TooMany) else 422
        fresh = isinstance(refused, OtherBody)
    else:
        return answer(request, layer, outcome)
    return render(request, template, {**context, **form_context(layer, form, fresh=fresh)}, status)


def answer(request: HttpRequest, layer: Layer, outcome: Outcome) -> HttpResponse:
    """The page after something was taken: the feature, or that it waits, or that it is in conflict."""
    proposal = outcome.proposal
    context = {"layer": layer, "proposal": proposal.id, "receipt": receipt(proposal.id)}
    if outcome.state == State.WITHDRAWN:  # sent again after it was taken back
        return render(request, "undone.html", context)
    if outcome.state == State.CONFLICT:
        return render(
            request, "conflict.html", {**context, **conflict_context(layer, proposal)}, 409
        )
    if outcome.waits:
        return render(request, "waiting.html", {**context, "why": why(proposal.waits_for)}, 202)
    if outcome.state != State.APPLIED or outcome.feature is None:
        return HttpResponseRedirect(reverse("proposal", args=[proposal.id]), status=303)
    address = reverse("feature", args=[layer.name, outcome.feature_id])
    return HttpResponseRedirect(
        f"{address}?{urlencode({'sent': receipt(proposal.id)})}", status=303
    )
