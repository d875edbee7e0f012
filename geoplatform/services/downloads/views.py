"""A layer, or what a filter leaves of it, in one of the formats that there are."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.formats.writers import WRITERS
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.feature_query import FeatureQuery, QueryError
from geoplatform.services.problems import Problem, problems
from geoplatform.services.sending import send


@problems("GET", "HEAD")
def download(request: HttpRequest, file: str) -> HttpResponseBase:
    """`{layer}.{format}`: all features of the layer, or those that `filter` (CQL2 text) lets through."""
    name, _dot, extension = file.rpartition(".")
    layer = registry.get(name)
    if layer is None or extension not in WRITERS:
        raise Problem(
            404,
            _("There is no file %(file)s. Layers: %(layers)s. Formats: %(formats)s.")
            % {
                "file": file[:80],
                "layers": ", ".join(each.name for each in registry.layers()),
                "formats": ", ".join(WRITERS),
            },
        )
    values = request.GET.dict()
    text = values.pop("filter", None)
    for parameter in values:
        raise QueryError(parameter[:80], _("Unknown parameter %s.") % parameter[:80])
    condition = parse_filter(text, layer=layer) if text is not None else None
    return send(request, extension, FeatureQuery(layer=layer, filter=condition, limit=None))
