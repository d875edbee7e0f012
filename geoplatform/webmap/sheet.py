"""A view on paper: one page A4 with the map, its legend, a list of what is on it, and the way back as a QR code."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.pages.place import first_layer, start_box
from geoplatform.query.feature_query import Box, QueryError, parse_bbox
from geoplatform.query.select import attributions
from geoplatform.rendering.legend import legend
from geoplatform.webmap import find, find_views
from geoplatform.webmap.entries import around
from geoplatform.webmap.page import render_page
from geoplatform.webmap.qr import qr_svg

WIDTH, HEIGHT = 180, 112  # millimetres of the map on paper
DENSITY = 8  # pixels in a millimetre: about 200 dpi
RADIUS = 6378137.0
LISTED = 12
EVERYWHERE: Box = (5.9, 47.2, 15.1, 55.1)
SMALLEST = 1e-4  # degrees: a view of some metres


@dataclass(frozen=True)
class View:
    """What the paper shows: a box in EPSG:3857 (metres) in the paper's proportions, and the same in degrees."""

    mercator: Box
    degrees: Box

    @property
    def middle(self) -> tuple[float, float]:
        west, south, east, north = self.mercator
        return _degrees((west + east) / 2, (south + north) / 2)

    @property
    def scale(self) -> int:
        """Metres on the ground in a centimetre of paper, in the middle of the map."""
        west, _south, east, _north = self.mercator
        ground = (east - west) * math.cos(math.radians(self.middle[1]))
        return _rounded(ground / WIDTH * 10)

    @property
    def zoom(self) -> float:
        """Of the map on a screen on which it is as wide as on paper."""
        west, _south, east, _north = self.mercator
        pixels = WIDTH / 25.4 * 96
        return math.log2(2 * math.pi * RADIUS / 512 * pixels / (east - west))


def view_of(box: Box) -> View:
    """The smallest view in the paper's proportions that holds a box (degrees)."""
    west, south = _metres(box[0], max(box[1], -85.0))
    east, north = _metres(max(box[2], box[0] + SMALLEST), min(max(box[3], box[1] + SMALLEST), 85.0))
    x, y = (west + east) / 2, (south + north) / 2
    half = max((east - west) / 2, (north - south) / 2 * WIDTH / HEIGHT)
    mercator = (x - half, y - half * HEIGHT / WIDTH, x + half, y + half * HEIGHT / WIDTH)
    return View(mercator, (*_degrees(*mercator[:2]), *_degrees(*mercator[2:])))


@require_safe
def sheet(request: HttpRequest) -> HttpResponse:
    """`bbox=west,south,east,north` in degrees, `layers=name,name` of what is drawn, `layer=name` of what is listed."""
    wrong = ""
    try:
        box = parse_bbox(request.GET["bbox"]) if request.GET.get("bbox") else start_box()
    except QueryError as error:
        box, wrong = start_box(), str(error)
    if box and box[0] > box[2]:
        box, wrong = start_box(), _("A sheet cannot cross the antimeridian.")
    view = view_of(box or EVERYWHERE)
    drawn = _drawn(request.GET.get("layers"))
    seen, wrong_view = find_views.seen(request)
    layer, wrong = seen.layer, wrong or wrong_view
    listing = around(seen, view.degrees)
    longitude, latitude = view.middle
    here = f"{seen.map}#map={view.zoom:.2f}/{latitude:.5f}/{longitude:.5f}"
    address = request.build_absolute_uri("/")[:-1] + here
    context: dict[str, Any] = {
        "wrong": wrong,
        "layer": layer,
        "entries": listing.entries[:LISTED],
        "count": listing.count,
        "more": listing.more,
        "picture": _picture(view, drawn, seen),
        "width": WIDTH * DENSITY,
        "height": HEIGHT * DENSITY,
        "scale": _("1 cm is about %(metres)s m") % {"metres": number_format(view.scale)},
        # Only of what is drawn at this scale.
        "legends": [
            (each.title, _legend(each)) for each in reversed(drawn) if each.zooms[0] <= view.zoom
        ],
        "address": address,
        "here": here,
        "qr": mark_safe(qr_svg(address, escape(_("QR code of this view's address")))),  # noqa: S308  made by ourselves
        "day": date_format(timezone.localdate(), "DATE_FORMAT"),
        "sources": list(dict.fromkeys(whom for each in drawn for whom in attributions(each))),
    }
    return render_page(request, "webmap/sheet.html", context, status=400 if wrong else 200)


def _drawn(text: str | None) -> list[Layer]:
    """The layers to draw from the bottom up: those named, else all that the map shows when it opens."""
    known = registry.map_layers()
    if text is None:
        return [each for each in known if each.visible]
    names = text.split(",")
    return [each for each in known if each.name in names] or [first_layer()]


def _picture(view: View, layers: list[Layer], seen: find.View) -> str:
    """Address of the map, drawn by the platform's own WMS."""
    asked = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": ",".join(each.name for each in layers),
        "STYLES": "",
        "CRS": "EPSG:3857",
        "BBOX": ",".join(f"{each:.2f}" for each in view.mercator),
        "WIDTH": WIDTH * DENSITY,
        "HEIGHT": HEIGHT * DENSITY,
        "DPI": round(DENSITY * 25.4),
        "FORMAT": "image/png",
        "BGCOLOR": "0xF6F3EA",
    }
    if seen.text:
        filters = (seen.text if each is seen.layer else "" for each in layers)
        asked["CQL_FILTER"] = ";".join(filters)
    return f"/wms?{urlencode(asked, safe=',:/')}"


def _legend(layer: Layer) -> list[dict[str, Any]]:
    return [
        {"label": each.label, "svg": mark_safe(each.svg)}  # noqa: S308  made by ourselves
        for each in legend(layer)
    ]


def _metres(longitude: float, latitude: float) -> tuple[float, float]:
    up = math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2))
    return RADIUS * math.radians(longitude), RADIUS * up


def _degrees(x: float, y: float) -> tuple[float, float]:
    return math.degrees(x / RADIUS), math.degrees(math.atan(math.sinh(y / RADIUS)))


def _rounded(metres: float) -> int:
    """To two digits: more would pretend."""
    digits = max(math.floor(math.log10(max(metres, 1))) - 1, 0)
    return round(metres / 10**digits) * 10**digits
