"""The page of a feature's past: its versions in words, what differs, where it moved, and the way to each as it was."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages import words
from geoplatform.query.versions import MARKER, Changeset, Difference, Moved, Version, history
from geoplatform.webmap.outline import picture
from geoplatform.webmap.page import render_page

SHOWN = 20
LAST = 2**31 - 1
BY = {
    "anonymous": _lazy("somebody without an account"),
    "contributor": _lazy("a contributor"),
    "account": _lazy("somebody with an account"),
    "import": _lazy("an import"),
    "operator": _lazy("the operators"),
    "other": _lazy("the platform"),
}
ROADS = {
    "map": pgettext_lazy("channel", "on the map"),
    "api": pgettext_lazy("channel", "by a program"),
    "qgis": pgettext_lazy("channel", "with QGIS"),
    "admin": pgettext_lazy("channel", "in the administration"),
    "import": pgettext_lazy("channel", "from a file"),
    "review": pgettext_lazy("channel", "in the review"),
}


@require_safe
def feature_history(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """The versions of a feature, also of one that is gone."""
    layer = registry.get(name)
    text = request.GET.get("before", str(LAST))
    if layer is None or not (text.isascii() and text.isdigit() and len(text) < 11):
        raise Http404
    before = min(int(text), LAST)
    found = history(layer, id, limit=SHOWN, before=before)
    if found is None or not found.versions:
        raise Http404
    own = reverse("history", args=[layer.name, id])
    latest = next((each for each in found.versions if each.feature), None)
    is_first_page = before == LAST
    context = {
        "layer": layer,
        "title": words.title(layer, latest.feature["properties"])
        if latest and latest.feature
        else layer.model._meta.verbose_name,
        "stands": found.versions[0].end is None and found.versions[0].feature is not None,
        "is_first_page": is_first_page,
        "feature_address": reverse("feature", args=[layer.name, id]),
        "entries": [entry for each in found.versions for entry in entries(layer, id, each)],
        "earlier": f"{own}?before={found.versions[-1].number}" if found.more else "",
        "latest_address": own,
        "json_address": f"/api/collections/{layer.name}/items/{id}/history?f=json",
    }
    return render_page(request, "webmap/history.html", context)


def entries(layer: Layer, id: uuid.UUID, each: Version) -> list[dict[str, Any]]:
    """What happened, the last first: a version that ended with a deletion is two events."""
    happened = (
        [{"what": _("Deleted"), "deleted": True, **_who(each.deletion)}] if each.deletion else []
    )
    opened: dict[str, Any] = {
        "what": _what(each),
        "number": each.number,
        "current": each.end is None,
        **_who(each.changeset),
        "differences": [_difference(layer, one) for one in each.differences],
        "moved": _moved(layer, each.moved) if each.moved else "",
        "hidden": each.feature is None,
    }
    if each.feature:
        if each.moved and each.before:
            opened["picture"] = picture(each.before, each.feature["geometry"])
        if each.end is not None:
            at = each.start.isoformat().replace("+00:00", "Z")
            opened["as_of"] = (
                f"/api/collections/{layer.name}/items/{id}?{urlencode({'datetime': at, 'f': 'html'})}"
            )
    return [*happened, opened]  # fmt: skip


def _what(each: Version) -> str:
    if each.number == 1:
        return _("Added")
    return _("Brought back") if each.returned else _("Changed")


def _who(changeset: Changeset | None) -> dict[str, Any]:
    assert changeset is not None
    reason = changeset.reason
    return {
        "at": changeset.at,
        "day": words.day(changeset.at),
        "by": BY[changeset.by],
        "road": ROADS.get(changeset.channel, ""),
        "reason": _("(removed)") if reason == MARKER else reason,
    }


def _difference(layer: Layer, each: Difference) -> dict[str, Any]:
    return {
        "label": words.label(each.property),
        "before": _words(each, each.before),
        "after": _words(each, each.after),
    }


def _words(each: Difference, value: Any) -> str:
    if value == MARKER:
        return _("(removed)")
    if value is not None and words.is_half_month(each.property.field):
        return words.half_month(value)
    return words.words(each.property, value)


def _moved(layer: Layer, moved: Moved) -> str:
    """`Moved by 12 m`, `Area 1,200 m² → 1,350 m²`."""
    told = []
    if moved.metres >= 0.05 or layer.dimension == 0:
        told.append(_("moved by %s") % _metres(moved.metres))
    if moved.size is not None and moved.size_before is not None:
        label, unit = (_("length"), "m") if layer.dimension == 1 else (_("area"), "m²")
        sizes = (
            f"{number_format(round(size), force_grouping=True)} {unit}"
            for size in (moved.size_before, moved.size)
        )
        told.append(f"{label} {' → '.join(sizes)}")
    return ", ".join(told)


def _metres(metres: float) -> str:
    if metres >= 995:
        return f"{number_format(round(metres / 1000, 1))} km"
    return f"{number_format(round(metres, 1) if metres < 10 else round(metres))} m"
