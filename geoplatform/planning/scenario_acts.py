"""Scenarios kept and deleted by a form: what was done leads on, what was not says why beside what was sent."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.planning import drafting, saved
from geoplatform.planning.models import Scenario
from geoplatform.planning.scenario_page import draft, number, refused, stale
from geoplatform.query.errors import QueryError


def keep(request: HttpRequest, given: QueryDict, there: Scenario | None) -> HttpResponse:
    """A version more of `there`; a new scenario for None."""
    user = request.user
    if not isinstance(user, User):
        words = _("Only who is logged in can keep a scenario. What you have drawn is still here.")
        return refused(request, given, there, words, 403)
    try:
        said = draft(given, drafting.read(given))
        made = saved.save(
            author=user,
            draft=said,
            key=there.key if there else None,
            seen=number(given.get("version", "")) or 0,
        )
    except QueryError as error:
        return refused(request, given, there, str(error), 400, error.parameter)
    except saved.NotYours:
        words = _("Only its author changes a scenario. Keep it as one of your own.")
        return refused(request, given, there, words, 403)
    except saved.Stale as error:
        return refused(request, given, there, stale(error), 409)
    return HttpResponseRedirect(reverse("scenario", args=[made.key]), status=303)


def delete(request: HttpRequest, given: QueryDict, there: Scenario) -> HttpResponse:
    """All versions, if its author is sure."""
    if given.get("sure") != "yes":
        return refused(request, given, there, _("Please tick that you are sure."), 400)
    try:
        if not isinstance(request.user, User):
            raise saved.NotYours
        saved.delete(author=request.user, key=there.key)
    except saved.NotYours:
        return refused(request, given, there, _("Only its author deletes a scenario."), 403)
    return HttpResponseRedirect(reverse("scenarios"), status=303)
