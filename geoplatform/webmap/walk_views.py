"""The pages of a walk: `/walk?stop=layer/uuid&stop=...`, the same as GPX, and a suggestion around a place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.pages.basemap import allow_basemap
from geoplatform.pages.place import platform_name, start_box
from geoplatform.pages.smallmap import small_map
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.webmap import near
from geoplatform.webmap import walk as walks
from geoplatform.webmap.entries import somewhere
from geoplatform.webmap.gpx import MEDIA_TYPE, gpx
from geoplatform.webmap.page import render_page

QUARTERS = 60  # from which a walk is offered
BESIDE = 6  # things near the last stop that may become the next one


@require_safe
@allow_basemap
def walk(request: HttpRequest) -> HttpResponse:
    """The stops as a list and on a map; without stops what a walk is, and where one may begin."""
    if "near" in request.GET:
        return _suggested(request)
    wanted, whole = walks.parse_stops(request.GET.getlist("stop"))
    stops = walks.in_order(walks.read(wanted), sort="keep" not in request.GET)
    context: dict[str, Any] = {
        "stops": [
            {"stop": stop, "without": _address([each for each in stops if each is not stop])}
            for stop in stops
        ],
        "total": walks.length(walks.total(stops)),
        "most": walks.MOST,
        "missing": not whole or len(stops) < len(wanted),
        "nothing_near": "nothing" in request.GET,
    }
    if stops:
        context |= {
            "gpx": f"{reverse('walk-gpx')}?{_query(stops)}",
            "on_the_map": f"{reverse('map')}#{walk_hash(stops)}",
            "beside": _beside(stops) if len(stops) < walks.MOST else [],
            "map_settings": _map_settings(stops),
        }
    else:
        context["quarters"] = _quarters()
    status = 400 if request.GET.getlist("stop") and not wanted else 200
    return render_page(request, "webmap/walk.html", context, status=status)


@require_safe
def walk_gpx(request: HttpRequest) -> HttpResponse:
    """The same walk as a file."""
    wanted, _whole = walks.parse_stops(request.GET.getlist("stop"))
    stops = walks.in_order(walks.read(wanted), sort="keep" not in request.GET)
    if not stops:
        return HttpResponseRedirect(reverse("walk"))
    host = request.build_absolute_uri("/")[:-1]
    body = gpx(
        stops,
        name=_("Walk with %(stops)d stops") % {"stops": len(stops)},
        creator=platform_name(),
        host=host,
        address=host + _address(stops),
        at=timezone.now(),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{_("walk")}.gpx"',
        "Content-Language": get_language() or "",
        "Cache-Control": "no-cache",
    }
    return HttpResponse(body, content_type=MEDIA_TYPE, headers=headers)


def _suggested(request: HttpRequest) -> HttpResponse:
    """To the address of a walk around `near=lon,lat`, which then can be changed, kept and sent on."""
    place = near.parse_place(request.GET["near"])
    stops = walks.suggest(place) if place else []
    if not stops:
        return HttpResponseRedirect(f"{reverse('walk')}?nothing")
    return HttpResponseRedirect(_address(walks.in_order(stops)))


def _query(stops: list[walks.Stop]) -> str:
    return urlencode([("stop", stop.key) for stop in stops], safe="/")


def _address(stops: list[walks.Stop]) -> str:
    return f"{reverse('walk')}?{_query(stops)}" if stops else reverse("walk")


def walk_hash(stops: list[walks.Stop]) -> str:
    """As the map's page reads it (static/webmap/walk.js)."""
    return "walk=" + ",".join(stop.key for stop in stops)


def _beside(stops: list[walks.Stop]) -> list[dict[str, Any]]:
    """What is near the last stop and may become the next one."""
    chosen = {stop.entry.id for stop in stops}
    found = [
        (entry, group.layer)
        for group in near.around(stops[-1].place)
        if group.layer.worth_a_stop
        for entry in group.entries
        if entry.id not in chosen
    ]
    found.sort(key=lambda each: each[0].distance or 0)
    return [
        {"entry": entry, "address": f"{_address(stops)}&stop={layer.name}/{entry.id}"}
        for entry, layer in found[:BESIDE]
    ]


def _quarters() -> list[dict[str, str]]:
    """Names of quarters, and the address of a walk that is suggested from the middle of each."""
    layer = registry.by_role("quarter")
    found = []
    for row in rows(FeatureQuery(layer=layer, limit=QUARTERS)):
        if row["geometry"]:
            longitude, latitude = somewhere(row["geometry"])
            address = f"{reverse('walk')}?near={longitude:.5f},{latitude:.5f}"
            found.append({"name": str(row["properties"]["name"]), "address": address})
    return sorted(found, key=lambda each: each["name"])


def _map_settings(stops: list[walks.Stop]) -> dict[str, Any]:
    return small_map(
        start_box(),
        style="/styles/geoplatform.json",
        stops=[{"place": stop.place, "title": stop.entry.title} for stop in stops],
    )
