"""How features are changed, for the OpenAPI document (OGC 20-002r1)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.query.crs import CRS84, supported
from geoplatform.services.authors import KEY_HEADER
from geoplatform.services.features.formats import GEOJSON

PATCH = "application/merge-patch+json"  # RFC 7396, as QGIS and others send changes
# All of them may be left out: anybody may propose something.
SCHEMES = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
}
SECURITY: list[dict[str, list[str]]] = [{}, {"basic": []}, {"bearer": []}, {"key": []}]
PROBLEM = {"$ref": "#/components/responses/Problem"}


def headers() -> dict[str, Any]:
    """Parameters in the head of a request."""
    return {
        "If-Match": _header(
            "If-Match",
            {"type": "string"},
            _("Tags of a version: nothing is changed if there is another one by now."),
        ),
        "Idempotency-Key": _header(
            "Idempotency-Key",
            {"type": "string", "format": "uuid"},
            _("Made by the client: what is sent again with it is not done again."),
        ),
        "Content-Crs": _header(
            "Content-Crs",
            {
                "type": "string",
                "enum": [each.uri for each in supported()],
                "default": CRS84.uri,
            },
            _("The coordinate reference system of the geometry in the body."),
        ),
    }


def schemas() -> dict[str, Any]:
    return {
        "Patch": {
            "type": "object",
            "description": _("Merge patch (RFC 7396): null takes a value away."),
            "properties": {
                "geometry": {"type": "object"},
                "properties": {"type": "object"},
            },
        },
        "Waiting": {
            "type": "object",
            "description": _("It waits; `proposal` is where to see what becomes of it."),
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "status": {"type": "string", "enum": ["proposed"]},
                "state": {"type": "string"},
                "detail": {"type": "string"},
                "proposal": {"type": "string", "format": "uri"},
            },
        },
    }


def create(layer: Layer) -> dict[str, Any]:
    summary = _("Add a point") if layer.open_to_all else _("Propose a new feature")
    made = {**_feature("Created"), "headers": {"Location": {"schema": {"type": "string"}}}}
    return {
        **_operation(layer, "create", summary, "Content-Crs", "Idempotency-Key"),
        "requestBody": _body("Feature", GEOJSON),
        "responses": {"201": made, "202": _waiting(), "default": PROBLEM},
    }


def one(layer: Layer) -> dict[str, Any]:
    """PUT, PATCH and DELETE of an item."""
    id = {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    answers = {
        "200": _feature("OK"),
        "202": _waiting(),
        "204": {"description": _("It belongs to another layer now.")},
        "default": PROBLEM,
    }
    names = ("Content-Crs", "Idempotency-Key", "If-Match")
    made = {
        "put": {
            **_operation(layer, "replace", _("Replace a feature"), *names),
            "requestBody": _body("Feature", GEOJSON),
            "responses": answers,
        },
        "patch": {
            **_operation(layer, "update", _("Change some values of a feature"), *names),
            "requestBody": _body("Patch", PATCH),
            "responses": answers,
        },
        "delete": {
            **_operation(layer, "delete", _("Delete a feature"), *names[1:]),
            "responses": {
                "204": {"description": "No Content"},
                "202": _waiting(),
                "default": PROBLEM,
            },
        },
    }
    for operation in made.values():
        operation["parameters"].append(id)
    return made


def _operation(layer: Layer, name: str, summary: str, *parameters: str) -> dict[str, Any]:
    return {
        "summary": summary,
        "operationId": f"{layer.name}.{name}",
        "security": SECURITY,
        "parameters": [{"$ref": f"#/components/parameters/{each}"} for each in parameters],
    }


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": schema}


def _body(schema: str, media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"required": True, "content": content}


def _feature(description: str) -> dict[str, Any]:
    content = {GEOJSON: {"schema": {"$ref": "#/components/schemas/Feature"}}}
    return {"description": description, "content": content}


def _waiting() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Waiting"}}}
    return {"description": _("Accepted: it waits for review."), "content": content}
