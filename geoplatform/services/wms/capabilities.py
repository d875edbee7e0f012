"""GetCapabilities (06-042, 7.2; 01-068r3, 7.1): what both versions' templates (`wms/capabilities_*.xml`) write.

Numbers are texts by the time a template sees them: Django would write them as the reader's language does.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from pyproj import Transformer

from geoplatform.catalog import registry
from geoplatform.catalog.facets import facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.formats.about import LICENCE_ADDRESSES
from geoplatform.history.models import Changeset
from geoplatform.pages.place import municipalities, platform_name
from geoplatform.query.crs import CRS84, Crs, supported
from geoplatform.query.feature_query import Box
from geoplatform.query.figures import figures
from geoplatform.query.select import attributions
from geoplatform.rendering.picture_legend import legend_size
from geoplatform.rendering.view import PIXEL
from geoplatform.rendering.visibility import scales
from geoplatform.services.extents import bounds
from geoplatform.services.negotiation import absolute, known_etags
from geoplatform.services.wms import exceptions, maps, parameters
from geoplatform.services.wms.exceptions import UNWRITABLE, ServiceException
from geoplatform.services.wms.featureinfo import INFO_FORMATS
from geoplatform.services.wms.getmap import FORMATS
from geoplatform.services.wms.language import CODES
from geoplatform.services.wms.legend import LEGEND_FORMATS
from geoplatform.services.wms.parameters import Parameters

MEDIA_TYPES = {"1.3.0": "text/xml", "1.1.1": "application/vnd.ogc.wms_xml"}
# A layer of one point has an extent of no size, which clients cannot zoom to: some 100 m are added.
NO_LIMIT = 1e12
LEAST = 0.001  # degrees
WORLD = (-180.0, -85.0, 180.0, 85.0)  # where nothing is known at all
# Where nobody has said whom to write to (RFC 2606: no mail ever arrives there). INSPIRE demands an address.
NO_EMAIL = "contact-not-set@platform.invalid"


@dataclass(frozen=True)
class Place:
    """A box in a CRS, its numbers in the order of the version's axes."""

    crs: str
    numbers: tuple[str, str, str, str]


def capabilities(request: HttpRequest, asked: Parameters) -> HttpResponse:
    """The document in the reader's language, or 304 to who has it. Raises ServiceException."""
    version = parameters.negotiated(asked.get("VERSION", "WMTVER"))
    template = f"wms/capabilities_{version.replace('.', '_')}.xml"
    text: str = render_to_string(template, _context(request, version))
    # What a source may have brought and XML cannot hold. Templates' tags leave empty lines.
    text = "".join(f"{line}\n" for line in UNWRITABLE.sub("", text).splitlines() if line.strip())
    sequence = blake2b(text.encode(), digest_size=8).hexdigest()
    _check_sequence(asked.get("UPDATESEQUENCE"), sequence)
    headers = {
        "ETag": f'W/"{sequence}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
        "Content-Language": translation.get_language() or "",
    }
    if known_etags(request) & {sequence, "*"}:
        return HttpResponseNotModified(headers=headers)
    body = text.replace("%SEQUENCE%", sequence)
    media_type = f"{MEDIA_TYPES[version]}; charset=utf-8"
    return HttpResponse(body, content_type=media_type, headers=headers)


def _check_sequence(known: str, now: str) -> None:
    """The sequence names a state and does not count, so of two others none is the later one (06-042, 7.2.3.5)."""
    if known == now:
        raise ServiceException(_("This is the state that you know."), code="CurrentUpdateSequence")
    if known and (len(known) != len(now) or set(known) - set("0123456789abcdef")):
        raise ServiceException(
            _("UPDATESEQUENCE is none that this service has given."),
            code="InvalidUpdateSequence",
        )


def _context(request: HttpRequest, version: str) -> dict[str, Any]:
    new = version == parameters.HIGHEST
    layers = [_layer(request, layer, new=new) for layer in registry.map_layers()]
    whole = _around([bounds(layer) for layer in registry.map_layers()])
    names = [each["name"] for each in municipalities()]
    licences = {each for layer in registry.map_layers() for each in figures(layer).licences}
    return {
        "title": platform_name(),
        "abstract": _(
            "Green spaces, gardens, trees and fruit of the city, as they are now and as they were. Vendor parameters:"
            " CQL_FILTER (CQL2, one filter or one for each layer, separated by semicolons), the layers' facets"
            " (such as RIPE=now), TIME, DPI, LANGUAGE."
        ),
        "names": names,
        "organisation": settings.CONTACT_ORGANISATION or ", ".join(names) or platform_name(),
        "email": settings.CONTACT_EMAIL,
        "inspire_email": settings.CONTACT_EMAIL or NO_EMAIL,
        "phone": settings.CONTACT_PHONE,
        "licences": [(LICENCE_ADDRESSES + each, Licence(each).label) for each in sorted(licences)],
        "address": absolute(request, "/wms?"),
        "capabilities_address": absolute(
            request, "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities"
        ),
        "home": absolute(request, "/"),
        "limits": {"layers": str(maps.MAX_LAYERS), "side": str(maps.MAX_SIDE)},
        "capabilities_formats": [MEDIA_TYPES[version]],
        "map_formats": list(FORMATS),
        "info_formats": list(INFO_FORMATS),
        "legend_formats": list(LEGEND_FORMATS),
        "exception_forms": exceptions.FORMS[version],
        "root": maps.ROOT,
        "style": maps.STYLE,
        "all_crs": [maps.crs_name(each) for each in supported()],
        "degrees": _written(whole, CRS84),
        "places": _places(whole, new=new),
        "layers": layers,
        "facet_names": sorted({name for each in layers for name in each["facets"]}),
        "today": dt.datetime.now(dt.UTC).date().isoformat(),
        "since": _since(),
        "language": CODES[_language()],
        "default_language": CODES[settings.LANGUAGE_CODE],
        "other_languages": [
            code for short, code in CODES.items() if short != settings.LANGUAGE_CODE
        ],
    }


def _layer(request: HttpRequest, layer: Layer, *, new: bool) -> dict[str, Any]:
    box = _around([bounds(layer)])
    smallest, largest = scales(layer)
    width, height = legend_size(layer)
    collection = f"/api/collections/{layer.name}"
    return {
        "name": layer.name,
        "title": layer.title,
        "abstract": layer.description,
        "keywords": [layer.title, layer.model._meta.verbose_name, *_choices(layer)],
        "degrees": _written(box, CRS84),
        "places": _places(box, new=new),
        "attribution": " · ".join(attributions(layer)),
        "collection": absolute(request, f"{collection}?f=json"),
        "items": absolute(request, f"{collection}/items?f=json"),
        "legend": absolute(
            request,
            "/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&SLD_VERSION=1.1.0&FORMAT=image/png"
            f"&LAYER={layer.name}&STYLE={maps.STYLE}&LANGUAGE={CODES[_language()]}",
        ),
        "legend_width": str(width),
        "legend_height": str(height),
        "smallest": f"{smallest:.6f}" if smallest else "",
        "largest": f"{largest:.6f}" if largest else "",
        "hint": (f"{_diagonal(smallest or 0):.6f}", f"{_diagonal(largest or NO_LIMIT):.6f}"),
        "facets": [each.name for each in facets(layer)],
    }


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def _choices(layer: Layer) -> list[Any]:
    """What its categories are called, for who searches by them."""
    field = getattr(layer.symbol, "field", None)
    known = {each.name: each for each in facets(layer) if each.shown}
    shown = known[field].shown if field in known else None
    return [label for _value, label in shown.choices] if shown else []


def _diagonal(denominator: float) -> float:
    """ScaleHint: metres along the diagonal of a pixel (01-068r3, 7.1.4.5.14)."""
    return math.sqrt(2) * PIXEL * denominator


def _around(boxes: list[Box | None]) -> Box:
    known = [box for box in boxes if box] or [WORLD]
    west, south, east, north = zip(*known, strict=True)
    box = (min(west), min(south), max(east), max(north))
    grown = [LEAST if box[2] - box[0] < LEAST else 0, LEAST if box[3] - box[1] < LEAST else 0]
    return (
        max(box[0] - grown[0], -180.0),
        max(box[1] - grown[1], -90.0),
        min(box[2] + grown[0], 180.0),
        min(box[3] + grown[1], 90.0),
    )


def _places(box: Box, *, new: bool) -> list[Place]:
    """The box in every CRS that can tell it."""
    found = []
    for crs in supported():
        there = transformed(box, crs)
        if all(map(math.isfinite, there)):
            west, south, east, north = _written(there, crs)
            flipped = maps.latitude_first(crs, new=new)
            numbers = (south, west, north, east) if flipped else (west, south, east, north)
            found.append(Place(maps.crs_name(crs), numbers))
    return found


def transformed(box: Box, crs: Crs) -> Box:
    """A box of degrees around the same place in another CRS, where its edges bend; easting or longitude first."""
    return _transformer(crs.srid).transform_bounds(*box, densify_pts=21)


@cache
def _transformer(srid: int) -> Transformer:
    return Transformer.from_crs(4326, srid, always_xy=True)


def _written(box: Box, crs: Crs) -> tuple[str, str, str, str]:
    """Rounded outwards to some decimetres."""
    digits = 6 if crs.degrees else 1
    unit = 10.0**digits
    low, high = (
        [math.floor(each * unit) / unit for each in box[:2]],
        [math.ceil(each * unit) / unit for each in box[2:]],
    )
    west, south, east, north = (f"{each:.{digits}f}" for each in (*low, *high))
    return west, south, east, north


def _since() -> str:
    """The first day of which anything is known."""
    first = Changeset.objects.order_by("id").values_list("at", flat=True).first()
    return (first or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).date().isoformat()
