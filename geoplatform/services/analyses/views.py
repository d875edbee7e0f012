"""/api/analyses: which indicators there are, what each is, and what it says of the quarters of some municipalities."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from geoplatform.analysis import asking
from geoplatform.analysis.answer import Answer, answer
from geoplatform.analysis.errors import Unanswerable
from geoplatform.analysis.files import Sheet, sheet
from geoplatform.analysis.indicator import Indicator
from geoplatform.services.analyses import answers, processes, question_process
from geoplatform.services.analyses.execution import Order
from geoplatform.services.negotiation import HTML, JSON, chosen, json_response
from geoplatform.services.problems import Problem, problems


@problems("GET", "HEAD")
def listing(request: HttpRequest) -> HttpResponseBase:
    """All indicators; people are led to the planner's page."""
    if chosen(request, (JSON, HTML)) == HTML:
        return answers.to_page(request, "planning")
    answers.refuse(request)
    found = processes.everything(request)
    found["processes"].append(question_process.summary(request))
    return json_response(found)


@problems("GET", "HEAD")
def description(request: HttpRequest, id: str) -> HttpResponseBase:
    """One indicator: definition, inputs, outputs."""
    indicator = processes.found(id)
    if chosen(request, (JSON, HTML)) == HTML:
        return answers.to_page(request, "planning", indicator.id)
    answers.refuse(request)
    return json_response(processes.description(request, indicator))


@problems("GET", "HEAD")
def results(request: HttpRequest, id: str) -> HttpResponseBase:
    """What an indicator says: the question stands in the address, so that its answer has one."""
    indicator = processes.found(id)
    form = chosen(request, answers.OFFERS)
    if form == HTML:
        return answers.to_page(request, "planning", indicator.id)
    order = answers.asked_in_address(request, form.name)
    made, version = _answered(request, indicator, order)
    return answers.sent(request, made, order.form, version)


@problems("POST")
def execution(request: HttpRequest, id: str) -> HttpResponseBase:
    """The same question in the body of a request (18-062r2, 7.11), answered at once."""
    indicator = processes.found(id)
    order = answers.asked_in_body(request)
    made, _version = _answered(request, indicator, order)
    return answers.executed(request, made, order)


def _answered(request: HttpRequest, indicator: Indicator, order: Order) -> tuple[Sheet, int]:
    """The answer and the version of its data.

    Raises QueryError, Problem 422 where no data can tell, 503 where too many ask.
    """
    try:
        keys, instant = asking.towns(order.municipalities), asking.instant("at", order.at)
        with answers.in_turn():
            found = answer(indicator, keys, order.values, at=instant)
    except Unanswerable as error:
        raise Problem(422, str(error)) from None
    made = sheet(found)
    made.about["links"] = _links(request, found)
    return made, found.version


def _links(request: HttpRequest, found: Answer) -> list[dict[str, str]]:
    asked = {"municipality": ",".join(found.municipalities)}
    asked |= {name: f"{value:.10g}" for name, value in found.values.items()}
    this = urlencode({"indicator": found.indicator.id, **asked}, safe=",:")
    page = f"{reverse('planning')}?{this}"
    return answers.links(request, processes.address(found.indicator), asked, found.at, page)
