"""/planning/ and its report: a question by GET, answered as a page that needs no scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_safe

from geoplatform.analysis import about, files, gate
from geoplatform.analysis.errors import Unanswerable
from geoplatform.pages.place import platform_name
from geoplatform.planning import page
from geoplatform.planning.question import Question, parse
from geoplatform.planning.shown import Shown, label
from geoplatform.planning.words import citation
from geoplatform.query.errors import QueryError


@require_safe
@page.in_turn
def planning(request: HttpRequest) -> HttpResponse:
    """The questions there are; with `indicator=`, its answer."""
    if not request.GET.get("indicator"):
        return page.render_page(request, "start.html", {"form": page.form(request.GET, None)})
    return _answered(request, "answer.html", canonical="of" in request.GET)


@require_safe
@page.in_turn
def report(request: HttpRequest) -> HttpResponse:
    """The same question as one document to print."""
    return _answered(request, "report.html")


def _answered(request: HttpRequest, template: str, *, canonical: bool = False) -> HttpResponse:
    indicator = page.indicator_of(request.GET)
    context: dict[str, Any] = {
        "form": page.form(request.GET, indicator),
        "indicator": indicator,
    }
    if indicator is not None:
        context |= _declared(indicator)
    try:
        question = parse(request.GET)
        if canonical:
            # What a form sends holds every field; the address to keep says what was chosen.
            return HttpResponseRedirect(f"{request.path}?{question.query()}")
        with gate.admitted():
            # What is drawn costs as much as what is reckoned from what is kept.
            context |= _context(request, question, Shown.of(question))
            response = page.render_page(request, template, context)
    except Unanswerable as error:
        return page.render_page(request, "unanswerable.html", {**context, "missing": str(error)})
    except QueryError as error:
        context |= {"wrong": str(error), "parameter": error.parameter}
        return page.render_page(request, "refused.html", context, status=400)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _declared(indicator: Any) -> dict[str, Any]:
    return {
        "kind": about.kind_words("official" if indicator.official else "platform"),
        "references": indicator.references,
    }


def _other(shown: Shown) -> str:
    """The other indicator and its unit."""
    if shown.other is None:
        return ""
    indicator = shown.other.indicator
    unit = indicator.columns[0].unit
    return f"{indicator.title} ({unit})" if unit else str(indicator.title)


def _context(request: HttpRequest, question: Question, shown: Shown) -> dict[str, Any]:
    now = shown.now
    instant = now.at.isoformat().replace("+00:00", "Z")
    here = reverse("planning")
    lasting = request.build_absolute_uri(f"{here}?{question.query(at=instant)}")
    return {
        "question": question,
        "shown": shown,
        "now": now,
        "where": shown.where(),
        "column_label": capfirst(label(shown.column)),
        "other_label": _other(shown),
        "classes": shown.classes,
        "maps": shown.maps(),
        "maps_of_changes": shown.maps_of_changes(),
        "moved": shown.moved(),
        "plot": shown.distribution(),
        "scatter": shown.scatter(),
        "correlation": shown.correlation(),
        "facts": shown.facts(),
        "unsure": shown.unsure(),
        "rows": shown.table(),
        "at_words": about.instant_words(now.at),
        "since_words": about.instant_words(shown.then.at) if shown.then else "",
        "kind": about.kind_words(now.definition_kind),
        "changed": about.changed_words(now),
        "given": about.parameter_words(now),
        "weighting": about.weighting_words(now.weighting),
        "licences": about.licence_words(now),
        "citation": citation(shown, platform_name(), lasting),
        "lasting": lasting,
        "page_address": f"{here}?{question.query()}",
        "report_address": f"{reverse('planning-report')}?{question.query()}",
        "downloads": [
            {
                "name": each.title,
                "address": f"/api/analyses/{now.indicator.id}/results?{question.asked_of_data(each.name)}",
            }
            for each in files.WRITERS.values()
        ],
    }
