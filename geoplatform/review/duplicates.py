"""Two features that are one: side by side, what stays chosen value by value."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions import selectors
from geoplatform.contributions.services import NotAllowed, NotThere, merge_duplicates
from geoplatform.pages import words
from geoplatform.pages.basemap import allow_basemap
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.review.access import Reviewer, forbidden, reviewers_only
from geoplatform.review.page import map_settings, render_page
from geoplatform.review.said import label_of, value_in_words


@dataclass(frozen=True)
class Pair:
    """One part of both features: fields that only mean something together, in words."""

    name: str
    names: tuple[str, ...]
    lines: list[tuple[str, str, str]]  # label, of the one that stays, of the other
    differs: bool


@reviewers_only
@allow_basemap
@require_http_methods(["GET", "HEAD", "POST"])
def duplicates_page(request: HttpRequest, reviewer: Reviewer) -> HttpResponse:
    """`?layer=&keep=&remove=`: which one stays, with which values; a POST makes one of them."""
    layer, keep, remove = _asked(request)
    both = [rows(FeatureQuery(layer=layer, id=each)) for each in (keep, remove)]
    if not all(both):
        raise Http404
    kept, removed = (each[0] for each in both)
    towns = layer.model._default_manager.filter(pk__in=[keep, remove])
    places = towns.values_list("municipality_id", flat=True)
    if not all(reviewer.author.reviews(layer, place) for place in places):
        return forbidden(request)
    errors: list[str] = []
    status = 200
    if request.method == "POST":
        try:
            _merge(request, reviewer, layer, keep, remove)
        except ValidationError as error:
            errors, status = list(error.messages), 422
        except NotAllowed as refusal:
            errors, status = [str(refusal)], 403
        except NotThere:
            raise Http404 from None
        else:
            messages.success(request, _("Of two features one has become."))
            return HttpResponseRedirect(reverse("feature", args=[layer.name, keep]), status=303)
    own = reverse("review-duplicates") + f"?layer={layer.name}"
    context = {
        "layer": layer,
        "kept": words.title(layer, kept["properties"]),
        "removed": words.title(layer, removed["properties"]),
        "kept_address": reverse("feature", args=[layer.name, keep]),
        "removed_address": reverse("feature", args=[layer.name, remove]),
        "pairs": _pairs(layer, keep, remove),
        "swapped": f"{own}&keep={remove}&remove={keep}",
        "here": request.get_full_path(),
        "errors": errors,
        "legend": [("now", _("stays")), ("gone", _("goes"))],
        "map_settings": map_settings(
            [
                {"id": "keep", "kind": "now", "title": _("stays"), "geometry": kept["geometry"]},
                {"id": "remove", "kind": "gone", "title": _("goes"), "geometry": removed["geometry"]},
            ]
        ),
    }  # fmt: skip
    return render_page(request, "duplicates.html", context, status=status)


def _asked(request: HttpRequest) -> tuple[Layer, uuid.UUID, uuid.UUID]:
    layer = registry.get(request.GET.get("layer", ""))
    try:
        keep, remove = (uuid.UUID(request.GET.get(name, "")) for name in ("keep", "remove"))
    except ValueError:
        raise Http404 from None
    if layer is None or keep == remove:
        raise Http404
    return layer, keep, remove


def _pairs(layer: Layer, keep: uuid.UUID, remove: uuid.UUID) -> list[Pair]:
    stays, goes = (selectors.standing_values(layer, each) or {} for each in (keep, remove))
    names = [each for each in layer.editable if each != layer.geometry]
    found: dict[tuple[str, ...], Pair] = {}
    for name in names:
        part = next((each for each in layer.coupled if name in each), (name,))
        if part not in found:
            lines = [
                (label_of(layer, n), *(value_in_words(layer, n, v.get(n)) for v in (stays, goes)))
                for n in part
            ]
            differs = any(stays.get(n) != goes.get(n) for n in part)
            found[part] = Pair(part[0], part, lines, differs)  # type: ignore[arg-type]
    return sorted(found.values(), key=lambda pair: not pair.differs)


def _merge(
    request: HttpRequest, reviewer: Reviewer, layer: Layer, keep: uuid.UUID, remove: uuid.UUID
) -> None:
    other = layer.model._default_manager.get(pk=remove)
    values: dict[str, Any] = {}
    for pair in _pairs(layer, keep, remove):
        if request.POST.get(f"take-{pair.name}") == "other":
            values |= {name: getattr(other, name) for name in pair.names}
    merge_duplicates(
        layer=layer,
        keep=keep,
        remove=[remove],
        reviewer=reviewer.author,
        values=values,
        reason=str(request.POST.get("reason", "")),
    )
