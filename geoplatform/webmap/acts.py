"""What a reader of a feature's page may do about it, and what they have just done."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Action, Proposal
from geoplatform.contributions.taking import may_take_back
from geoplatform.pages import guard
from geoplatform.pages.law import consent_version
from geoplatform.webmap import receipts
from geoplatform.webmap.reports import confirmations


def context(request: HttpRequest, layer: Layer, id: uuid.UUID) -> dict[str, Any]:
    """`acts`: addresses of forms, and a form to confirm; `done`: what somebody with this receipt has just done."""
    if not layer.editable or not layer.geometry:
        return {}
    sent = receipts.read(request.GET.get("sent", ""))
    proposal = selectors.proposal(sent) if sent else None
    if proposal is not None and proposal.feature != id:
        proposal = None
    return {
        "acts": {
            "correct": reverse("correct", args=[layer.name, id]),
            "move": reverse("move", args=[layer.name, id]),
            "report": reverse("report", args=[layer.name, id]),
            "confirm": reverse("confirm", args=[layer.name, id]),
            "confirmations": confirmations(layer),
        },
        "token": guard.token(layer.name),
        "consent": consent_version(),
        "id": uuid.uuid4(),
        "done": said(proposal) if proposal else "",
        "receipt": request.GET["sent"] if proposal and may_take_back(proposal) else "",
    }


def said(proposal: Proposal) -> str:
    """What was done, as a sentence."""
    if proposal.action == Action.CREATE:
        return _("Saved. It is on the map now and marked as unconfirmed.")
    if proposal.changeset is None:
        return _("It stands there like this already.")
    if proposal.action == Action.CONFIRM:
        return _("Thank you. It is confirmed as of today.")
    return _("Saved.")
