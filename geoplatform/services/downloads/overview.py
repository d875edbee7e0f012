"""What can be taken away: every layer in every format, how much it is and under which licences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.licences import Licence
from geoplatform.formats.about import LICENCE_ADDRESSES
from geoplatform.formats.snapshots import snapshots
from geoplatform.formats.writers import ARCHIVE, WRITERS
from geoplatform.query.figures import figures
from geoplatform.services.negotiation import absolute


def shelves(request: HttpRequest) -> list[dict[str, Any]]:
    """One for each layer, with full addresses; JSON can say all of it."""
    return [_shelf(request, layer) for layer in registry.listed()]


def kept(request: HttpRequest) -> list[dict[str, Any]]:
    """The dated snapshots, the newest first."""
    titles = {layer.name: str(layer.title) for layer in registry.layers()}
    return [
        {
            **asdict(each),
            "title": titles.get(each.layer, each.layer),
            "address": absolute(request, f"/downloads/snapshots/{each.file}"),
            "checksum": absolute(request, f"/downloads/snapshots/{each.file}.sha256"),
        }
        for each in snapshots()
    ]


def _shelf(request: HttpRequest, layer: Layer) -> dict[str, Any]:
    known = figures(layer)
    return {
        "name": layer.name,
        "title": str(layer.title),
        "count": known.count,
        "licences": [
            {"label": str(Licence(each).label), "address": f"{LICENCE_ADDRESSES}{each}"}
            for each in known.licences
        ],
        "files": [
            {
                "format": form.title,
                "name": form.name,
                "type": form.media_type.partition(";")[0],
                "address": absolute(request, f"/downloads/{layer.name}.{form.name}"),
                "archive": absolute(request, f"/downloads/{layer.name}.{form.name}.zip"),
                "archive_type": ARCHIVE,
            }
            for form in WRITERS.values()
        ],
    }
