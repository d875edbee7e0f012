"""A feature through time: its versions and what differs, for programs (people are led to the feature's page of it)."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.pages import words
from geoplatform.query.feature_query import parse_integer
from geoplatform.query.versions import MAX_VERSIONS, Changeset, History, Version, history
from geoplatform.services.features.page import written
from geoplatform.services.features.parameters import given, refuse_all
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.negotiation import HTML, JSON, chosen, json_response, link
from geoplatform.services.problems import Problem, problems

DEFAULT_LIMIT = 20


@problems("GET", "HEAD")
def item_history(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """Versions of one feature, the last one first; `next` leads to earlier ones."""
    layer = layer_or_404(name)
    offer = chosen(request, (JSON, HTML))
    values = given(request)
    limit = parse_integer(
        "limit", values.pop("limit", str(DEFAULT_LIMIT)), low=1, high=MAX_VERSIONS, clamp=True
    )
    text = values.pop("before", None)
    before = parse_integer("before", text, low=1, high=2**31 - 1) if text is not None else None
    refuse_all(values)
    try:
        key = uuid.UUID(id)
    except ValueError:
        key = uuid.UUID(int=0)  # no feature's
    found = history(layer, key, limit=limit, before=before)
    if found is None:
        raise Problem(404, _("There is no such feature in %s.") % layer.name)
    if offer == HTML:
        address = reverse("history", args=[layer.name, str(key)])
        response: HttpResponse = HttpResponseRedirect(
            address + (f"?before={before}" if before else "")
        )
        response.headers["Vary"] = "Accept, Accept-Language"
        return response
    return json_response(document(request, layer, str(key), found))


def document(request: HttpRequest, layer: Layer, id: str, found: History) -> dict[str, Any]:
    """What is known of a feature's past as JSON."""
    item = f"/api/collections/{layer.name}/items/{id}"
    links = [
        link(request, request.get_full_path(), "self", JSON.media_type),
        link(request, f"{item}/history?f=html", "alternate", HTML.media_type),
        link(request, item, "latest-version", "application/geo+json"),
        link(request, f"/api/collections/{layer.name}", "collection", JSON.media_type, str(layer.title)),
    ]  # fmt: skip
    if found.more:
        asked = {**request.GET.dict(), "before": str(found.versions[-1].number)}
        links.append(link(request, f"{item}/history?{urlencode(asked)}", "next", JSON.media_type))
    return {
        "id": id,
        "versions": [version(request, item, each) for each in found.versions],
        "numberMatched": found.count,
        "numberReturned": len(found.versions),
        "links": links,
    }


def version(request: HttpRequest, item: str, each: Version) -> dict[str, Any]:
    """One version: when it held, who made it and why, and what differs from the one before."""
    said: dict[str, Any] = {
        "version": each.number,
        "start": written(each.start),
        "end": written(each.end) if each.end else None,
        "changeset": changeset(each.changeset),
        "inLayer": each.feature is not None,
        "changes": [
            {
                "property": difference.property.name,
                "title": words.label(difference.property),
                "before": difference.before,
                "after": difference.after,
            }
            for difference in each.differences
        ],
    }
    if each.returned:
        said["restored"] = True
    if each.moved:
        said["geometryChange"] = {"metres": round(each.moved.metres, 2)}
        if each.moved.size is not None and each.moved.size_before is not None:
            said["geometryChange"] |= {
                "sizeBefore": round(each.moved.size_before, 1),
                "sizeAfter": round(each.moved.size, 1),
            }
    if each.deletion:
        said["deletion"] = changeset(each.deletion)
    if each.feature:
        address = f"{item}?{urlencode({'datetime': written(each.start)})}"
        said["links"] = [link(request, address, "memento", "application/geo+json")]
    return said


def changeset(each: Changeset) -> dict[str, Any]:
    return {
        "id": each.id,
        "by": each.by,
        "channel": each.channel,
        "reason": each.reason,
        "at": written(each.at),
    }
