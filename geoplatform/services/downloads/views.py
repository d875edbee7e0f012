"""A layer in one of the formats that there are."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.formats.writers import WRITERS
from geoplatform.query.feature_query import FeatureQuery, QueryError
from geoplatform.services.problems import Problem, problems
from geoplatform.services.sending import send


@problems("GET", "HEAD")
def download(request: HttpRequest, file: str) -> HttpResponseBase:
    """`{layer}.{format}`: all features of the layer."""
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
    for parameter in request.GET:
        raise QueryError(parameter[:80], _("Unknown parameter %s.") % parameter[:80])
    return send(request, extension, FeatureQuery(layer=layer, limit=None))
