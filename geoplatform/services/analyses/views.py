"""/api/analyses: which indicators there are, what each is, and what it says of the quarters of some municipalities."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from geoplatform.analysis import asking, gate
from geoplatform.analysis.answer import Answer, answer
from geoplatform.analysis.errors import Unanswerable
from geoplatform.analysis.files import WRITERS, Sheet, records, sheet
from geoplatform.analysis.indicator import Indicator
from geoplatform.services.analyses import execution as orders
from geoplatform.services.analyses import processes, question_process
from geoplatform.services.bodies import GuardedJSONParser
from geoplatform.services.language import check as check_language
from geoplatform.services.negotiation import (
    HTML,
    JSON,
    Offer,
    chosen,
    json_response,
    known_etags,
    link,
)
from geoplatform.services.problems import Problem, problems, refuse_parameters
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


@problems("GET", "HEAD")
def listing(request: HttpRequest) -> HttpResponseBase:
    """All indicators; people are led to the planner's page."""
    if chosen(request, (JSON, HTML)) == HTML:
        return _page(request)
    refuse(request)
    found = processes.everything(request)
    found["processes"].append(question_process.summary(request))
    return json_response(found)


@problems("GET", "HEAD")
def description(request: HttpRequest, id: str) -> HttpResponseBase:
    """One indicator: definition, inputs, outputs."""
    indicator = processes.found(id)
    if chosen(request, (JSON, HTML)) == HTML:
        return _page(request, indicator.id)
    refuse(request)
    return json_response(processes.description(request, indicator))


@problems("GET", "HEAD")
def results(request: HttpRequest, id: str) -> HttpResponseBase:
    """What an indicator says: the question stands in the address, so that its answer has one."""
    indicator = processes.found(id)
    form = chosen(request, OFFERS)
    if form == HTML:
        return _page(request, indicator.id)
    if "lang" in request.GET:
        check_language(request.GET["lang"])
    values = {
        name: text
        for name, text in request.GET.items()
        if name not in ("municipality", "at", "f", "lang")
    }
    towns = request.GET.getlist("municipality")
    answered = _asked(indicator, towns, request.GET.get("at", ""), values)
    made = sheet(answered)
    made.about["links"] = _links(request, answered)
    return pack(request, sent(request, made, form.name, answered.version))


@problems("POST")
def execution(request: HttpRequest, id: str) -> HttpResponseBase:
    """The same question in the body of a request (18-062r2, 7.11), answered at once."""
    indicator = processes.found(id)
    refuse_parameters(request, "lang")
    try:
        document = GuardedJSONParser().parse(request)
    except ParseError as error:
        raise Problem(400, str(error.detail)) from None
    order = orders.read(document)
    answered = _asked(indicator, order.municipalities, order.at, order.values)
    made = sheet(answered)
    made.about["links"] = _links(request, answered)
    if order.raw:
        return pack(request, file(made, order.form))
    body = {
        "value": json.loads(WRITERS[order.form].write(made)),
        "mediaType": processes.media_type(order.form),
    }
    return json_response({processes.OUTPUT: body})


def _asked(
    indicator: Indicator, towns: Iterable[str], at: str, values: Mapping[str, Any]
) -> Answer:
    """Raises QueryError, Problem 422 where no data can tell, 503 where too many ask."""
    try:
        keys, instant = asking.towns(towns), asking.instant("at", at)
        with gate.admitted():
            return answer(indicator, keys, values, at=instant)
    except Unanswerable as error:
        raise Problem(422, str(error)) from None
    except gate.Busy:
        raise too_many() from None


def too_many() -> Problem:
    """503: as many questions as may be are being answered."""
    return Problem(
        503,
        _("Other questions are being answered. Please try again in a few seconds."),
        headers={"Retry-After": str(gate.RETRY_SECONDS)},
    )


def sent(request: HttpRequest, made: Sheet, form: str, version: int) -> HttpResponse:
    """The answer, or 304 for who holds it. The tag says the data's version and what the answer says, not when."""
    said = {name: value for name, value in made.about.items() if name not in ("at", "links")}
    text = json.dumps([form, get_language(), said, records(made)], default=str).encode()
    shapes = b"".join(made.rows.geometry.to_wkb())
    tag = f"{version}-{hashlib.blake2b(text + shapes, digest_size=9).hexdigest()}"
    headers = {"ETag": f'W/"{tag}"', "Cache-Control": "no-cache"}
    if {tag, "*"} & known_etags(request):
        return HttpResponse(status=304, headers=headers)
    response = file(made, form)
    for name, value in headers.items():
        response.headers[name] = value
    return response


def file(made: Sheet, form: str) -> HttpResponse:
    """The answer as bytes; what is no JSON is saved under a name."""
    found = WRITERS[form]
    response = HttpResponse(found.write(made), content_type=found.media_type)
    if form != "json":
        response.headers["Content-Disposition"] = f'attachment; filename="{made.name}.{form}"'
    if made.about.get("licences"):
        licences = (f'<{each}>; rel="license"' for each in made.about["licences"])
        response.headers["Link"] = ", ".join(licences)
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    return response


def _links(request: HttpRequest, answered: Answer) -> list[dict[str, str]]:
    """The answer's own address, the same of the same instant for ever, and other formats."""
    asked = {"municipality": ",".join(answered.municipalities)}
    asked |= {name: f"{value:.10g}" for name, value in answered.values.items()}
    instant = answered.at.isoformat().replace("+00:00", "Z")
    own = f"{processes.address(answered.indicator)}/results"

    def where(**more: str) -> str:
        return f"{own}?{urlencode({**asked, **more}, safe=',:')}"

    page = reverse("planning")
    this = urlencode({"indicator": answered.indicator.id, **asked}, safe=",:")
    return [
        link(request, where(), "self", processes.JSON_TYPE),
        link(request, where(at=instant), "memento", processes.JSON_TYPE),  # RFC 7089
        link(request, f"{page}?{this}", "alternate", processes.HTML_TYPE),
        *(
            link(request, where(f=name), "alternate", processes.media_type(name), each.title)
            for name, each in WRITERS.items()
            if name != "json"
        ),
        link(request, processes.address(answered.indicator), "describedby", processes.JSON_TYPE),
    ]


def refuse(request: HttpRequest) -> None:
    refuse_parameters(request, "f", "lang")
    if "lang" in request.GET:
        check_language(request.GET["lang"])


def _page(request: HttpRequest, indicator: str = "") -> HttpResponse:
    """To the planner's page with the same question, in the reader's language."""
    return to_page(request, "planning", indicator)


def to_page(request: HttpRequest, name: str, indicator: str = "") -> HttpResponse:
    """To the page of this name with the same question, in the reader's language."""
    asked = request.GET.copy()
    for key in ("f", "lang"):
        asked.pop(key, None)
    if indicator:
        asked["indicator"] = indicator
    where = reverse(name) + (f"?{asked.urlencode(safe=',:')}" if asked else "")
    return HttpResponse(status=303, headers={"Location": where, "Vary": "Accept, Accept-Language"})
