"""One feature as an answer, with its links and its tag; what came of a request to change it."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties
from geoplatform.contributions.models import Proposal, State
from geoplatform.contributions.outcome import Outcome
from geoplatform.contributions.selectors import held_creation, successor
from geoplatform.contributions.trust import why
from geoplatform.contributions.values import geojson
from geoplatform.query.select import feature
from geoplatform.services.features.formats import GEOJSON
from geoplatform.services.negotiation import HTML, JSON, absolute, known_etags, link
from geoplatform.services.outcomes import REL_STATUS, address_of, conflict, first_state
from geoplatform.services.problems import Problem


def item_address(layer: Layer, id: uuid.UUID | str) -> str:
    return f"/api/collections/{layer.name}/items/{id}"


def represented(request: HttpRequest, layer: Layer, id: uuid.UUID, text: bytes) -> bytes:
    """A feature's GeoJSON with its links."""
    own = absolute(request, item_address(layer, id))
    collection = own.rpartition("/items/")[0]
    reading = request.method in ("GET", "HEAD")
    itself = absolute(request, request.get_full_path()) if reading else own
    links = json.dumps(
        [
            {"href": itself, "rel": "self", "type": GEOJSON},
            {"href": f"{own}?f=html", "rel": "alternate", "type": HTML.media_type},
            {
                "href": collection,
                "rel": "collection",
                "type": JSON.media_type,
                "title": str(layer.title),
            },
            # RFC 5829
            {"href": f"{own}/history", "rel": "version-history", "type": JSON.media_type},
        ],
        ensure_ascii=False,
    )
    return text[:-1] + f',"links":{links}}}'.encode()


def etag(text: bytes, body: bytes, version: int | None = None) -> str:
    """A strong tag: the version, by which If-Match is answered, and a digest, since names of species or quarters change
    without a version."""
    if version is None:
        version = json.loads(text)["properties"].get("version", 0)
    return f'"{version}-{hashlib.blake2b(body, digest_size=9).hexdigest()}"'


def tagged(request: HttpRequest, body: bytes, tag: str, headers: dict[str, str]) -> HttpResponse:
    """The feature, or 304 for who holds it (RFC 9110, 13.1.2)."""
    headers = {**headers, "ETag": tag, "Cache-Control": "no-cache"}
    if {tag.strip('"'), "*"} & known_etags(request):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type=GEOJSON, headers=headers)


def elsewhere(request: HttpRequest, layer: Layer, id: uuid.UUID) -> HttpResponse | None:
    """To the feature as which one goes on that was found to be the same; None where there is none. An undo may bring it
    back, so the way is for now (RFC 9110, 15.4.8)."""
    kept = successor(layer, id)
    if kept is None:
        return None
    query = request.META.get("QUERY_STRING", "")
    address = item_address(layer, kept) + (f"?{query}" if query else "")
    return HttpResponse(
        status=307, headers={"Location": absolute(request, address), "Cache-Control": "no-store"}
    )


def created(request: HttpRequest, layer: Layer, outcome: Outcome) -> HttpResponse:
    """201 with the feature; 202 where it waits, since there is none yet (RFC 9110, 15.3.3).

    Both say where it is, or will be: QGIS takes the new feature's id from `Location`.
    """
    headers = {"Location": absolute(request, item_address(layer, outcome.feature_id))}
    if first_state(outcome) != State.APPLIED:
        return waiting(request, outcome.proposal, headers)
    text = outcome.text or feature(layer, outcome.feature_id)
    if text is None:  # sent again after it was deleted
        raise Problem(409, _("A feature with this id exists or has existed."))
    body = represented(request, layer, outcome.feature_id, text)
    headers["ETag"] = etag(text, body, outcome.version if outcome.text else None)
    return HttpResponse(body, status=201, content_type=GEOJSON, headers=headers)


def edited(request: HttpRequest, layer: Layer, outcome: Outcome) -> HttpResponse:
    """200 with the feature as it is now; 202 where the change waits; 409 in conflict."""
    state = first_state(outcome)
    if state == State.CONFLICT:
        raise conflict(request, outcome.proposal)
    if state != State.APPLIED:
        return waiting(request, outcome.proposal, {})
    if outcome.text is None:
        return unchanged(request, layer, outcome.feature_id)
    return _now(request, layer, outcome.feature_id, outcome.text, outcome.version)


def unchanged(request: HttpRequest, layer: Layer, id: uuid.UUID) -> HttpResponse:
    """The feature as it is now."""
    text = feature(layer, id)
    if text is None:  # by its new values it belongs to another layer
        return HttpResponse(status=204)
    return _now(request, layer, id, text)


def _now(
    request: HttpRequest, layer: Layer, id: uuid.UUID, text: bytes, version: int | None = None
) -> HttpResponse:
    body = represented(request, layer, id, text)
    # No tag after a PUT: what is stored is a merge, not what was sent (RFC 9110, 9.3.4).
    headers = {} if request.method == "PUT" else {"ETag": etag(text, body, version)}
    return HttpResponse(body, content_type=GEOJSON, headers=headers)


def deleted(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    state = first_state(outcome)
    if state == State.CONFLICT:
        raise conflict(request, outcome.proposal)
    if state != State.APPLIED:
        return waiting(request, outcome.proposal, {})
    return HttpResponse(status=204)


def waiting(request: HttpRequest, proposal: Proposal, headers: dict[str, str]) -> HttpResponse:
    """202: taken, and where to see what becomes of it."""
    where = address_of(request, proposal)
    told: dict[str, Any] = {
        "id": str(proposal.feature),
        "status": "proposed",
        "state": str(proposal.state),
        "detail": why(proposal.waits_for),
        "proposal": where,
    }
    return HttpResponse(
        json.dumps(told, ensure_ascii=False),
        status=202,
        content_type="application/json",
        headers={"Location": where, **headers, "Link": f'<{where}>; rel="{REL_STATUS}"'},
    )


def proposed(request: HttpRequest, layer: Layer, id: uuid.UUID) -> HttpResponse | None:
    """A new feature that waits, at the address that it will have; None where none waits. In no cache: it may change."""
    found = held_creation(layer, id)
    if found is None:
        return None
    said: dict[str, Any] = dict.fromkeys(each.name for each in properties(layer))
    said |= {name: value for name, value in found.fields.items() if name in said}
    said |= {"status": "proposed", "licence": str(found.licence)}
    document = {
        "type": "Feature",
        "id": str(found.feature),
        "geometry": geojson(found.geometry) if found.geometry is not None else None,
        "properties": said,
        "links": [
            link(request, request.get_full_path(), "self", GEOJSON),
            link(request, f"/api/proposals/{found.pk}", REL_STATUS, GEOJSON),
        ],
    }
    return HttpResponse(
        json.dumps(document, ensure_ascii=False),
        content_type=GEOJSON,
        headers={"Cache-Control": "no-store"},
    )
