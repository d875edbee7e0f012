"""All layers as a QGIS project, with the addresses by which its reader sees this platform."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.formats.about import attributions, licence_addresses
from geoplatform.pages.place import platform_name, start_box
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.figures import figures, origins
from geoplatform.rendering.qgis import Shown, project
from geoplatform.services.problems import problems, refuse_parameters

NAME = "geoplatform.qgz"
FULL = 5_000  # features, and QGIS would fetch them page after page to show a city
WORLD = 3857


@problems("GET", "HEAD")
def qgis_project(request: HttpRequest) -> HttpResponseBase:
    """`/downloads/geoplatform.qgz`, in the reader's language."""
    refuse_parameters(request, "lang")
    content = project(
        [_shown(layer) for layer in registry.listed()],
        title=platform_name(),
        base=request.build_absolute_uri("/")[:-1],
        box=start_box(),
        srid=_metric_srid(),
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{NAME}"',
        "Vary": "Accept-Language",
    }
    return HttpResponse(content, content_type="application/x-qgis-project", headers=headers)


def _shown(layer: Layer) -> Shown:
    query = FeatureQuery(layer=layer, limit=None)
    return Shown(
        layer=layer,
        licences=licence_addresses(query),
        attributions=attributions(origins(query)),
        full=layer.geometry is not None and figures(layer).count > FULL,
    )


def _metric_srid() -> int:
    """The CRS of the first municipality; the web's where there is none yet."""
    rows: Any = registry.by_role("municipality").rows().order_by("ags")
    return rows.values_list("metric_srid", flat=True).first() or WORLD
