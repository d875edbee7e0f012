"""What is proposed and waits, for everybody: a list, and marks on the map beside the layers, never in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.contributions import selectors
from geoplatform.contributions.models import Action
from geoplatform.contributions.subjects import ASKED, subjects
from geoplatform.contributions.trust import why
from geoplatform.pages import words
from geoplatform.pages.place import start_box
from geoplatform.query.feature_query import Box, QueryError, parse_bbox
from geoplatform.webmap.page import render_page

SHOWN = 50


@dataclass(frozen=True)
class Pending:
    """A proposal as the list and the map show it. `position`: longitude and latitude."""

    id: Any
    asked: str
    action: str
    title: str
    layer: str
    state: str
    why: str
    day: str
    position: tuple[float, float] | None


def entries(box: Box | None) -> tuple[list[Pending], bool]:
    """What waits within a box (west, south, east, north in degrees), and whether there is more."""
    found = selectors.overlay(bbox=box, limit=SHOWN + 1)
    about = subjects(found)
    made = []
    for each in found[:SHOWN]:
        layer = registry.get(each.layer)
        asked = str(ASKED[Action(each.action)])
        made.append(
            Pending(
                id=each.id,
                asked=f"{asked}: {capfirst(each.get_kind_display())}" if each.kind else asked,
                action=str(each.action),
                title=about[each.id].title,
                layer=str(layer.title) if layer else each.layer,
                state=each.get_state_display(),
                why=why(each.waits_for),
                day=words.day(each.created),
                position=about[each.id].position,
            )
        )
    return made, len(found) > SHOWN


@require_safe
@cache_control(no_cache=True)
def pending(request: HttpRequest) -> HttpResponse:
    """`?bbox=`: the map reads its list from here."""
    wrong = ""
    try:
        box = parse_bbox(request.GET["bbox"]) if request.GET.get("bbox") else start_box()
    except QueryError as error:
        box, wrong = start_box(), str(error)
    context = {"pending": entries(box), "wrong": wrong}
    return render_page(request, "webmap/pending.html", context, status=400 if wrong else 200)
