"""The interface described by itself (OpenAPI 3.0), made from the registry."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties
from geoplatform.query.feature_query import DEFAULT_LIMIT, MAX_LIMIT
from geoplatform.services.negotiation import absolute

GEOJSON = "application/geo+json"


def document(request: HttpRequest) -> dict[str, Any]:
    """The whole document; it refers to nothing outside itself."""
    paths: dict[str, Any] = {
        "/": _get(_("Landing page"), "landing"),
        "/conformance": _get(_("Conformance classes"), "conformance"),
        "/collections": _get(_("The layers"), "collections"),
    }
    for layer in registry.layers():
        paths.update(_layer_paths(layer))
    return {
        "openapi": "3.0.3",
        "info": {"title": _("Open green map"), "version": "1"},
        "servers": [{"url": absolute(request, "/api").rstrip("/")}],
        "paths": paths,
        "components": {
            "parameters": _parameters(),
            "schemas": _schemas(),
            "responses": _responses(),
        },
    }


def _get(
    summary: str, operation: str, schema: str | None = None, media_type: str = "application/json"
) -> dict[str, Any]:
    content = {
        media_type: {
            "schema": {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
        }
    }
    return {
        "get": {
            "summary": str(summary),
            "operationId": operation,
            "parameters": [
                {"$ref": "#/components/parameters/f"},
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
    listing = _get(str(layer.title), f"{layer.name}.items", "FeatureCollection", GEOJSON)
    listing["get"]["parameters"] += [
        {"$ref": f"#/components/parameters/{name}"}
        for name in ("limit", "after", "datetime", *(["bbox"] if layer.geometry else []))
    ] + [_query_parameter(each) for each in properties(layer)]
    if layer.open_to_all:
        listing["post"] = {
            "summary": _("Add a point"),
            "operationId": f"{layer.name}.create",
            "requestBody": {
                "required": True,
                "content": {GEOJSON: {"schema": {"$ref": "#/components/schemas/Feature"}}},
            },
            "responses": {
                "201": {
                    "description": "Created",
                    "headers": {"Location": {"schema": {"type": "string"}}},
                },
                "default": {"$ref": "#/components/responses/Problem"},
            },
        }
    one = _get(str(layer.title), f"{layer.name}.item", "Feature", GEOJSON)
    one["get"]["parameters"] += [
        {
            "name": "id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
    ]
    return {
        address: _get(str(layer.title), layer.name),
        f"{address}/items": listing,
        f"{address}/items/{{id}}": one,
    }


def _query_parameter(each: Property) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": each.json_type}
    if each.format:
        schema["format"] = each.format
    if each.choices:
        schema["enum"] = [value for value, _label in each.choices]
    return {"name": each.name, "in": "query", "description": str(each.title), "schema": schema}


def _parameters() -> dict[str, Any]:
    return {
        # GDAL and QGIS read their page size here.
        "limit": {
            "name": "limit",
            "in": "query",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_LIMIT,
                "default": DEFAULT_LIMIT,
            },
        },
        "f": {
            "name": "f",
            "in": "query",
            "schema": {"type": "string", "enum": ["json", "geojson"], "default": "json"},
        },
        "lang": {
            "name": "lang",
            "in": "query",
            "description": _("Language of titles and messages; without it that of Accept-Language"),
            "schema": {"type": "string", "enum": list(dict(settings.LANGUAGES))},
        },
        # An instant or an interval; OGC 17-069r4, requirement 25 has it as plain text.
        "datetime": {
            "name": "datetime",
            "in": "query",
            "style": "form",
            "explode": False,
            "schema": {"type": "string"},
        },
        "after": {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
        "bbox": {
            "name": "bbox",
            "in": "query",
            "style": "form",
            "explode": False,
            "schema": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}},
        },
    }


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
            },
        },
    }


def _responses() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "Problem": {
            "description": "Problem details (RFC 9457)",
            "content": {"application/problem+json": {"schema": schema}},
        }
    }
