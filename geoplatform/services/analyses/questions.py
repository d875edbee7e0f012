"""/api/analyses/question: questions of features, in the shapes in which indicators are asked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from geoplatform.analysis import asking, gate, question
from geoplatform.analysis.files import WRITERS, Sheet
from geoplatform.analysis.reply import reply
from geoplatform.analysis.said import sheet
from geoplatform.query.errors import QueryError
from geoplatform.services.analyses import execution as orders
from geoplatform.services.analyses import processes, views
from geoplatform.services.analyses.question_process import OWN, described
from geoplatform.services.bodies import GuardedJSONParser
from geoplatform.services.language import check as check_language
from geoplatform.services.negotiation import HTML, JSON, chosen, json_response, link
from geoplatform.services.problems import Problem, problems, refuse_parameters
from geoplatform.services.sending import pack


@problems("GET", "HEAD")
def description(request: HttpRequest) -> HttpResponseBase:
    """What may be asked (process, 18-062r2, 7.10)."""
    if chosen(request, (JSON, HTML)) == HTML:
        return views.to_page(request, "questions")
    views.refuse(request)
    return json_response(described(request))


@problems("GET", "HEAD")
def results(request: HttpRequest) -> HttpResponseBase:
    """The answer to a question that stands in the address."""
    form = chosen(request, views.OFFERS)
    if form == HTML:
        return views.to_page(request, "questions")
    if "lang" in request.GET:
        check_language(request.GET["lang"])
    given = {
        name: text
        for name, text in request.GET.dict().items()
        if name not in ("municipality", "at", "f", "lang")
    }
    towns = request.GET.getlist("municipality")
    made, version = _asked(request, towns, request.GET.get("at", ""), given)
    return pack(request, views.sent(request, made, form.name, version))


@problems("POST")
def execution(request: HttpRequest) -> HttpResponseBase:
    """The same question in the body of a request (18-062r2, 7.11), answered at once."""
    refuse_parameters(request, "lang")
    try:
        document = GuardedJSONParser().parse(request)
    except ParseError as error:
        raise Problem(400, str(error.detail)) from None
    order = orders.read(document)
    given = {name: str(value) for name, value in order.values.items()}
    made, _version = _asked(request, order.municipalities, order.at, given)
    if order.raw:
        return pack(request, views.file(made, order.form))
    body = {
        "value": json.loads(WRITERS[order.form].write(made)),
        "mediaType": processes.media_type(order.form),
    }
    return json_response({processes.OUTPUT: body})


def _asked(
    request: HttpRequest, towns: Iterable[str], at: str, given: Mapping[str, str]
) -> tuple[Sheet, int]:
    """The answer and the version of its data. Raises QueryError, Problem 503 where too many ask."""
    for name in given:
        if name not in question.PARAMETERS:
            raise QueryError(name[:80], _("Unknown parameter %s.") % name[:80])
    instant = asking.instant("at", at)
    asked = question.parse(given, () if question.is_drawn(given) else asking.towns(towns))
    try:
        with gate.admitted():
            found = reply(asked, at=instant)
    except gate.Busy:
        raise views.too_many() from None
    made = sheet(found)
    made.about["links"] = _links(request, asked, found.at)
    return made, found.version


def _links(request: HttpRequest, asked: question.Question, at: dt.datetime) -> list[dict[str, str]]:
    """The answer's own address, the same of the same instant for ever, and other formats."""
    instant = at.isoformat().replace("+00:00", "Z")

    def where(path: str, **more: str) -> str:
        return f"{path}?{urlencode({**asked.parameters(), **more}, safe=',:')}"

    results_ = f"{OWN}/results"
    return [
        link(request, where(results_), "self", processes.JSON_TYPE),
        link(request, where(results_, at=instant), "memento", processes.JSON_TYPE),  # RFC 7089
        link(request, where(reverse("questions")), "alternate", processes.HTML_TYPE),
        *(
            link(request, where(results_, f=name), "alternate", processes.media_type(name), each.title)
            for name, each in WRITERS.items()
            if name != "json"
        ),
        link(request, OWN, "describedby", processes.JSON_TYPE),
    ]  # fmt: skip
