"""Take back what was done. First a rehearsal that tells what would change and what is in the way, then the deed."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from psycopg.errors import QueryCanceled

from geoplatform.catalog import registry
from geoplatform.contributions import selectors
from geoplatform.contributions.undo import (
    WHY,
    UndoError,
    Undone,
    undo_actor,
    undo_between,
    undo_change,
    undo_changesets,
)
from geoplatform.history.models import Changeset
from geoplatform.pages import words
from geoplatform.review.access import Reviewer, forbidden, reviewers_only
from geoplatform.review.forms import written
from geoplatform.review.page import render_page
from geoplatform.review.proposal import who

RECENT = 30  # changesets on the page
LONGEST_SPAN = dt.timedelta(days=31)
SHOWN = 100  # conflicts that are listed
# What the forms carry from the rehearsal to the deed.
FIELDS = ("kind", "layer", "feature", "changeset", "who", "since", "start", "end")


@dataclass(frozen=True)
class Asked:
    """What is to be taken back: said in words, and done by `undo(actor=, channel=, reason=, dry_run=)`."""

    title: str
    undo: Callable[..., Undone]


@reviewers_only
@require_http_methods(["GET", "HEAD", "POST"])
def undo_page(request: HttpRequest, reviewer: Reviewer) -> HttpResponse:
    """What touches many is for those who decide everywhere; one change of one feature for who decides there."""
    single = request.POST.get("kind") == "change"
    if not reviewer.everywhere and not (single and _decides_about(reviewer, request.POST)):
        return forbidden(request)
    context: dict[str, Any] = {
        "everywhere": reviewer.everywhere,
        "recent": _recent() if reviewer.everywhere else [],
        "given": {name: request.POST.get(name, request.GET.get(name, "")) for name in FIELDS},
    }
    if request.method != "POST":
        return render_page(request, "undo.html", context)
    for_real = request.POST.get("do") == "undo"
    try:
        reason = written(request.POST, "reason")
        asked = _asked(request.POST)
        if for_real and not reason:
            raise ValidationError(_("Please say why: it stands in the history."))
        actor = reviewer.author.actor
        found = asked.undo(actor=actor, channel="review", reason=reason, dry_run=not for_real)
    except ValidationError as error:
        return _refused(request, context, list(error.messages))
    except UndoError as error:
        return _refused(request, context, [str(error)])
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        # The web role's time for a statement has run out.
        said = _("This is too much for a page: `manage.py undo` takes as long as it needs.")
        return _refused(request, context, [said])
    if for_real:
        messages.success(request, _said(found))
        return HttpResponseRedirect(_back(request, reviewer), status=303)
    context |= {"asked": asked, "found": _told(found), "reason": reason}
    return render_page(request, "undo.html", context)


def _refused(request: HttpRequest, context: dict[str, Any], errors: list[str]) -> HttpResponse:
    return render_page(request, "undo.html", {**context, "errors": errors}, status=422)


def _back(request: HttpRequest, reviewer: Reviewer) -> str:
    if request.POST.get("kind") == "change":
        return reverse("history", args=[request.POST["layer"], uuid.UUID(request.POST["feature"])])
    return reverse("review-undo")


def _asked(data: Mapping[str, str]) -> Asked:
    """Raises ValidationError for what cannot be read."""
    match data.get("kind"):
        case "change":
            layer, feature = registry.get(data.get("layer", "")), _uuid(data.get("feature", ""))
            number = _changeset(data)
            if layer is None or feature is None:
                raise ValidationError(_("There is no such feature."))
            title = _("What changeset %s did to one feature") % number
            return Asked(title, partial(undo_change, layer=layer, id=feature, changeset_id=number))
        case "changeset":
            number = _changeset(data)
            title = _("All that changeset %s did") % number
            return Asked(title, partial(undo_changesets, ids=[number]))
        case "who":
            actor = data.get("who", "").strip()
            if not actor or len(actor) > 100 or "\x00" in actor:
                raise ValidationError(_("Please say whose work, as changesets name them."))
            since = _instant(data, "since") if data.get("since") else None
            title = _("All that %s did") % who(actor)
            if since:
                title = _("All that %(who)s did since %(since)s") % {
                    "who": who(actor),
                    "since": words.day(since),
                }
            return Asked(title, partial(undo_actor, who=actor, since=since))
        case "span":
            start, end = _instant(data, "start"), _instant(data, "end")
            if not start < end <= start + LONGEST_SPAN:
                raise ValidationError(
                    _("The end comes after the start, at most %d days.") % LONGEST_SPAN.days
                )
            title = _("All that was done from %(start)s to %(end)s") % {
                "start": words.day(start),
                "end": words.day(end),
            }
            return Asked(title, partial(undo_between, start=start, end=end))
    raise ValidationError(_("Please say what is to be taken back."))


def _changeset(data: Mapping[str, str]) -> int:
    text = data.get("changeset", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 19:
        number = int(text)
        if Changeset.objects.filter(pk=number).exists():
            return number
    raise ValidationError(_("There is no such changeset."))


def _instant(data: Mapping[str, str], name: str) -> dt.datetime:
    """Date and time of day at this place."""
    try:
        found = parse_datetime(data.get(name, ""))
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2200:
        raise ValidationError(_("Please give date and time, as 2026-05-31 14:30."))
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _decides_about(reviewer: Reviewer, data: Mapping[str, str]) -> bool:
    """Where the feature stands, or of a deleted one, where the last proposal about it found it."""
    layer, feature = registry.get(data.get("layer", "")), _uuid(data.get("feature", ""))
    if layer is None or feature is None:
        return False
    places: list[uuid.UUID | None] = list(
        layer.model._default_manager.filter(pk=feature).values_list("municipality_id", flat=True)
    )
    if not places:
        last = selectors.about(layer, feature).first()
        places = [last.municipality_id] if last else []
    return bool(places) and all(reviewer.author.reviews(layer, place) for place in places)


def _recent() -> list[dict[str, Any]]:
    return [
        {
            "id": each.pk,
            "at": words.day(each.at),
            "who": who(each.actor),
            "actor": each.actor,
            "channel": each.channel,
            "reason": each.reason,
        }
        for each in Changeset.objects.order_by("-id")[:RECENT]
    ]


def _told(found: Undone) -> dict[str, Any]:
    """The rehearsal in words."""
    titles = {each.name: str(each.title) for each in registry.layers()}
    numbers = [
        (titles.get(name, name), found.restored.get(name, 0), found.changed.get(name, 0), found.removed.get(name, 0))
        for name in sorted({*found.restored, *found.changed, *found.removed})
    ]  # fmt: skip
    return {
        "changesets": found.changesets,
        "features": found.features,
        "numbers": numbers,
        "conflict_count": found.conflict_count,
        "conflicts": [
            {
                "layer": titles.get(each.layer.name, each.layer.name),
                "id": str(each.id),
                "address": reverse("history", args=[each.layer.name, each.id]),
                "fields": ", ".join(each.labels),
                "why": str(WHY.get(each.why, each.why)),
            }
            for each in found.conflicts[:SHOWN]
        ],
    }


def _said(found: Undone) -> str:
    said = ngettext("Taken back: %d feature.", "Taken back: %d features.", found.features)
    said %= found.features
    if left := found.conflict_count:
        more = ngettext(
            "%d value was left as it is, since others changed it later.",
            "%d values were left as they are, since others changed them later.",
            left,
        )
        said += " " + more % left
    return said
