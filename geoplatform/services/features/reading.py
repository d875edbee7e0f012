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
        layer = parts[1] if len(parts) > 1 and parts[0] == "collections" else ""
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            name = layer or next(iter(operation.get("tags", ())), "")
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
        "about": each.get("description", ""),
        "type": schema.get("format") or schema.get("type", ""),
        "values": schema.get("enum", ()),
        "bounds": bounds(schema),
        "default": schema.get("default"),
    }


def bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return _("from %(low)s to %(high)s") % {"low": low, "high": high}
    return _("at least %s") % low if low is not None else ""
