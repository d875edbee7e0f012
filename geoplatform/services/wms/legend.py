"""GetLegendGraphic (OGC 05-078r4, clause 12): the legend of a layer, or of one of its categories."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.rendering.legend import legend
from geoplatform.services.wms.exceptions import ServiceException
from geoplatform.services.wms.parameters import Parameters

LEGEND_FORMATS = ("image/png", "image/jpeg")


def legend_size(layer: Layer) -> tuple[int, int]:
    """Width and height in pixels of the whole legend, which capabilities tell."""
    return 200, 22 * len(legend(layer))


def get_legend_graphic(request: HttpRequest, asked: Parameters) -> HttpResponse:
    """Raises ServiceException."""
    raise ServiceException(_("not yet"), code="OperationNotSupported")
