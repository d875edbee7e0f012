"""What is within 500 m: a page for every feature and for every place, without scripts."""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages import words
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.query.within import metric_srid, within
from geoplatform.rendering.legend import swatches
from geoplatform.webmap.entries import Entry, address, entry_of, somewhere
from geoplatform.webmap.page import render_page

METRES = 500
SHOWN = 8  # of each layer


@dataclass(frozen=True)
class Group:
    """What of one layer is near: the nearest first, and how much there is in all."""

    layer: Layer
    entries: list[Entry]
    count: int


@require_safe
def of_feature(request: HttpRequest, name: str, id: uuid.UUID) -> HttpResponse:
    """Around a feature; around the middle of one that is no point."""
    layer = registry.get(name)
    found = rows(FeatureQuery(layer=layer, id=id)) if layer and layer.geometry else []
    if layer is None or not found or not found[0]["geometry"]:
        raise Http404
    context = {
        "title": words.title(layer, found[0]["properties"]),
        "back": address(layer, found[0]["id"]),
    }
    return _page(request, somewhere(found[0]["geometry"]), context, without=found[0]["id"])


@require_safe
def of_place(request: HttpRequest) -> HttpResponse:
    """Around a place: `near=lon,lat` in degrees."""
    place = parse_place(request.GET.get("near", ""))
    if place is None:
        context = {"wrong": _("Which place? Its address ends in near=longitude,latitude.")}
        return render_page(request, "webmap/nearby.html", context, status=400)
    return _page(request, place, {"title": _("this place"), "back": ""})


def _page(
    request: HttpRequest, place: tuple[float, float], context: dict[str, Any], without: str = ""
) -> HttpResponse:
    longitude, latitude = place
    walk = f"{reverse('walk')}?near={longitude:.6f},{latitude:.6f}"
    more = {"groups": around(place, without), "metres": METRES, "place": place, "walk": walk}
    return render_page(request, "webmap/nearby.html", {**context, **more})


def around(place: tuple[float, float], without: str = "") -> list[Group]:
    """What lies around a place, layer by layer, what is drawn on top first; what frames the map (municipalities,
    quarters) is left out, and a thing that stands in two layers is named once."""
    srid = metric_srid(place)
    seen = {without}
    found = []
    for layer in reversed(registry.map_layers()):
        if layer.role:
            continue
        near = within(FeatureQuery(layer=layer, limit=SHOWN + 1), place, METRES, srid)
        looks = swatches(layer)
        entries = [
            replace(entry_of(layer, row, looks), distance=metres)
            for row, metres in near.features
            if row["id"] not in seen
        ][:SHOWN]
        seen |= {each.id for each in entries}
        if entries:
            count = near.count - any(row["id"] == without for row, _far in near.features)
            found.append(Group(layer, entries, count))
    return found


def parse_place(text: str) -> tuple[float, float] | None:
    """Longitude and latitude from `lon,lat`; None for anything else."""
    try:
        longitude, latitude = (float(part) for part in text.split(","))
    except ValueError:
        return None
    if not (math.isfinite(longitude) and math.isfinite(latitude)):
        return None
    return (longitude, latitude) if abs(longitude) <= 180 and abs(latitude) <= 90 else None
