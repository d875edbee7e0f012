"""GetLegendGraphic (OGC 05-078r4, clause 12): the legend of a layer, or of one of its categories."""

from __future__ import annotations

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geoplatform.rendering.picture_legend import legend_picture
from geoplatform.services.negotiation import known_etags
from geoplatform.services.wms import maps
from geoplatform.services.wms.exceptions import INVALID, ServiceException
from geoplatform.services.wms.getmap import FORMATS, parse_paper
from geoplatform.services.wms.parameters import Parameters, quoted
from geoplatform.services.wms.validators import edition

LEGEND_FORMATS = ("image/png", "image/jpeg")
SWATCH = (4, 400)  # pixels


def get_legend_graphic(request: HttpRequest, asked: Parameters) -> HttpResponse:
    """In the reader's language; 304 to who has it. Raises ServiceException."""
    layers = maps.parse_layer(asked.need("LAYER", "LAYERS").strip())
    if len(layers) > 1:
        raise ServiceException(
            _("LAYER is one layer: a group has no legend of its own."), code="LayerNotDefined"
        )
    maps.check_styles(asked.get("STYLE", "STYLES"), 1)
    values = {"FORMAT": LEGEND_FORMATS[0], **{k: v for k, v in asked.values.items() if v}}
    paper = parse_paper(Parameters(values, asked.version))
    digest = blake2b(
        f"{edition()} {get_language()} {sorted(values.items())}".encode(), digest_size=8
    )
    headers = {
        "ETag": f'W/"{digest.hexdigest()}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Language",
        "Content-Language": get_language() or "",
    }
    if known_etags(request) & {digest.hexdigest(), "*"}:
        return HttpResponseNotModified(headers=headers)
    try:
        body = legend_picture(
            layers[0],
            value=asked.get("RULE") or None,
            ratio=maps.parse_ratio(asked),
            form=FORMATS[paper.media_type],
            background=paper.background,
            swatch=_swatch(asked),
        )
    except LookupError:
        raise ServiceException(
            _("RULE: there is no category %s.") % quoted(asked.get("RULE")), code=INVALID
        ) from None
    return HttpResponse(body, content_type=paper.media_type, headers=headers)


def _swatch(asked: Parameters) -> tuple[int, int] | None:
    """WIDTH and HEIGHT of a swatch; beside a BBOX they are the map's, which QGIS sends along."""
    if asked.get("BBOX") or not asked.get("WIDTH", "HEIGHT"):
        return None
    low, high = SWATCH
    width = asked.integer("WIDTH", "HEIGHT", low=low, high=high)
    return width, asked.integer("HEIGHT", "WIDTH", low=low, high=high)
