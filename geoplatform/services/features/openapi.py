"""The interface described by itself (OpenAPI 3.0), made from the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties
from geoplatform.query.cql2 import LANGUAGES, MAX_BYTES
from geoplatform.query.crs import CRS84, supported
from geoplatform.query.feature_query import DEFAULT_LIMIT, MAX_LIMIT, MAX_SORTS
from geoplatform.query.order import CURSOR_LIMIT
from geoplatform.query.versions import MAX_VERSIONS
from geoplatform.services.features import editing
from geoplatform.services.features.formats import ITEM, ITEMS, SCHEMA
from geoplatform.services.negotiation import HTML, JSON, Offer, absolute

ITEMS_PARAMETERS = (
    "limit",
    "after",
    "cursor",
    "datetime",
    "sortby",
    "properties",
    "filter",
    "filter-lang",
)
GEOMETRY_PARAMETERS = ("bbox", "bbox-crs", "crs", "filter-crs")


def document(request: HttpRequest) -> dict[str, Any]:
    """The whole document; it refers to nothing outside itself."""
    paths: dict[str, Any] = {
        "/": _get(_("Landing page"), "landing"),
        "/conformance": _get(_("Conformance classes"), "conformance"),
        "/collections": _get(_("The layers"), "collections"),
    }
    for layer in registry.layers():
        paths.update(_layer_paths(layer))
    others = parts(request)
    for each in others:
        paths.update(each["paths"])
    return {
        "openapi": "3.0.3",
        "info": {"title": _("Open green map"), "version": "1"},
        "servers": [{"url": absolute(request, "/api").rstrip("/")}],
        "paths": paths,
        "components": {
            "parameters": _parameters(),
            "schemas": {
                **_schemas(),
                **{name: schema for each in others for name, schema in each["schemas"].items()},
            },
            "responses": _responses(),
            "securitySchemes": editing.SCHEMES,
        },
    }


def parts(request: HttpRequest) -> list[dict[str, Any]]:
    """What other services say of themselves: `paths` and `schemas` for this document, `links` for the landing page.

    Services do not know each other; the settings name them.
    """
    return [import_string(name)(request) for name in settings.API_PARTS]


def _get(
    summary: str,
    operation: str,
    schema: str | None = None,
    offers: Sequence[Offer] = (JSON, HTML),
) -> dict[str, Any]:
    """One GET; `schema` names what its JSON holds."""
    content: dict[str, Any] = {}
    for offer in offers:
        media_type = offer.media_type
        content[media_type] = {"schema": {"type": "string"}}
        if media_type == HTML.media_type:
            continue
        if media_type.endswith("json"):
            content[media_type] = {
                "schema": {"$ref": f"#/components/schemas/{schema}"}
                if schema
                else {"type": "object"}
            }
        elif not media_type.startswith("text/"):
            content[media_type]["schema"]["format"] = "binary"
    names = {
        "type": "string",
        "enum": [name for offer in offers for name in (offer.name, *offer.aliases)],
        "default": offers[0].name,
    }
    described = _("The format of the answer, before what Accept asks for.")
    return {
        "get": {
            "summary": str(summary),
            "operationId": operation,
            "parameters": [
                _parameter("f", names, described),
                {"$ref": "#/components/parameters/lang"},
            ],
            "responses": {
                "200": {"description": "OK", "content": content},
                "default": {"$ref": "#/components/responses/Problem"},
            },
        }
    }


def _layer_paths(layer: Layer) -> dict[str, Any]:
    address = f"/collections/{layer.name}"
    listing = _get(str(layer.title), f"{layer.name}.items", "FeatureCollection", ITEMS)
    listing["get"]["parameters"] += [
        {"$ref": f"#/components/parameters/{name}"}
        for name in ITEMS_PARAMETERS + (GEOMETRY_PARAMETERS if layer.geometry else ())
    ] + [_query_parameter(each) for each in properties(layer)]
    one = _get(str(layer.title), f"{layer.name}.item", "Feature", ITEM)
    one["get"]["responses"]["307"] = {
        "description": _("Found to be the same as another feature, which answers for it")
    }
    one["get"]["parameters"] += [
        {"$ref": f"#/components/parameters/{name}"}
        for name in ("datetime", *(["crs"] if layer.geometry else []))
    ] + [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
    ]
    if layer.editable:
        listing["post"] = editing.create(layer)
        one.update(editing.one(layer))
    past = _get(_("Versions of a feature"), f"{layer.name}.history")
    past["get"]["parameters"] += [
        _parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_VERSIONS},
            _("How many versions a page holds at most."),
        ),
        _parameter(
            "before",
            {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
            _("Only versions before this one: taken from the link to the next page."),
        ),
        one["get"]["parameters"][-1],
    ]
    return {
        address: _get(str(layer.title), layer.name),
        **{
            f"{address}/{name}": _get(summary, f"{layer.name}.{name}", None, SCHEMA)
            for name, summary in (
                ("queryables", _("What a filter may name")),
                ("schema", _("What features are")),
            )
        },
        f"{address}/items": listing,
        f"{address}/items/{{id}}": one,
        f"{address}/items/{{id}}/history": past,
    }


def _query_parameter(each: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": each.json_type}
    if each.format:
        schema["format"] = each.format
    if each.choices:
        schema["enum"] = [value for value, _label in each.choices]
    # QGIS filters by those parameters alone that say style and explode.
    return _parameter(each.name, schema, str(each.title))


def _parameters() -> dict[str, Any]:
    described = [
        # GDAL and QGIS read their page size here.
        _parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            _(
                "How many features a page holds at most; a higher number than the maximum is lowered to it."
            ),
        ),
        _parameter(
            "lang",
            {"type": "string", "enum": list(dict(settings.LANGUAGES))},
            _("Language of titles and messages; without it that of Accept-Language."),
        ),
        # An instant or an interval; OGC 17-069r4, requirement 25 has it as plain text.
        _parameter(
            "datetime",
            {"type": "string"},
            _("The layer as it was at an instant, or at the end of an interval (RFC 3339)."),
        ),
        _parameter(
            "after",
            {"type": "integer", "format": "int64", "minimum": 0},
            _("Where a page begins: taken from the link to the next page."),
        ),
        _parameter(
            "cursor",
            {"type": "string", "maxLength": CURSOR_LIMIT},
            _("Where a page of a sorted answer begins: taken from the link to the next page."),
        ),
        _parameter(
            "sortby",
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_SORTS},
            _("Names of properties, each after + for upwards or - for downwards."),
        ),
        _parameter(
            "properties",
            {"type": "array", "items": {"type": "string"}},
            _("Names of the properties in the answer."),
        ),
        _parameter(
            "bbox",
            {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
            _("West, south, east, north; in the order of axes of bbox-crs."),
        ),
        _parameter(
            "filter",
            {"type": "string", "minLength": 1, "maxLength": MAX_BYTES},
            _("A condition in CQL2 on what the queryables of the layer name."),
        ),
        _parameter(
            "filter-lang",
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
            _("The language of the filter."),
        ),
        _crs_parameter(
            "filter-crs", _("The coordinate reference system of the geometries in the filter.")
        ),
        _crs_parameter("bbox-crs", _("The coordinate reference system of bbox.")),
        _crs_parameter(
            "crs", _("The coordinate reference system of the geometries in the answer.")
        ),
    ]
    return {each["name"]: each for each in described} | editing.headers()


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A parameter of the query; lists are separated by commas."""
    listed = {"style": "form", "explode": False}
    return {"name": name, "in": "query", "description": description, **listed, "schema": schema}


def _crs_parameter(name: str, description: str) -> dict[str, Any]:
    uris = [crs.uri for crs in supported()]
    return _parameter(
        name, {"type": "string", "format": "uri", "enum": uris, "default": CRS84.uri}, description
    )


def _schemas() -> dict[str, Any]:
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string", "format": "uuid"},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
        },
    }
    return {
        "Feature": feature,
        "FeatureCollection": {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
                "numberMatched": {"type": "integer"},
                "numberReturned": {"type": "integer"},
            },
        },
        "Problem": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "errors": {"type": "array", "items": {"type": "object"}},
                "conflicts": {"type": "array", "items": {"type": "object"}},
            },
        },
        **editing.schemas(),
    }


def _responses() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "Problem": {
            "description": "Problem details (RFC 9457)",
            "content": {
                "application/problem+json": {"schema": schema},
                HTML.media_type: {"schema": {"type": "string"}},
            },
        }
    }
