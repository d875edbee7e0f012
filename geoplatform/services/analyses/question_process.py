"""Questions of features in the words of OGC API Processes: a process among the indicators (18-062r2, 7.9 and 7.10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.analysis import question
from geoplatform.analysis.answer import MOST
from geoplatform.analysis.files import WRITERS
from geoplatform.analysis.said import ID
from geoplatform.catalog import registry
from geoplatform.services.analyses import processes

OWN = f"/api/analyses/{ID}"


def summary(request: HttpRequest) -> dict[str, Any]:
    """In short (processSummary)."""
    return {
        "id": ID,
        "version": "1.0.0",
        "title": _("A question of features"),
        "description": _(
            "Features of a layer, by where they stand to those of another one, counted, summed or measured for each"
            " quarter, municipality or drawn area."
        ),
        "jobControlOptions": ["sync-execute"],
        "outputTransmission": ["value"],
        "links": processes.links(request, OWN),
    }


def described(request: HttpRequest) -> dict[str, Any]:
    return {
        **summary(request),
        "inputs": inputs(),
        "outputs": {
            processes.OUTPUT: {
                "title": _("The figure of each area, and what a citation of it needs"),
                "schema": {
                    "oneOf": [
                        {"type": "string", "contentMediaType": processes.media_type(name)}
                        for name in WRITERS
                    ]
                },
            }
        },
    }


def inputs() -> dict[str, Any]:
    """What may be asked: a layer, and whatever narrows it down."""
    return {
        name: {"title": each["title"], "schema": each["schema"], "minOccurs": int(name == "layer")}
        | ({"maxOccurs": MOST} if name == "municipality" else {})
        for name, each in parameters().items()
    }


def parameters() -> dict[str, dict[str, Any]]:
    """Title and schema of each parameter by its name."""

    def text(title: str, known: Iterable[str] = (), **more: Any) -> dict[str, Any]:
        schema = {"type": "string", **({"enum": list(known)} if known else {}), **more}
        return {"title": title, "schema": schema}

    layers = [each.name for each in question.subjects()]
    metres = {"type": "number", "minimum": 0, "maximum": question.MOST_METRES, "default": 300}
    return {
        "layer": text(_("Whose features"), layers),
        "filter": text(_("Only those of them: CQL2")),
        "relation": text(_("Where they stand"), question.RELATIONS, default="distance"),
        "match": text(_("to how many of the others"), question.MATCHES, default="some"),
        "metres": {"title": _("Metres, straight or on foot"), "schema": metres},
        "other": text(_("The other layer"), [each.name for each in registry.map_layers()]),
        "other-filter": text(_("Only those of it: CQL2")),
        "figure": text(_("What is told"), question.FIGURE_TITLES, default="count"),
        "number": text(_("Which number is summed")),
        "per": text(_("For"), question.PER, default="quarter"),
        "municipality": text(_("Municipalities")),
        "area": text(_("A drawn area: GeoJSON Polygon, longitude first")),
        "at": text(_("As of")),
    }
