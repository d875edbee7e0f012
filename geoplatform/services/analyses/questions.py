"""/api/analyses/question: questions of features, in the shapes in which indicators are asked."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.analysis import asking, question
from geoplatform.analysis.files import Sheet
from geoplatform.analysis.reply import reply
from geoplatform.analysis.said import sheet
from geoplatform.query.errors import QueryError
from geoplatform.services.analyses import answers
from geoplatform.services.analyses.execution import Order
from geoplatform.services.analyses.question_process import OWN, described
from geoplatform.services.negotiation import HTML, JSON, chosen, json_response
from geoplatform.services.problems import problems


@problems("GET", "HEAD")
def description(request: HttpRequest) -> HttpResponseBase:
    """What may be asked (process, 18-062r2, 7.10)."""
    if chosen(request, (JSON, HTML)) == HTML:
        return answers.to_page(request, "questions")
    answers.refuse(request)
    return json_response(described(request))


@problems("GET", "HEAD")
def results(request: HttpRequest) -> HttpResponseBase:
    """The answer to a question that stands in the address."""
    form = chosen(request, answers.OFFERS)
    if form == HTML:
        return answers.to_page(request, "questions")
    order = answers.asked_in_address(request, form.name)
    made, version = _answered(request, order)
    return answers.sent(request, made, order.form, version)


@problems("POST")
def execution(request: HttpRequest) -> HttpResponseBase:
    """The same question in the body of a request (18-062r2, 7.11), answered at once."""
    order = answers.asked_in_body(request)
    made, _version = _answered(request, order)
    return answers.executed(request, made, order)


def _answered(request: HttpRequest, order: Order) -> tuple[Sheet, int]:
    """The answer and the version of its data. Raises QueryError, Problem 503 where too many ask."""
    given = {name: str(value) for name, value in order.values.items()}
    for name in given:
        if name not in question.PARAMETERS:
            raise QueryError(name[:80], _("Unknown parameter %s.") % name[:80])
    instant = asking.instant("at", order.at)
    towns = () if question.is_drawn(given) else asking.towns(order.municipalities)
    asked = question.parse(given, towns)
    with answers.in_turn():
        found = reply(asked, at=instant)
    made = sheet(found)
    said = asked.parameters()
    page = f"{reverse('questions')}?{urlencode(said, safe=',:')}"
    made.about["links"] = answers.links(request, OWN, said, found.at, page)
    return made, found.version
