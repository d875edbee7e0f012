"""The OpenAPI document as a page to read, by our own template.

Not by Swagger UI or the like: those need a megabyte of scripts and speak English alone; who wants to try requests out
can load the document into a tool of their own, since it refers to nothing outside itself.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _


def document(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Operations by the collection they belong to; what has none comes first."""
    sections: dict[str, dict[str, Any]] = {}
    for path, operations in body["paths"].items():
        parts = path.strip("/").split("/")
        name = parts[1] if len(parts) > 1 and parts[0] == "collections" else ""
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            section = sections.setdefault(
                name, {"title": operation.get("summary", name), "operations": []}
            )
            section["operations"].append(read(body, path, method, operation))
    if "" in sections:
        sections[""]["title"] = _("The interface as a whole")
    return {"sections": sections, "server": body["servers"][0]["url"]}


def read(body: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    given = (resolved(body, each) for each in operation.get("parameters", ()))
    answers = operation.get("responses", {})
    return {
        "path": path,
        "method": method.upper(),
        "summary": operation.get("summary", ""),
        "parameters": [parameter(each) for each in given],
        "answers": [
            {
                "status": "4xx, 5xx" if status == "default" else status,
                "types": ", ".join(resolved(body, each).get("content", {})),
            }
            for status, each in answers.items()
        ],
    }


def resolved(body: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, its reference followed (`#/components/...` alone: there is no other)."""
    found: Any = part
    while "$ref" in found:
        target = found["$ref"]
        found = body
        for name in target.removeprefix("#/").split("/"):
            found = found[name]
    return dict(found)


def parameter(each: dict[str, Any]) -> dict[str, Any]:
    schema = each.get("schema", {})
    return {
        "name": each["name"],
        "where": _("in the path") if each.get("in") == "path" else "",
        "about": each.get("description") or about(each["name"]),
        "type": schema.get("format") or schema.get("type", ""),
        "values": schema.get("enum", ()),
        "low": schema.get("minimum"),
        "high": schema.get("maximum"),
        "default": schema.get("default"),
    }


def about(name: str) -> str:
    """What the standard's own parameters mean, where the document leaves it to the standard."""
    known = {
        "f": _("Format of the answer; without it that of Accept"),
        "id": _("The feature's id"),
        "limit": _("How many features at most come in one answer"),
        "after": _("Only features after this one: `next` links carry it"),
        "cursor": _("Where the next page begins: `next` links carry it"),
        "bbox": _("Only what touches this box: west, south, east, north"),
        "bbox-crs": _("Coordinate reference system of bbox"),
        "crs": _("Coordinate reference system of the answer"),
        "datetime": _("The layer as it was at an instant (RFC 3339)"),
        "properties": _("Only these properties, separated by commas"),
        "sortby": _("Properties to sort by, separated by commas; - before one turns it round"),
        "filter": _("A condition in CQL2"),
        "filter-lang": _("How the filter is written: as text or as JSON"),
        "filter-crs": _("Coordinate reference system of geometries in the filter"),
    }
    return known.get(name, "")
