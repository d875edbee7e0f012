"""Pages of proposals: what waits for everybody, all of one's own for who sends a key or token."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.models import WAITING, Contributor, Proposal, State
from geoplatform.contributions.trust import why
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import parse_bbox, parse_integer
from geoplatform.services.authors import reader_of, says_who, unauthorized
from geoplatform.services.language import check as check_language
from geoplatform.services.negotiation import link
from geoplatform.services.problems import Problem, refuse_parameters

GEOJSON = "application/geo+json"
LIMIT = 100
PARAMETERS = ("bbox", "layer", "feature", "state", "author", "limit", "after")


def page(request: HttpRequest) -> dict[str, Any]:
    """A FeatureCollection with `next`. Raises QueryError, Problem 401."""
    refuse_parameters(request, *PARAMETERS, "lang", "f")
    if "lang" in request.GET:
        check_language(request.GET["lang"])
    limit = parse_integer(
        "limit",
        request.GET.get("limit", str(LIMIT)),
        low=1,
        high=selectors.OVERLAY_MOST,
        clamp=True,
    )
    own = "author" in request.GET
    asked = _own(request, _author(request), limit + 1) if own else _waiting(request, limit + 1)
    shown = asked[:limit]
    links = [link(request, request.get_full_path(), "self", GEOJSON)]
    if len(asked) > limit:
        following = {**request.GET.dict(), "after": str(shown[-1].pk)}
        links.append(link(request, f"/api/proposals?{urlencode(following)}", "next", GEOJSON))
    return {
        "type": "FeatureCollection",
        "features": [linked(request, each) for each in shown],
        "numberReturned": len(shown),
        "links": links,
    }


def linked(request: HttpRequest, proposal: Proposal) -> dict[str, Any]:
    """One proposal as everybody sees it: why it waits, and where the feature is."""
    body = selectors.public(proposal)
    body["properties"]["why"] = why(proposal.waits_for) or None
    item = f"/api/collections/{proposal.layer}/items/{proposal.feature}"
    body["links"] = [
        link(request, f"/api/proposals/{proposal.pk}", "self", GEOJSON),
        link(request, item, "about", GEOJSON),
    ]
    return body


def found(id: uuid.UUID) -> Proposal:
    """Raises Problem 404."""
    known = selectors.proposal(id)
    if known is None:
        raise Problem(404, _("There is no such proposal."))
    return known


def _waiting(request: HttpRequest, limit: int) -> list[Proposal]:
    states = _states(request, [str(each) for each in WAITING])
    box = request.GET.get("bbox")
    return selectors.overlay(
        layer=_layer(request),
        bbox=parse_bbox(box) if box is not None else None,
        feature=_id(request, "feature"),
        states=states,
        after=_id(request, "after"),
        limit=limit,
    )


def _own(request: HttpRequest, contributor: Contributor | None, limit: int) -> list[Proposal]:
    """All of somebody's proposals, newest first, whatever became of them."""
    if contributor is None:  # a key that has sent nothing yet
        return []
    found = selectors.mine(contributor).prefetch_related("decisions")
    if (layer := _layer(request)) is not None:
        found = found.filter(layer=layer.name)
    if (feature := _id(request, "feature")) is not None:
        found = found.filter(feature=feature)
    if "state" in request.GET:
        found = found.filter(state__in=_states(request, State.values))
    if (after := _id(request, "after")) is not None:
        last = found.filter(pk=after).first()
        if last is None:
            raise QueryError("after", _("There is no such proposal."))
        found = found.filter(Q(created__lt=last.created) | Q(created=last.created, id__lt=last.pk))
    return list(found[:limit])


def _author(request: HttpRequest) -> Contributor | None:
    if request.GET["author"] != "me":
        raise QueryError("author", _("Others' contributions are not told by author: author is me."))
    if "bbox" in request.GET:
        raise QueryError("bbox", _("%s cannot be asked together with author.") % "bbox")
    if not says_who(request):
        raise unauthorized(_("Whose they are is told by a contributor's key or an access token."))
    return reader_of(request).contributor


def _layer(request: HttpRequest) -> Layer | None:
    name = request.GET.get("layer")
    if name is None:
        return None
    layer = registry.get(name)
    if layer is None:
        raise QueryError("layer", _("There is no layer %s.") % name[:80])
    return layer


def _states(request: HttpRequest, allowed: list[str]) -> list[str]:
    given = request.GET.get("state")
    states = given.split(",") if given is not None else allowed
    if not set(states) <= set(allowed):
        raise QueryError("state", _("state is one of: %s.") % ", ".join(allowed))
    return states


def _id(request: HttpRequest, name: str) -> uuid.UUID | None:
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise QueryError(name, _("%s is a UUID.") % name) from None
