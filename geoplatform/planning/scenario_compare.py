"""/planning/scenarios/compare?s=..&s=..: several scenarios beside one another, asked the same of the same data."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.analysis import about, asking
from geoplatform.planning import drafting, page, saved
from geoplatform.planning.beside import Beside, reckoned
from geoplatform.planning.models import Scenario
from geoplatform.planning.shown import label
from geoplatform.query.errors import QueryError

MOST = 6
KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@require_safe
@page.in_turn
def compare(request: HttpRequest) -> HttpResponse:
    """`s` is the key of a scenario, or its address. What is asked is asked of all; else what the first one asks."""
    context: dict[str, Any] = {}
    status = 200
    chosen: list[Scenario] = []
    try:
        chosen = _chosen(request.GET.getlist("s"))
        if chosen:
            context |= _figures(chosen, _asked(request.GET, chosen[0]))
    except QueryError as error:
        context |= {"wrong": str(error), "parameter": error.parameter}
        status = 400
    asked = _asked(request.GET, chosen[0]) if chosen else request.GET
    context |= {
        "form": page.form(asked, drafting.indicator_of(asked)) | {"towns": drafting.towns(asked)},
        "chosen": chosen,
        "given": request.GET,
        "most": MOST,
    }
    response = page.render_page(request, "scenario_compare.html", context, status=status)
    response.headers["Cache-Control"] = "no-cache"
    return response


def _chosen(given: Sequence[str]) -> list[Scenario]:
    """Raises QueryError where one is not known, or there are too many."""
    texts = [each.strip() for each in given if each.strip()]
    if len(texts) > MOST:
        raise QueryError("s", _("At most %d scenarios are compared at once.") % MOST)
    found = {}
    for text in texts:
        keys = KEY.findall(text[:1000])
        there = saved.found(uuid.UUID(keys[-1])) if keys else None
        if there is None:
            raise QueryError("s", _("There is no scenario at this address: %s") % text[:200])
        found[there.key] = there
    return list(found.values())


def _asked(given: QueryDict, first: Scenario) -> QueryDict:
    """What the form asks; what the first scenario does where it asks nothing."""
    if given.get("indicator"):
        return given
    asked = QueryDict(mutable=True)
    asked.update(first.question)
    asked.pop("municipality", None)
    asked["at"] = given.get("at", "")
    return asked


def _figures(chosen: Sequence[Scenario], asked: QueryDict) -> dict[str, Any]:
    drawings = []
    for each in chosen:
        form = drafting.asked_of(asked)
        form["overlay"] = json.dumps(each.overlay)
        drawings.append(drafting.read(form))
    towns = asking.towns(given) if (given := asked.getlist("municipality")) else ()
    towns = towns or tuple(dict.fromkeys(key for each in drawings for key in each.towns))
    found = [reckoned(each, towns) for each in drawings]
    # One legend: the classes of what is there today are the same for all.
    first = found[0]
    return {
        "first": first,
        "indicator": first.question.indicator,
        "column_label": capfirst(label(first.column)),
        "where": first.after.where(),
        "at_words": about.instant_words(first.moved.after.at),
        "classes": first.before.classes,
        "before_maps": first.before.maps(),
        "sums": _sums(found),
        "rows": _rows(found),
        "compared": [
            {
                "scenario": each,
                "address": reverse("scenario", args=[each.key]),
                "headline": beside.headline(),
                "warnings": beside.moved.warnings,
                "maps": beside.after.maps(),
            }
            for each, beside in zip(chosen, found, strict=True)
        ],
    }


def _sums(found: Sequence[Beside]) -> list[dict[str, Any]]:
    """Each sum before, and what every scenario makes of it."""
    each_sums = [each.sums() for each in found]
    return [
        {
            "title": same[0].title,
            "before": same[0].before,
            "after": [(s.after, s.change) for s in same],
        }
        for same in zip(*each_sums, strict=True)
    ]


def _rows(found: Sequence[Beside]) -> list[dict[str, Any]]:
    """The quarters that any of them moves, those that are moved most first."""
    tables = [{row["id"]: row for row in each.rows()} for each in found]
    most = {
        id: max(abs(each.after.changes[id]) for each in found if each.after.changes is not None)
        for each in found
        for id in each.touched
    }
    order = sorted(most, key=lambda id: (-most[id] if most[id] == most[id] else 0.0, id))
    return [
        {
            "id": id,
            "name": tables[0][id]["name"],
            "before": tables[0][id]["before"],
            "after": [(table[id]["after"], table[id]["change"]) for table in tables],
        }
        for id in order
    ]
