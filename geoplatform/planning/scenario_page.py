"""What the page of a scenario shows: the form, the figures, and what became of the data that it was drawn on."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from geoplatform.analysis import about, overlay, reading
from geoplatform.catalog import registry
from geoplatform.planning import drafting, page, saved, sketching
from geoplatform.planning.beside import Beside
from geoplatform.planning.drafting import Drawing
from geoplatform.planning.models import Scenario
from geoplatform.planning.shown import label
from geoplatform.query import as_of, moved
from geoplatform.query.cql2.filter import parse_filter
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery


def sent(request: HttpRequest) -> QueryDict:
    """The form. Raises QueryError where it is larger than may be sent."""
    try:
        return request.POST
    except RequestDataTooBig:
        raise overlay.too_long() from None


def kept(request: HttpRequest, key: uuid.UUID) -> Scenario:
    """The scenario of an address, the newest version unless `version=` names one. Raises Http404."""
    found = saved.found(key, number(request.GET.get("version", "")))
    if found is None:
        raise Http404
    return found


def number(text: str) -> int | None:
    """A version as it is written; None for anything else."""
    return int(text) if text.isdecimal() and len(text) < 9 else None


def form(request: HttpRequest, given: QueryDict, there: Scenario | None) -> dict[str, Any]:
    """What the form offers, and what of it is chosen."""
    asked = drafting.asked_of(given)
    user = request.user if isinstance(request.user, User) else None
    return {
        "form": page.form(asked, drafting.indicator_of(given)) | {"towns": drafting.towns(given)},
        "given": given,
        "may_keep": user is not None,
        "is_own": there is not None and user is not None and there.author == user,
        "login": f"{reverse('account_login')}?next={request.path}",
        "map_settings": (settings := sketching.settings()),
        "subjects": settings["subjects"],
        "most": overlay.MOST_FEATURES,
        "moved_on": moved_on(there) if there else [],
        "base": about.instant_words(there.base) if there else "",
        "base_address": f"{request.path}?at={instant(there.base)}" if there else "",
        "on_base": there is not None and given.get("at", "") == instant(there.base),
    }


def figures(beside: Beside, there: Scenario | None) -> dict[str, Any]:
    """What the figures' part of the page shows; what is kept can be taken along."""
    lasting = f"version={there.version}&at={instant(beside.moved.after.at)}" if there else ""
    after = beside.moved.after
    before_plot, after_plot = beside.plots
    return {
        "beside": beside,
        "indicator": after.indicator,
        "now": after,
        "column_label": capfirst(label(beside.column)),
        "where": beside.after.where(),
        "at_words": about.instant_words(after.at),
        "headline": beside.headline(),
        "warnings": beside.moved.warnings,
        "maps": beside.maps,
        "legend": beside.legend,
        "classes": beside.before.classes,
        "sums": beside.sums(),
        "rows": beside.rows(),
        "plot_before": before_plot,
        "plot_after": after_plot,
        "changed": about.changed_words(after),
        "kind": about.kind_words(after.definition_kind),
        "given_words": about.parameter_words(after),
        "weighting": about.weighting_words(after.weighting),
        "licences": about.licence_words(after),
        "references": after.indicator.references,
        "downloads": [
            {
                "name": "GeoPackage",
                "address": f"{reverse('scenario-geopackage', args=[there.key])}?{lasting}",
            }
        ]
        if there
        else [],
        "report_address": f"{reverse('scenario-report', args=[there.key])}?{lasting}"
        if there
        else "",
    }


def draft(given: QueryDict, drawing: Drawing) -> saved.Draft:
    """What is to be kept, with the instant of the data that it was looked at with."""
    return saved.Draft(
        name=given.get("name", "").strip(),
        note=given.get("note", "").strip(),
        overlay=drawing.overlay,
        question=drawing.kept(),
        municipalities=drawing.towns,
        base=as_of.stable(drawing.at or timezone.now()),
    )


def stale(error: saved.Stale) -> str:
    """What somebody is told who would save over a version that they have not seen."""
    if error.version is None:
        return _("This scenario was deleted meanwhile. Keep yours as a new one.")
    return _(
        "Version %d was saved since you opened this one. Nothing is overwritten: keep yours as a new one, or open the"
        " other first."
    ) % error.version  # fmt: skip


def moved_on(there: Scenario) -> list[dict[str, Any]]:
    """What has changed around the drawing since it was kept, by layer."""
    try:
        drawn = overlay.of_document(there.overlay)
    except QueryError:  # kept by an earlier release that took it; the page says what is wrong
        return []
    if drawn.box is None:
        return []
    around = reading.grown(drawn.box)
    found = []
    drawn_upon = [reading.layer_of(reading.layer_name(each)) for each in overlay.SUBJECTS]
    for layer in (registry.by_role("quarter"), *drawn_upon):
        query = FeatureQuery(
            layer=layer, bbox=around, filter=parse_filter(reading.EXISTS, layer=layer), limit=None
        )
        if counts := moved.moved(query, there.base):
            found.append({"title": layer.title, "counts": counts})
    return found


def refused(
    request: HttpRequest,
    given: QueryDict,
    there: Scenario | None,
    words: str,
    status: int,
    parameter: str = "",
) -> HttpResponse:
    """The form as it was sent, and why it was not obeyed."""
    context = {"scenario": there, "wrong": words, "parameter": parameter}
    context |= form(request, given, there)
    return page.render_page(request, "scenario.html", context, status=status)


def instant(at: dt.datetime) -> str:
    """As an address holds it."""
    return at.isoformat().replace("+00:00", "Z")
