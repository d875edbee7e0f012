"""What answers to indicators and to questions of features share: reading what is asked, links, and the bytes sent."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geoplatform.analysis import gate
from geoplatform.analysis.files import WRITERS, Sheet, records
from geoplatform.services.analyses import execution, processes
from geoplatform.services.bodies import body_of, parsed
from geoplatform.services.language import check as check_language
from geoplatform.services.negotiation import HTML, JSON, Offer, json_response, known_etags, link
from geoplatform.services.problems import Problem, refuse_parameters
from geoplatform.services.sending import pack

OFFERS = (
    JSON,
    HTML,
    *(
        Offer(name, processes.media_type(name), each.title)
        for name, each in WRITERS.items()
        if name != JSON.name
    ),
)


def refuse(request: HttpRequest) -> None:
    """Raises QueryError for parameters that a description does not know."""
    refuse_parameters(request, "f", "lang")
    if "lang" in request.GET:
        check_language(request.GET["lang"])


def to_page(request: HttpRequest, name: str, indicator: str = "") -> HttpResponse:
    """To the page of this name with the same question, in the reader's language."""
    asked = request.GET.copy()
    for key in ("f", "lang"):
        asked.pop(key, None)
    if indicator:
        asked["indicator"] = indicator
    where = reverse(name) + (f"?{asked.urlencode(safe=',:')}" if asked else "")
    return HttpResponse(status=303, headers={"Location": where, "Vary": "Accept, Accept-Language"})


def asked_in_address(request: HttpRequest, form: str) -> execution.Order:
    """The question that stands in the address, to be answered in this format. Raises QueryError."""
    if "lang" in request.GET:
        check_language(request.GET["lang"])
    apart = ("municipality", "at", "f", "lang")
    return execution.Order(
        municipalities=tuple(request.GET.getlist("municipality")),
        at=request.GET.get("at", ""),
        values={name: text for name, text in request.GET.items() if name not in apart},
        form=form,
        raw=True,
    )


def asked_in_body(request: HttpRequest) -> execution.Order:
    """The question that stands in the body (18-062r2, 7.11). Raises QueryError, Problem 400, 413."""
    refuse_parameters(request, "lang")
    return execution.read(parsed(body_of(request)))


@contextmanager
def in_turn() -> Iterator[None]:
    """While a question is being answered. Raises Problem 503: as many as may be are being answered."""
    try:
        with gate.admitted():
            yield
    except gate.Busy:
        message = _("Other questions are being answered. Please try again in a few seconds.")
        raise Problem(503, message, headers={"Retry-After": str(gate.RETRY_SECONDS)}) from None


def links(
    request: HttpRequest, own: str, asked: Mapping[str, str], at: dt.datetime, page: str
) -> list[dict[str, str]]:
    """The answer's own address, the same of the same instant for ever, its page, and other formats.

    own   path of what was asked, below which `/results` lies
    page  path and question of the page with the same answer
    """
    instant = at.isoformat().replace("+00:00", "Z")

    def where(**more: str) -> str:
        return f"{own}/results?{urlencode({**asked, **more}, safe=',:')}"

    return [
        link(request, where(), "self", processes.JSON_TYPE),
        link(request, where(at=instant), "memento", processes.JSON_TYPE),  # RFC 7089
        link(request, page, "alternate", processes.HTML_TYPE),
        *(
            link(request, where(f=name), "alternate", processes.media_type(name), each.title)
            for name, each in WRITERS.items()
            if name != JSON.name
        ),
        link(request, own, "describedby", processes.JSON_TYPE),
    ]


def executed(request: HttpRequest, made: Sheet, order: execution.Order) -> HttpResponseBase:
    """The answer as the body asked for it: the file itself, or a document that holds it."""
    if order.raw:
        return pack(request, _file(made, order.form))
    body = {
        "value": json.loads(WRITERS[order.form].write(made)),
        "mediaType": processes.media_type(order.form),
    }
    return json_response({processes.OUTPUT: body})


def sent(request: HttpRequest, made: Sheet, form: str, version: int) -> HttpResponseBase:
    """The answer, or 304 for who holds it. The tag says the data's version and what the answer says, not when."""
    said = {name: value for name, value in made.about.items() if name not in ("at", "links")}
    text = json.dumps([form, get_language(), said, records(made)], default=str).encode()
    shapes = b"".join(made.rows.geometry.to_wkb())
    tag = f"{version}-{hashlib.blake2b(text + shapes, digest_size=9).hexdigest()}"
    known = {tag, "*"} & known_etags(request)
    response = HttpResponse(status=304) if known else _file(made, form)
    response.headers["ETag"] = f'W/"{tag}"'
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return pack(request, response)


def _file(made: Sheet, form: str) -> HttpResponse:
    """The answer as bytes; what is no JSON is saved under a name."""
    found = WRITERS[form]
    response = HttpResponse(found.write(made), content_type=found.media_type)
    if form != JSON.name:
        response.headers["Content-Disposition"] = f'attachment; filename="{made.name}.{form}"'
    if made.about.get("licences"):
        licences = (f'<{each}>; rel="license"' for each in made.about["licences"])
        response.headers["Link"] = ", ".join(licences)
    return response
