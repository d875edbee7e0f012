"""What the description of the whole interface says of /api/analyses."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.analysis import registry
from geoplatform.analysis.answer import MOST
from geoplatform.analysis.files import WRITERS
from geoplatform.analysis.indicator import Indicator
from geoplatform.analysis.said import ID
from geoplatform.services.analyses import question_process
from geoplatform.services.analyses.processes import media_type
from geoplatform.services.negotiation import link

PROCESSES = "http://www.opengis.net/def/rel/ogc/1.0/processes"
LANG = {"$ref": "#/components/parameters/lang"}
PROBLEM = {"$ref": "#/components/responses/Problem"}


def part(request: HttpRequest) -> dict[str, Any]:
    """Paths and schemas for the document, links for the landing page."""
    title = _("Indicators of quarters")
    paths: dict[str, Any] = {
        "/analyses": {"get": _operation(title, "analyses", _json("Analyses"), [LANG])}
    }
    for each in registry.indicators():
        own, name = f"/analyses/{each.id}", str(each.title)
        paths[own] = {"get": _operation(name, each.id, _json("Analysis"), [LANG])}
        paths[f"{own}/results"] = {
            "get": _operation(name, f"{each.id}.results", _files(), _parameters(each))
        }
        paths[f"{own}/execution"] = {"post": _execution(each.id, name)}
    paths |= _questions()
    return {
        "paths": paths,
        "schemas": _schemas(),
        "links": [link(request, "/api/analyses", PROCESSES, "application/json", title)],
    }


def _operation(
    summary: str, operation: str, content: dict[str, Any], parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "summary": summary,
        "operationId": f"analyses.{operation}",
        "tags": ["analyses"],
        "parameters": parameters,
        "responses": {"200": {"description": "OK", "content": content}, "default": PROBLEM},
    }


def _questions() -> dict[str, Any]:
    """Paths of questions of features."""
    own, title = f"/analyses/{ID}", _("A question of features")
    formats = {"type": "string", "enum": list(WRITERS), "default": "json"}
    parameters = [
        _parameter("f", formats, _("The format of the answer, before what Accept asks for.")),
        LANG,
        *(
            {**_parameter(name, each["schema"], each["title"]), "required": name == "layer"}
            for name, each in question_process.parameters().items()
        ),
    ]
    return {
        own: {"get": _operation(title, ID, _json("Analysis"), [LANG])},
        f"{own}/results": {"get": _operation(title, f"{ID}.results", _files(), parameters)},
        f"{own}/execution": {"post": _execution(ID, title)},
    }


def _execution(id: str, title: str) -> dict[str, Any]:
    found = _operation(title, f"{id}.execution", _files(), [LANG])
    schema = {"$ref": "#/components/schemas/Execute"}
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {**found, "requestBody": body}


def _parameters(indicator: Indicator) -> list[dict[str, Any]]:
    towns = {"type": "array", "items": {"type": "string"}, "maxItems": MOST}
    formats = {"type": "string", "enum": list(WRITERS), "default": "json"}
    when = _("A day or an instant up to now, of which the data are; without it as they are now.")
    return [
        _parameter("f", formats, _("The format of the answer, before what Accept asks for.")),
        LANG,
        _parameter("municipality", towns, _("Keys (AGS), up to %d at once; without it all that have quarters.") % MOST),
        _parameter("at", {"type": "string"}, when),
        *(
            _parameter(
                each.name,
                {"type": "number", "minimum": each.low, "maximum": each.high, "default": each.default},
                f"{each.title} ({each.unit})",
            )
            for each in indicator.parameters
        ),
    ]  # fmt: skip


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    listed = {"style": "form", "explode": False}
    return {"name": name, "in": "query", "description": description, **listed, "schema": schema}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _files() -> dict[str, Any]:
    found = _json("Answer")
    for name in WRITERS:
        kind = media_type(name)
        if kind.endswith("json"):
            found.setdefault(kind, {"schema": {"$ref": "#/components/schemas/FeatureCollection"}})
        elif kind.startswith("text/"):
            found[kind] = {"schema": {"type": "string"}}
        else:
            found[kind] = {"schema": {"type": "string", "format": "binary"}}
    return found


def _schemas() -> dict[str, Any]:
    texts = {"type": "array", "items": {"type": "string"}}
    objects = {"type": "array", "items": {"type": "object"}}
    described = {
        "id": {"type": "string"},
        "version": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "jobControlOptions": texts,
        "outputTransmission": texts,
        "links": objects,
    }
    return {
        "Analyses": {
            "type": "object",
            "required": ["processes", "links"],
            "properties": {
                "processes": {
                    "type": "array",
                    "items": {"$ref": "#/components/schemas/AnalysisSummary"},
                },
                "links": objects,
            },
        },
        "AnalysisSummary": {
            "type": "object",
            "required": ["id", "version"],
            "properties": described,
        },
        "Analysis": {
            "type": "object",
            "required": ["id", "version", "inputs", "outputs"],
            "properties": {
                **described,
                "inputs": {"type": "object"},
                "outputs": {"type": "object"},
                "indicator": {"type": "object"},
            },
        },
        "Execute": {
            "type": "object",
            "properties": {
                "inputs": {"type": "object"},
                "outputs": {"type": "object"},
                "response": {"type": "string", "enum": ["raw", "document"], "default": "raw"},
            },
        },
        "Answer": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "definitionKind": {"type": "string", "enum": ["official", "platform", "changed"]},
                # Numbers of an indicator, texts of a question of features.
                "parameters": {
                    "type": "object",
                    "additionalProperties": {"anyOf": [{"type": "number"}, {"type": "string"}]},
                },
                "municipalities": texts,
                "dataVersion": {"type": "integer"},
                "at": {"type": "string", "format": "date-time"},
                "weighting": {"type": "string", "nullable": True},
                "licences": texts,
                "attributions": texts,
                "gini": {"type": "number", "nullable": True},
                "band": {"type": "number"},
                "columns": objects,
                "rows": objects,
            },
        },
    }
