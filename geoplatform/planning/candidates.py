"""/planning/candidates: where green would help most, a question by GET, answered as a page that needs no scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.analysis import about, asking, files, gate, sites
from geoplatform.planning import page
from geoplatform.planning.area import map_settings
from geoplatform.planning.features import SENT
from geoplatform.planning.siting import Sited, query
from geoplatform.query.errors import QueryError


@require_safe
@page.in_turn
def candidates(request: HttpRequest) -> HttpResponse:
    """The form; with `layer=` or `area=`, the answer; with `f=`, the sites as a file."""
    given = request.GET
    context: dict[str, Any] = {"form": asked_for(given), "map_settings": map_settings()}
    if not given.get("layer") and not given.get("area"):
        return page.render_page(request, "candidates.html", context)
    try:
        asked = sites.parse({name: given.get(name, "") for name in sites.PARAMETERS}, _town(given))
        if SENT in given:
            return HttpResponseRedirect(f"{request.path}?{query(asked)}")
        with gate.admitted():
            told = Sited(sites.find(asked))
            if form := given.get("f"):
                return _file(told, form)
            context |= _context(told)
            response = page.render_page(request, "candidates.html", context)
    except QueryError as error:
        context |= {"wrong": str(error), "parameter": error.parameter}
        return page.render_page(request, "candidates.html", context, status=400)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _file(told: Sited, name: str) -> HttpResponse:
    """The sites in the format of this name. Raises QueryError, naming those there are."""
    form = files.WRITERS.get(name)
    if form is None:
        raise QueryError("f", _("f is one of: %s.") % ", ".join(files.WRITERS))
    made = told.sheet()
    response = HttpResponse(form.write(made), content_type=form.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{made.name}.{form.name}"'
    response.headers["Cache-Control"] = "no-cache"
    return response


def _town(given: QueryDict) -> str:
    """The municipality that is asked for; without one the first there is."""
    return given.get("municipality") or next(iter(asking.comparable()), "")


def _context(told: Sited) -> dict[str, Any]:
    found = told.found
    return {
        "told": told,
        "map": told.map(),
        "circles": told.circles(),
        "spots": told.spots(),
        "rows": told.rows,
        "left": len(found.sites) - len(told.rows),
        "quarters": told.quarters(),
        "at_words": about.instant_words(found.at),
        "spread": about.weighting_words(found.weighting),
        "licences": about.licence_names(found.licences),
        "downloads": [
            {"name": each.title, "address": f"?{query(found.asked, f=each.name)}"}
            for each in files.WRITERS.values()
        ],
    }


def asked_for(given: QueryDict) -> dict[str, Any]:
    """What the form offers, and what of it is chosen."""
    by = given.get("by") if given.get("by") in sites.BY else "number"
    town = _town(given)
    return {
        "layers": [
            {"value": each.name, "title": each.title, "chosen": each.name == given.get("layer")}
            for each in sites.layers()
        ],
        "towns": [
            {"key": key, "name": name, "chosen": key == town}
            for key, name in asking.comparable().items()
        ],
        "bys": [
            {"value": key, "title": title, "chosen": key == by} for key, title in sites.BY.items()
        ],
        "walk": [
            {
                "name": each.name,
                "title": each.title,
                "unit": each.unit,
                "value": given.get(each.name, ""),
                "usual": f"{each.default:.10g}",
                "low": f"{each.low:.10g}",
                "high": f"{each.high:.10g}",
            }
            for each in sites.WALK
        ],
        **{name: given.get(name, "") for name in ("filter", "area", "most", "layer")},
        "sent": SENT,
    }
