"""Propose something, and decide about what is proposed: plain JSON, as the map sends it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import services
from geoplatform.contributions.models import Action, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.who import Author
from geoplatform.services.authors import author_of, says_who, unauthorized
from geoplatform.services.bodies import (
    an_object,
    as_uuid,
    content_crs,
    idempotency_key,
    in_degrees,
    json_in,
    version_in,
)
from geoplatform.services.negotiation import absolute, json_response
from geoplatform.services.outcomes import conflict, first_state, refusals
from geoplatform.services.problems import Problem
from geoplatform.services.proposals.listing import GEOJSON, found, linked
from geoplatform.services.serializers import editable_only, emptied, validated

SENT = (
    "id",
    "layer",
    "action",
    "feature",
    "base_version",
    "values",
    "geometry",
    "reason",
    "kind",
    "duplicate_of",
    "consent",
)
DECIDED = ("reason", "fields", "values", "geometry", "seen")


def send(request: HttpRequest) -> HttpResponse:
    """201 with the proposal, whether it waits or is applied already; 409 where it is in conflict."""
    body = _known(an_object(json_in(request)), SENT)
    layer = _layer(body)
    action = _choice(body, "action", Action.values)
    values, geometry = _said(layer, body, request, new=action == Action.CREATE)
    key = _own_id(body, request)
    with refusals(request, layer):
        outcome = services.submit(
            layer=layer,
            action=action,
            author=author_of(request),
            channel="map",
            id=key,
            feature=_uuid(body, "feature"),
            base_version=version_in(body, "base_version"),
            values=values,
            geometry=geometry,
            reason=_text(body, "reason"),
            kind=_text(body, "kind"),
            duplicate_of=_uuid(body, "duplicate_of"),
            consent=_text(body, "consent"),
        )
    if first_state(outcome) == State.CONFLICT:
        raise conflict(request, outcome.proposal)
    return _answer(request, outcome, 201)


def decide(request: HttpRequest, id: uuid.UUID, decision: str) -> HttpResponse:
    """Whoever proposed it withdraws, others confirm, reviewers accept (in part, or edited) or reject with a reason."""
    body = _known(an_object(json_in(request)), DECIDED)
    if not says_who(request):
        raise unauthorized(_("Please say who you are, by a contributor's key or access token."))
    with refusals(request):
        outcome = DECISIONS[decision](request, id, author_of(request), body)
    if outcome.state == State.CONFLICT and not outcome.merge.clean:
        raise conflict(request, outcome.proposal)
    return _answer(request, outcome, 200)


def _withdraw(
    request: HttpRequest, id: uuid.UUID, author: Author, body: Mapping[str, Any]
) -> Outcome:
    return services.withdraw(proposal=id, author=author, reason=_text(body, "reason"))


def _confirm(
    request: HttpRequest, id: uuid.UUID, author: Author, body: Mapping[str, Any]
) -> Outcome:
    return services.confirm(proposal=id, author=author, reason=_text(body, "reason"))


def _reject(
    request: HttpRequest, id: uuid.UUID, author: Author, body: Mapping[str, Any]
) -> Outcome:
    return services.reject(proposal=id, reviewer=author, reason=_text(body, "reason"))


def _accept(
    request: HttpRequest, id: uuid.UUID, author: Author, body: Mapping[str, Any]
) -> Outcome:
    layer = registry.get(found(id).layer)
    if layer is None:
        raise Problem(404, _("There is no such proposal."))
    fields = body.get("fields")
    if fields is not None and not (
        isinstance(fields, list) and all(isinstance(each, str) for each in fields)
    ):
        raise ValidationError({"fields": [_("This is a list of names.")]})
    values, geometry = _said(layer, body, request, new=False)
    return services.accept(
        proposal=id,
        reviewer=author,
        fields=fields,
        edited=values,
        geometry=geometry,
        seen=version_in(dict(body), "seen"),
        reason=_text(body, "reason"),
    )


DECISIONS: dict[str, Callable[..., Outcome]] = {
    "withdraw": _withdraw,
    "confirm": _confirm,
    "accept": _accept,
    "reject": _reject,
}


def _answer(request: HttpRequest, outcome: Outcome, status: int) -> HttpResponse:
    # Read anew: the database dated it.
    response = json_response(linked(request, found(outcome.proposal.pk)), GEOJSON, status)
    if status == 201:
        response.headers["Location"] = absolute(request, f"/api/proposals/{outcome.proposal.pk}")
    response.headers["Cache-Control"] = "no-store"
    return response


def _known(body: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    unknown = sorted(set(body) - set(names))
    if unknown:
        raise ValidationError({name[:80]: [_("This is not known.")] for name in unknown[:20]})
    return body


def _layer(body: Mapping[str, Any]) -> Layer:
    name = body.get("layer")
    layer = registry.get(name) if isinstance(name, str) else None
    if layer is None:
        names = ", ".join(each.name for each in registry.layers() if each.editable)
        raise ValidationError({"layer": [_("This is one of: %s.") % names]})
    return layer


def _choice(body: Mapping[str, Any], name: str, allowed: list[str]) -> str:
    value = body.get(name)
    if not isinstance(value, str) or value not in allowed:
        raise ValidationError({name: [_("This is one of: %s.") % ", ".join(allowed)]})
    return value


def _said(
    layer: Layer, body: Mapping[str, Any], request: HttpRequest, *, new: bool
) -> tuple[dict[str, Any], Any]:
    """Values and geometry in the model's types."""
    properties = editable_only(layer, body.get("values"))
    if new:
        said = {name: value for name, value in properties.items() if value is not None}
    else:
        said = emptied(layer, properties)
    if body.get("geometry") is None or not layer.geometry:
        return (validated(layer, said) if said else {}), None
    values = validated(layer, said, in_degrees(body["geometry"], content_crs(request)))
    return values, values.pop(layer.geometry, None)


def _own_id(body: Mapping[str, Any], request: HttpRequest) -> uuid.UUID | None:
    key, id = idempotency_key(request), _uuid(body, "id")
    if key is not None and id is not None and key != id:
        raise Problem(400, _("The Idempotency-Key of a proposal is its id."))
    return id or key


def _uuid(body: Mapping[str, Any], name: str) -> uuid.UUID | None:
    value = body.get(name)
    return None if value is None else as_uuid(value, _("%s is a UUID.") % name)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > 2000:
        raise ValidationError({name: [_("This is a text of at most 2,000 characters.")]})
    return value
