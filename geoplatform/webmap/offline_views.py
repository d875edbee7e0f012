"""The service worker, the page where nothing was kept, and what is taken along: a quarter, its features as words."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages import words
from geoplatform.pages.place import box_of
from geoplatform.query.around import closest
from geoplatform.query.feature_query import FeatureQuery, QueryError, parse_bbox
from geoplatform.query.select import rows
from geoplatform.webmap import offline
from geoplatform.webmap.entries import Listing, listed, middle
from geoplatform.webmap.find import View
from geoplatform.webmap.page import render_page
from geoplatform.webmap.told import told

MOST = 1000  # features that are taken along
WIDEST = 0.5  # degrees of a box
NEAR = 1e-6  # degrees around a place


@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """`/sw.js`: at this address for ever, and never cached, or browsers would keep an old one."""
    response = HttpResponse(offline.script(), content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@require_safe
def missing(request: HttpRequest) -> HttpResponse:
    """What the service worker shows in place of a page that it does not have."""
    return render_page(request, "webmap/missing.html", {})


@require_safe
def quarter(request: HttpRequest) -> HttpResponse:
    """The quarter at a place (`at`, longitude and latitude) as JSON: id, name, box. 404 where there is none."""
    try:
        longitude, latitude = map(float, request.GET.get("at", "").split(","))
        # A box without an area meets nothing.
        edges = longitude - NEAR, latitude - NEAR, longitude + NEAR, latitude + NEAR
        place = parse_bbox(",".join(map(repr, edges)))
    except (QueryError, ValueError):
        return _refused(_("at is a longitude and a latitude, as in 11.4,53.6."))
    layer = registry.by_role("quarter")
    found = rows(FeatureQuery(layer=layer, bbox=place, limit=1))
    if not found:
        raise Http404
    return JsonResponse(
        {
            "id": found[0]["id"],
            "name": words.title(layer, found[0]["properties"]),
            "box": box_of(found[0]["geometry"]["coordinates"]),
        }
    )


@require_safe
@gzip_page
def along(request: HttpRequest, name: str) -> HttpResponse:
    """The features of a layer in `bbox` as words: `list` as the map lists them, `details` of each by its id. Both are
    HTML, since words and markup are made here alone; a thousand at most, those nearest to the middle."""
    layer = registry.get(name)
    if layer is None or not layer.geometry:
        raise Http404
    try:
        box = parse_bbox(request.GET.get("bbox", ""))
    except QueryError as error:
        return _refused(str(error))
    if box[2] - box[0] > WIDEST or box[3] - box[1] > WIDEST:
        return _refused(_("This is too large to be taken along."))
    found = closest(FeatureQuery(layer=layer, bbox=box, limit=MOST), *middle(box))
    listing = Listing(listed(layer, found), len(found), len(found) == MOST, from_place=False)
    context = {"view": View(layer), "layer": layer, "listing": listing}
    return JsonResponse(
        {
            "list": render_to_string("webmap/_list.html", context, request),
            "details": {row["id"]: _details(layer, row) for row in found},
        }
    )


def _details(layer: Layer, row: dict[str, Any]) -> str:
    return render_to_string("webmap/_details.html", {"layer": layer, "feature": told(layer, row)})


def _refused(message: str) -> HttpResponse:
    return JsonResponse({"detail": message}, status=400)
