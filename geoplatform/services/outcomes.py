"""What the services say about a contribution, as HTTP: refusals and conflicts as problem details."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Action, Proposal, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.services import (
    AlreadyThere,
    Blocked,
    InConflict,
    NotThere,
    OtherBody,
    Refused,
    TooMany,
    WrongState,
)
from geoplatform.services.negotiation import absolute
from geoplatform.services.problems import Problem

STATUS = {AlreadyThere: 409, OtherBody: 422, TooMany: 429, NotThere: 404, WrongState: 409}
# IANA: a resource that represents the status of what was asked (RFC 8631).
REL_STATUS = "status"


def address_of(request: HttpRequest, proposal: Proposal) -> str:
    return absolute(request, f"/api/proposals/{proposal.pk}")


@contextmanager
def refusals(request: HttpRequest, layer: Layer | None = None) -> Iterator[None]:
    """Turn what the services raise into Problem and DRF's ValidationError."""
    try:
        yield
    except ModelError as error:
        name = str(layer.geometry) if layer is not None and layer.geometry else "body"
        found = error.message_dict if hasattr(error, "error_dict") else {name: error.messages}
        raise ValidationError(found) from error
    except InConflict as found_in_conflict:
        raise conflict(request, found_in_conflict.proposal) from found_in_conflict
    except Refused as refused:
        headers = {}
        if isinstance(refused, TooMany):
            headers["Retry-After"] = str(refused.retry_after)
        status = next((s for kind, s in STATUS.items() if isinstance(refused, kind)), 403)
        more = {"until": refused.until.isoformat()} if isinstance(refused, Blocked) else {}
        raise Problem(status, str(refused), headers=headers, more=more) from refused


def first_state(outcome: Outcome) -> State:
    """The state that the first answer told: what was decided later does not change the answer to a repetition."""
    if outcome.repeated:
        decided = selectors.decisions(outcome.proposal)
        if decided:
            return State(decided[0].was)
    return outcome.state


def conflict(request: HttpRequest, proposal: Proposal) -> Problem:
    """409 with three columns, field by field: what the author saw, what stands there now, what the author wants."""
    layer = registry.get(proposal.layer)
    where = address_of(request, proposal)
    columns = _columns(layer, proposal) if layer is not None else []
    return Problem(
        409,
        _("Somebody changed the same since. Nothing was overwritten; both wait for a decision."),
        headers={"Link": f'<{where}>; rel="{REL_STATUS}"'},
        more={"proposal": where, "conflicts": columns},
    )


def _columns(layer: Layer, proposal: Proposal) -> list[dict[str, Any]]:
    found = selectors.differences(proposal)
    if proposal.action == Action.DELETE or not any(each.theirs is not None for each in found):
        # The whole feature: of a deletion what others changed, of a change that it is gone.
        found = [*found] if found else selectors.changes_since(proposal)
    return [
        {
            "field": each.name,
            "label": each.label,
            "base": each.base,
            "theirs": each.theirs,
            "yours": each.ours,
            "together": list(each.part),
        }
        for each in found
        if each.verdict != "same"
    ]
