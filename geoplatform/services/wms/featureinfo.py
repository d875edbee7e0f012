"""GetFeatureInfo (06-042, 7.4): what stands where somebody clicked, nearest first, as text, page, GeoJSON or GML."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import Marker, Stroke, simple_symbols
from geoplatform.pages import words
from geoplatform.query.crs import CRS84, Crs
from geoplatform.query.nearest import Found, nearest
from geoplatform.query.tabular import unhurried
from geoplatform.rendering.view import View
from geoplatform.services.wms import maps
from geoplatform.services.wms.exceptions import UNWRITABLE, ServiceException
from geoplatform.services.wms.filters import Wanted
from geoplatform.services.wms.getmap import SECONDS, shown
from geoplatform.services.wms.parameters import Parameters

MOST = 50  # features of a layer
LEAST_REACH, MOST_REACH = 5.0, 50.0  # CSS pixels around the place: a finger is no needle
# What other servers call the tolerance: GeoServer, and QGIS Server by kind of geometry.
TOLERANCES = {
    0: ("BUFFER", "RADIUS", "FI_POINT_TOLERANCE"),
    1: ("BUFFER", "RADIUS", "FI_LINE_TOLERANCE"),
    2: ("BUFFER", "RADIUS", "FI_POLYGON_TOLERANCE"),
}
# Only what is written in the page itself.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


@dataclass(frozen=True)
class Answer:
    """What was found of one layer."""

    layer: Layer
    features: Sequence[Found]


def get_feature_info(request: HttpRequest, asked: Parameters) -> HttpResponse:
    """Raises ServiceException."""
    wanted = asked.get("INFO_FORMAT") or "text/plain"
    write = INFO_FORMATS.get(wanted.strip().lower())
    if write is None:
        raise ServiceException(
            _("INFO_FORMAT is one of: %s.") % ", ".join(INFO_FORMATS), code="InvalidFormat"
        )
    map_ = maps.parse(asked)
    queried = [
        layer
        for group in maps.parse_layers("QUERY_LAYERS", asked.get("QUERY_LAYERS"))
        for layer in group
    ]
    if missing := [each for each in queried if each not in {p.layer for p in map_.parts}]:
        raise ServiceException(
            _("QUERY_LAYERS names %s, which is not among LAYERS.") % missing[0].name,
            code="LayerNotDefined",
        )
    column = asked.integer("I", "X", low=0, high=map_.view.width - 1, code="InvalidPoint")
    row = asked.integer("J", "Y", low=0, high=map_.view.height - 1, code="InvalidPoint")
    count = min(
        asked.integer("FEATURE_COUNT", low=1, high=2**31) if asked.get("FEATURE_COUNT") else 1, MOST
    )
    parts = [part for part in shown(map_) if part.layer in queried]
    # What lies on top is told first.
    answers = [
        Answer(part.layer, _nearest(map_.view, part, column, row, count, asked))
        for part in reversed(parts)
    ]
    response = HttpResponse(
        UNWRITABLE.sub("", write(request, map_.view.crs, answers)),
        content_type=f"{wanted.strip().lower()}; charset=utf-8",
        headers={"Cache-Control": "no-store", "Content-Language": get_language() or ""},
    )
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _nearest(
    view: View, part: Wanted, column: int, row: int, count: int, asked: Parameters
) -> list[Found]:
    west, south, east, north = view.box
    across, down = (east - west) / view.width, (north - south) / view.height
    pixels = reach(view, part.layer, asked)
    with unhurried(SECONDS):
        return nearest(
            replace(part.query, crs=view.crs, limit=count),
            west + (column + 0.5) * across,
            north - (row + 0.5) * down,
            (pixels * across, pixels * down),
            part.choices,
        )


def reach(view: View, layer: Layer, asked: Parameters) -> float:
    """Pixels around the place in which a feature is found: as said, else as far as its symbol reaches."""
    for name in TOLERANCES[layer.dimension]:
        if (said := asked.number(name)) is not None:
            return min(said, MOST_REACH * view.ratio)
    sizes = [_half(each) for each in simple_symbols(layer.symbol)] if layer.symbol else []
    return min(max([LEAST_REACH, *sizes]), MOST_REACH) * view.ratio


def _half(symbol: Any) -> float:
    if isinstance(symbol, Marker):
        return symbol.size / 2 + symbol.outline_width
    return symbol.width / 2 if isinstance(symbol, Stroke) else 0.0


def _text(request: HttpRequest, crs: Crs, answers: Sequence[Answer]) -> str:
    blocks = []
    for answer in answers:
        for each in answer.features:
            lines = [f"{answer.layer.title}: {words.title(answer.layer, each.properties)}"]
            lines += [f"  {label}: {value}" for label, value in _lines(answer.layer, each)]
            blocks.append("\n".join(lines))
    return "\n\n".join(blocks or [_("Nothing is found here.")]) + "\n"


def _lines(layer: Layer, feature: Found) -> Iterator[tuple[str, str]]:
    """Label and value of each property that says something, in words."""
    known = property_by_name(layer)
    for name, value in feature.properties.items():
        text = words.words(known[name], value)
        if text:
            yield words.label(known[name]), " ".join(text.split())


def _page(request: HttpRequest, crs: Crs, answers: Sequence[Answer]) -> str:
    features = [
        {
            "layer": answer.layer.title,
            "title": words.title(answer.layer, each.properties),
            "address": request.build_absolute_uri(f"/{answer.layer.name}/{each.id}"),
            "lines": list(_lines(answer.layer, each)),
        }
        for answer in answers
        for each in answer.features
    ]
    return render_to_string("wms/info.html", {"features": features, "lang": get_language()})


def _geojson(request: HttpRequest, crs: Crs, answers: Sequence[Answer]) -> str:
    """In the map's CRS, easting or longitude first, and said so by `crs`, as QGIS and GeoServer's clients read it."""
    name = "urn:ogc:def:crs:OGC:1.3:CRS84" if crs == CRS84 else f"urn:ogc:def:crs:EPSG::{crs.srid}"
    body = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": name}},
        "features": [
            {
                "type": "Feature",
                # Clients tell layers apart by what stands before the dot.
                "id": f"{answer.layer.name}.{each.id}",
                "geometry": each.geometry,
                "properties": each.properties,
            }
            for answer in answers
            for each in answer.features
        ],
    }
    return json.dumps(body, ensure_ascii=False)


def _gml(request: HttpRequest, crs: Crs, answers: Sequence[Answer]) -> str:
    """GML 2.1.2 (OGC 02-069) in a collection of WFS 1.0: what QGIS and OWSLib know by this name."""
    namespace = quoteattr(request.build_absolute_uri("/"))
    members = [
        f"<gml:featureMember>{_member(answer.layer, each)}</gml:featureMember>"
        for answer in answers
        for each in answer.features
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs"'
        f' xmlns:gml="http://www.opengis.net/gml" xmlns:map={namespace}>'
        "<gml:boundedBy><gml:null>unknown</gml:null></gml:boundedBy>"
        f"{''.join(members)}</wfs:FeatureCollection>\n"
    )


def _member(layer: Layer, feature: Found) -> str:
    parts = [f"<map:{layer.geometry}>{feature.gml}</map:{layer.geometry}>"]
    for name, value in feature.properties.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            parts.append(f"<map:{name}>{escape(text)}</map:{name}>")
    return f'<map:{layer.name} fid="{layer.name}.{feature.id}">{"".join(parts)}</map:{layer.name}>'


# Exactly these: QGIS offers what it finds here (tried with 3.22 and 3.40).
INFO_FORMATS: dict[str, Callable[[HttpRequest, Crs, Sequence[Answer]], str]] = {
    "text/plain": _text,
    "text/html": _page,
    "application/json": _geojson,
    "application/vnd.ogc.gml": _gml,
}
