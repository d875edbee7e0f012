"""Indicators in the words of OGC API Processes: summaries, and descriptions with inputs and outputs (18-062r2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.analysis import asking, registry
from geoplatform.analysis.about import declared
from geoplatform.analysis.answer import MOST
from geoplatform.analysis.files import WRITERS
from geoplatform.analysis.indicator import Indicator, Parameter
from geoplatform.query.errors import QueryError
from geoplatform.services.negotiation import link
from geoplatform.services.problems import Problem

JSON_TYPE, HTML_TYPE = "application/json", "text/html"
OUTPUT = "answer"
RESULTS = "http://www.opengis.net/def/rel/ogc/1.0/results"
EXECUTE = "http://www.opengis.net/def/rel/ogc/1.0/execute"
EXCEPTIONS = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"


def found(id: str) -> Indicator:
    """Raises Problem 404, naming those there are."""
    try:
        return registry.get(id)
    except QueryError as error:
        raise Problem(404, str(error), more={"type": f"{EXCEPTIONS}/no-such-process"}) from None


def address(indicator: Indicator) -> str:
    return f"/api/analyses/{indicator.id}"


def everything(request: HttpRequest) -> dict[str, Any]:
    """The list of all (processList)."""
    return {
        "processes": [summary(request, each) for each in registry.indicators()],
        "links": [
            link(request, "/api/analyses", "self", JSON_TYPE),
            link(request, "/api/analyses?f=html", "alternate", HTML_TYPE),
        ],
    }


def summary(request: HttpRequest, indicator: Indicator) -> dict[str, Any]:
    """One of them in short (processSummary)."""
    return {
        "id": indicator.id,
        "version": "1.0.0",
        "title": str(indicator.title),
        "description": str(indicator.definition),
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
        "links": _links(request, indicator),
    }


def description(request: HttpRequest, indicator: Indicator) -> dict[str, Any]:
    """One of them with inputs, outputs and all that is declared of it (process)."""
    return {
        **summary(request, indicator),
        "inputs": inputs(indicator),
        "outputs": {
            OUTPUT: {
                "title": _("The figures of each quarter, and what a citation of them needs"),
                "schema": {
                    "oneOf": [{"type": "string", "contentMediaType": media_type(name)} for name in WRITERS]
                },
            }
        },
        "indicator": {**declared(indicator), "missing": str(indicator.missing) or None},
    }  # fmt: skip


def media_type(name: str) -> str:
    """Of a format, without parameters."""
    return WRITERS[name].media_type.partition(";")[0]


def inputs(indicator: Indicator) -> dict[str, Any]:
    """What may be asked: none is needed."""
    common = {
        "municipality": {
            "title": _("Municipalities"),
            "description": _("Keys (AGS), up to %d at once; without it all that have quarters.") % MOST,
            "schema": {"type": "string", "enum": list(asking.comparable())},
            "minOccurs": 0,
            "maxOccurs": MOST,
        },
        "at": {
            "title": _("As of"),
            "description": _("A day or an instant up to now, of which the data are; without it as they are now."),
            "schema": {"type": "string"},
            "minOccurs": 0,
        },
    }  # fmt: skip
    return common | {each.name: _input(each) for each in indicator.parameters}


def _input(each: Parameter) -> dict[str, Any]:
    return {
        "title": str(each.title),
        "description": each.unit,
        "schema": {
            "type": "number",
            "minimum": each.low,
            "maximum": each.high,
            "default": each.default,
        },
        "minOccurs": 0,
    }


def _links(request: HttpRequest, indicator: Indicator) -> list[dict[str, str]]:
    return links(request, address(indicator))


def links(request: HttpRequest, own: str) -> list[dict[str, str]]:
    """Where a process at the path `own` is described, asked and answered."""
    return [
        link(request, own, "self", JSON_TYPE),
        link(request, f"{own}?f=html", "alternate", HTML_TYPE),
        link(request, f"{own}/execution", EXECUTE, JSON_TYPE),
        *(
            link(request, f"{own}/results?f={name}", RESULTS, media_type(name), each.title)
            for name, each in WRITERS.items()
        ),
    ]
