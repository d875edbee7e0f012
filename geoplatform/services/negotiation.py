"""The reader's format, and addresses as the reader sees them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
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


def accepts(request: HttpRequest, coding: str) -> bool:
    """Whether the client takes a content coding (RFC 9110, 12.5.3); without the header it is sent none."""
    weights = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = not re.fullmatch(r"q\s*=\s*0(\.0*)?", weight.strip())
    return weights.get(coding, weights.get("*", False))


def known_etags(request: HttpRequest) -> frozenset[str]:
    """What the client holds by If-None-Match: tags without quotes, compared weakly (RFC 9110, 13.1.2); `*` is any."""
    header = request.headers.get("If-None-Match", "")
    if header.strip() == "*":
        return frozenset("*")
    # A client that knows more versions than that is asked to fetch one anew.
    return frozenset(re.findall(r'"([^"]*)"', header)[:20])


def json_response(
    body: dict[str, Any], content_type: str = "application/json", status: int = 200
) -> HttpResponse:
    """JSON as UTF-8 text; the words in it follow the reader's language."""
    # default=str: labels are lazy translations.
    text = json.dumps(body, ensure_ascii=False, default=str)
    return HttpResponse(
        text, content_type=content_type, status=status, headers={"Vary": "Accept, Accept-Language"}
    )
