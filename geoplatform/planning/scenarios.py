"""/planning/scenarios/: draw what might be, see the figures before and after, keep it. Each step is a form, by POST."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from geoplatform.analysis import gate
from geoplatform.analysis.errors import Unanswerable
from geoplatform.pages import guard
from geoplatform.pages.basemap import allow_basemap
from geoplatform.planning import drafting, every, page, saved, scenario_acts, scenario_page
from geoplatform.planning.beside import reckoned
from geoplatform.planning.models import Scenario
from geoplatform.query.errors import QueryError

METHODS = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def scenarios(request: HttpRequest) -> HttpResponse:
    """What there is to read about scenarios, and one's own."""
    own = saved.of(request.user) if isinstance(request.user, User) else None
    return page.render_page(request, "scenarios.html", {"own": own})


@csrf_exempt  # no cookie is needed to draw: the origin is looked at instead
@METHODS
@allow_basemap
@page.in_turn
def draw(request: HttpRequest) -> HttpResponse:
    """A new scenario: GET the empty form, POST the figures, or keep it."""
    if request.method != "POST":
        return _page(request, request.GET, None)
    return _posted(request, None)


@csrf_exempt
@METHODS
@allow_basemap
@page.in_turn
def scenario(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """One that is kept, by its address; `version=` an earlier version, `at=` on the data of an instant."""
    there = scenario_page.kept(request, key)
    if request.method != "POST":
        return _page(request, drafting.form_of(there, request.GET.get("at", "")), there)
    return _posted(request, there)


def _posted(request: HttpRequest, there: Scenario | None) -> HttpResponse:
    try:
        given = scenario_page.sent(request)
    except QueryError as error:
        return scenario_page.refused(request, QueryDict(), there, str(error), 413)
    if not guard.is_ours(request):
        words = _("This form was not sent from a page of this platform.")
        return scenario_page.refused(request, given, there, words, 403)
    match given.get("do"):
        case "keep":
            return scenario_acts.keep(request, given, there)
        case "copy":
            return scenario_acts.keep(request, given, None)
        case "delete" if there is not None:
            return scenario_acts.delete(request, given, there)
    return _page(request, given, there)


def _page(request: HttpRequest, given: QueryDict, there: Scenario | None) -> HttpResponse:
    """The form, and the figures of what it says; of an empty one nothing."""
    only = request.method == "POST" and given.get("part") == "figures"
    template = "_moved.html" if only else "scenario.html"
    context: dict[str, Any] = {"scenario": there}
    status = 200
    try:
        # A script takes the last step back: then there is nothing to answer, and nothing wrong.
        if given.get("overlay") or (request.method == "POST" and not only):
            drawing = drafting.read(given)
            context |= scenario_page.figures(reckoned(drawing), there)
            if given.get("every"):
                context["every"] = every.told(drawing)
    except Unanswerable as error:
        context["wrong"] = str(error)
    except QueryError as error:
        context |= {"wrong": str(error), "parameter": error.parameter}
        status = 400
    except gate.Busy:
        if request.method != "POST" or only:
            raise
        context["wrong"] = _("Other questions are being answered. Please try again in a few seconds.")  # fmt: skip
        status = 503
    if not only:
        context |= scenario_page.form(request, given, there)
    response = page.render_page(request, template, context, status=status)
    response.headers["Cache-Control"] = "no-cache"
    return response
