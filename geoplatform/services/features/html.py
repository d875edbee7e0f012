"""Landing page, conformance and collections as pages for people (OGC 17-069r4, 8.2)."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.catalog.properties import Property, properties
from geoplatform.formats.about import LICENCE_ADDRESSES
from geoplatform.pages.words import is_half_month
from geoplatform.query.crs import supported
from geoplatform.query.feature_query import DEFAULT_LIMIT
from geoplatform.query.figures import figures
from geoplatform.query.select import attributions
from geoplatform.services.features import reading
from geoplatform.services.features.examples import programs, questions
from geoplatform.services.features.smallmap import legends, map_settings
from geoplatform.services.html import HTML_TYPE, clickable, page

STANDARD = re.compile(
    r"/spec/(?P<name>[a-z0-9-]+?)(?:-(?P<part>\d+))?/[\d.]+/(?:conf|req)/(?P<class>.+)$"
)
Body = dict[str, Any]


def document_page(request: HttpRequest, template: str, body: Body) -> HttpResponse:
    """What `views` says of `template`'s address, as a page."""
    return page(request, template, {"body": body, **ABOUT[template](request, body)})


def landing(request: HttpRequest, body: Body) -> dict[str, Any]:
    return {
        "cards": [card(each) for each in registry.listed()],
        "programs": programs(request, registry.map_layers()[-1]),
        "doors": [
            link for link in doors(body["links"]) if link["rel"] not in ("self", "alternate")
        ],
    }


def collections(request: HttpRequest, body: Body) -> dict[str, Any]:
    links = {each["id"]: each["links"] for each in body["collections"]}
    return {
        "cards": [{**card(each), "doors": doors(links[each.name])} for each in registry.listed()]
    }


def collection(request: HttpRequest, body: Body) -> dict[str, Any]:
    layer = registry.get(body["id"])
    assert layer is not None
    box = body.get("extent", {}).get("spatial", {}).get("bbox", [None])[0]
    return {
        **card(layer),
        "layer": layer,
        "box": [f"{each:.4f}" for each in box] if box else None,
        "systems": [each.name for each in supported()],
        "groups": groups(body["links"]),
        "properties": [described(each) for each in properties(layer)],
        "questions": questions(request, layer, body),
        "programs": programs(request, layer),
        "legends": legends(layer),
        "map_settings": map_settings(layer, box) if box else None,
    }


def conformance(request: HttpRequest, body: Body) -> dict[str, Any]:
    """The classes by the standard that they belong to."""
    found: dict[str, list[dict[str, str]]] = {}
    for address in body["conformsTo"]:
        match = STANDARD.search(address)
        standard = title_of(match["name"], match["part"]) if match else _("Others")
        name = match["class"] if match else address
        found.setdefault(standard, []).append({"name": name, "address": address})
    return {"standards": found}


def title_of(name: str, part: str | None) -> str:
    """`ogcapi-features-1` is OGC API – Features, Part 1: Core."""
    known = {
        "ogcapi-common": "OGC API – Common",
        "ogcapi-features": "OGC API – Features",
        "ogcapi-tiles": "OGC API – Tiles",
        "cql2": "Common Query Language (CQL2)",
    }
    parts = {
        "1": _("Core"),
        "2": _("Coordinate reference systems"),
        "3": _("Filtering"),
        "4": _("Create, replace, update and delete"),
        "5": _("Schemas"),
    }
    title = known.get(name, name)
    if not part:
        return title
    about = f": {parts[part]}" if name == "ogcapi-features" and part in parts else ""
    return _("%(standard)s, Part %(part)s") % {"standard": title, "part": part} + about


ABOUT = {
    "landing": landing,
    "collections": collections,
    "collection": collection,
    "conformance": conformance,
    "openapi": reading.document,
}


def card(layer: Layer) -> dict[str, Any]:
    """A layer in a few words."""
    known = figures(layer)
    drawn = legends(layer)
    return {
        "name": layer.name,
        "title": layer.title,
        "description": layer.description,
        "count": ngettext("%(number)s feature", "%(number)s features", known.count)
        % {"number": number_format(known.count, force_grouping=True)},
        "geometry": geometry_words(layer),
        "licences": [
            {"label": Licence(each).label, "address": f"{LICENCE_ADDRESSES}{each}"}
            for each in known.licences
        ],
        "attribution": attributions(layer),
        "swatch": drawn[0]["svg"] if drawn else "",
    }


def geometry_words(layer: Layer) -> str:
    return {0: _("points"), 1: _("lines"), 2: _("areas")}.get(
        layer.dimension, _("table without geometry")
    )


def doors(links: list[dict[str, str]]) -> list[dict[str, str]]:
    """Links as they are clicked on, without those to pages: a page leads to those itself."""
    return [
        {**link, "address": clickable(link), "words": link.get("title") or rel_words(link["rel"])}
        for link in links
        if link.get("type") != HTML_TYPE
    ]


def groups(links: list[dict[str, str]]) -> list[dict[str, Any]]:
    """All links of a collection by what they are for, however many there will be."""
    # Files of the whole first: it is what most come for.
    found: dict[str, list[dict[str, str]]] = {}
    for link in sorted(doors(links), key=lambda each: each["rel"] != "enclosure"):
        found.setdefault(rel_words(link["rel"]), []).append(link)
    return [{"title": title, "links": each} for title, each in found.items()]


def rel_words(rel: str) -> str:
    """What a link relation means to a reader (IANA's and OGC's registers)."""
    known = {
        "self": _("This description for programs"),
        "alternate": _("This description for programs"),
        "items": _("One page of features: %d, unless limit says otherwise") % DEFAULT_LIMIT,
        "enclosure": _("Whole layer as a file"),
        "tilesets-vector": _("Map tiles"),
        "queryables": _("What can be asked for"),
        "schema": _("Schema"),
        "describedby": _("Schema"),
        "license": _("Licence"),
        "data": _("The layers"),
        "collection": _("The layer"),
        "conformance": _("Conformance classes"),
        "service-desc": _("How this interface works"),
    }
    # OGC's own relations are addresses that end in the word.
    return known.get(rel.rsplit("/", 1)[-1], rel)


def described(each: Property) -> dict[str, Any]:
    """A line of the table of properties."""
    return {
        "name": each.name,
        "title": capfirst(str(each.title)),
        "type": type_words(each),
        "help": str(each.field.help_text or ""),
        "choices": each.choices,
    }


def type_words(each: Property) -> str:
    if is_half_month(each.field):
        return _("half month: 8.0 is early August, 8.5 late August")
    kinds = {
        "boolean": _("true or false"),
        "integer": _("whole number"),
        "number": _("decimal number"),
        "date-time": _("date and time"),
        "date": _("date"),
        "uri": _("web address"),
    }
    return kinds.get(each.format or each.json_type, _("text"))
