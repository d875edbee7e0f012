"""Proposals as GeoJSON: those that wait, one's own, one of them; sent and decided by POST. Never cached."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.services.negotiation import json_response
from geoplatform.services.problems import Problem, problems, refuse_parameters
from geoplatform.services.proposals import listing
from geoplatform.services.proposals.sending import DECISIONS, decide, send


@problems("GET", "HEAD", "POST")
def proposals(request: HttpRequest) -> HttpResponseBase:
    """What waits, or one's own (`author=me`); POST proposes something."""
    if request.method == "POST":
        return send(request)
    return answer(listing.page(request))


@problems("GET", "HEAD")
def proposal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """One proposal in whatever state, with what was decided about it and why."""
    refuse_parameters(request, "lang", "f")
    return answer(listing.linked(request, listing.found(id)))


@problems("POST")
def decision(request: HttpRequest, id: uuid.UUID, decision: str) -> HttpResponseBase:
    """Withdraw, confirm, accept or reject a proposal that waits."""
    if decision not in DECISIONS:
        raise Problem(404, _("Nothing is found at this address."))
    return decide(request, id=id, decision=decision)


def answer(body: dict[str, Any], status: int = 200) -> HttpResponse:
    response = json_response(body, listing.GEOJSON, status)
    response.headers["Cache-Control"] = "no-store"
    return response
