"""The reader's language and format, and addresses as the reader sees them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _

from geoplatform.query.errors import QueryError
from geoplatform.services.problems import Problem


@dataclass(frozen=True)
class Offer:
    """A format that an address can answer in: its name for `f=` and other names for it, and its media type."""

    name: str
    media_type: str
    title: str = ""
    aliases: tuple[str, ...] = ()


JSON = Offer("json", "application/json", "JSON")
HTML = Offer("html", "text/html", "HTML")


def language(request: HttpRequest) -> str:
    """`de` or `en` by Accept-Language; German when nothing else is asked for."""
    return get_language_from_request(request)


def chosen(request: HttpRequest, offers: Sequence[Offer]) -> Offer:
    """The format by `f=`, else by Accept (RFC 9110, 12.5.1), the first offer when nothing is preferred.

    Raises QueryError for an unknown `f`, Problem 406 where nothing offered is accepted.
    """
    wanted = request.GET.get("f")
    if wanted is not None:
        for offer in offers:
            if wanted in (offer.name, *offer.aliases):
                return offer
        names = ", ".join(offer.name for offer in offers)
        raise QueryError("f", _("f is one of: %s.") % names)
    accepted = request.get_preferred_type([offer.media_type for offer in offers])
    for offer in offers:
        if offer.media_type == accepted:
            return offer
    types = ", ".join(offer.media_type for offer in offers)
    raise Problem(406, _("This address answers in: %s.") % types)


def absolute(request: HttpRequest, path: str) -> str:
    """The full address of a path: QGIS and GDAL resolve no relative links."""
    return request.build_absolute_uri(path)


def link(
    request: HttpRequest, path: str, rel: str, media_type: str, title: str = ""
) -> dict[str, str]:
    """A web link (RFC 8288) with rel and type."""
    found = {"href": absolute(request, path), "rel": rel, "type": media_type}
    return {**found, "title": title} if title else found


def json_response(
    body: dict[str, Any], content_type: str = "application/json", status: int = 200
) -> HttpResponse:
    """JSON as UTF-8 text; the words in it follow the reader's language."""
    # default=str: labels are lazy translations.
    text = json.dumps(body, ensure_ascii=False, default=str)
    return HttpResponse(
        text, content_type=content_type, status=status, headers={"Vary": "Accept, Accept-Language"}
    )
