"""/planning/questions: a question of features by GET, answered as a page that needs no scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_safe

from geoplatform.analysis import asking, files, gate, question
from geoplatform.analysis.answer import MOST
from geoplatform.analysis.reply import reply
from geoplatform.analysis.said import ID
from geoplatform.catalog import registry
from geoplatform.pages.place import platform_name
from geoplatform.planning import page
from geoplatform.planning.area import map_settings
from geoplatform.planning.examples import examples
from geoplatform.planning.told import Told, query
from geoplatform.query.errors import QueryError

# A form that is sent holds it, so that its many empty fields are left out of the address to keep.
SENT = "sent"


@require_safe
@page.in_turn
def questions(request: HttpRequest) -> HttpResponse:
    """The form; with `layer=`, the answer."""
    given = request.GET
    context: dict[str, Any] = {"form": form(given), "map_settings": map_settings()}
    if not given.get("layer"):
        return page.render_page(request, "questions.html", {**context, "examples": examples()})
    try:
        asked, at = _asked(given)
        instant = asking.instant("at", at)
        if SENT in given:
            return HttpResponseRedirect(f"{request.path}?{query(asked, at if instant else '')}")
        with gate.admitted():
            told = Told(reply(asked, at=instant), at if instant else "")
            context |= _context(request, told)  # drawing an answer is part of answering
    except QueryError as error:
        context |= {"wrong": str(error), "parameter": error.parameter}
        return page.render_page(request, "questions.html", context, status=400)
    response = page.render_page(request, "questions.html", context)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _asked(given: QueryDict) -> tuple[question.Question, str]:
    """The question and its date as it was written. Raises QueryError."""
    asked = {name: given.get(name, "") for name in question.PARAMETERS}
    if SENT in given and not asked["other"]:
        del asked["relation"]  # of a form always one is chosen
    towns = () if question.is_drawn(asked) else asking.towns(given.getlist("municipality"))
    return question.parse(asked, towns), given.get("at", "").strip()[:40]


def _context(request: HttpRequest, told: Told) -> dict[str, Any]:
    here = reverse("questions")
    lasting = request.build_absolute_uri(f"{here}?{told.lasting}")
    return {
        "told": told,
        "map": told.map(),
        "classes": told.classes,
        "rows": told.table(),
        "lasting": lasting,
        "citation": told.citation(platform_name(), lasting),
        "downloads": [
            {"name": each.title, "address": f"/api/analyses/{ID}/results?{told.query(f=each.name)}"}
            for each in files.WRITERS.values()
        ],
    }


def form(given: QueryDict) -> dict[str, Any]:
    """What the form offers, and what of it is chosen."""

    def offered(name: str, known: Any, usual: str) -> list[dict[str, Any]]:
        chosen = given.get(name) or usual
        return [{"value": key, "title": title, "chosen": key == chosen} for key, title in known]

    subjects, others = question.subjects(), registry.map_layers()
    towns = {key for text in given.getlist("municipality") for key in text.split(",")}
    known = asking.comparable()
    per = "area" if given.get("area") and not given.get("per") else "quarter"
    return {
        "layers": offered("layer", [(each.name, each.title) for each in subjects], ""),
        "others": offered("other", [(each.name, each.title) for each in others], ""),
        "relations": offered("relation", question.RELATIONS.items(), "distance"),
        "matches": offered("match", question.MATCHES.items(), "some"),
        "figures": offered("figure", question.FIGURE_TITLES.items(), "count"),
        "pers": offered("per", question.PER.items(), per),
        "numbers": [
            (each.title, offered("number", [(p.name, p.title) for p in question.numbers(each)], ""))
            for each in subjects
            if question.numbers(each)
        ],
        "towns": [
            {"key": key, "name": name, "chosen": key in towns or not towns & known.keys()}
            for key, name in known.items()
        ],
        "most": MOST,
        **{name: given.get(name, "") for name in ("filter", "metres", "area", "at", "layer")},
        "others_chosen": bool(given.get("other") or given.get("other-filter")),
        "other_filter": given.get("other-filter", ""),
        "sent": SENT,
    }
