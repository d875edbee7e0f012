"""A layer, or what a filter leaves of it, in one of the formats that there are; and the list of all files."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.formats.snapshots import find
from geoplatform.formats.writers import WRITERS
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.crs import EXACT
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.services.downloads.overview import kept, shelves
from geoplatform.services.html import page
from geoplatform.services.negotiation import HTML, JSON, absolute, chosen, json_response
from geoplatform.services.problems import Problem, problems, refuse_parameters
from geoplatform.services.sending import send, send_file


@problems("GET", "HEAD")
def overview(request: HttpRequest) -> HttpResponseBase:
    """All that can be taken away, as a page or as JSON."""
    refuse_parameters(request, "f", "lang")
    found = {
        "layers": shelves(request),
        "project": absolute(request, reverse("qgis-project")),
        "snapshots": kept(request),
    }
    if chosen(request, (JSON, HTML)) == HTML:
        return page(request, "downloads", found)
    return json_response(found)


@problems("GET", "HEAD")
def download(request: HttpRequest, file: str) -> HttpResponseBase:
    """`{layer}.{format}`: all features of the layer, or those that `filter` (CQL2 text) lets through.

    `{layer}.{format}.zip`: the same in an archive, with a text that names their licences and sources.
    """
    plain = file.removesuffix(".zip")
    name, _dot, extension = plain.rpartition(".")
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
    refuse_parameters(request, "filter")
    text = request.GET.get("filter")
    condition = parse_filter(text, layer=layer) if text is not None else None
    query = FeatureQuery(layer=layer, filter=condition, limit=None, crs=EXACT)
    return send(request, extension, query, archived=plain != file)


@problems("GET", "HEAD")
def snapshot(request: HttpRequest, file: str) -> HttpResponseBase:
    """A dated file, or `{file}.sha256`: its checksum as `sha256sum -c` reads it."""
    refuse_parameters(request)
    name = file.removesuffix(".sha256")
    found = find(name)
    if found is None:
        raise Problem(404, _("There is no snapshot %(file)s.") % {"file": file[:120]})
    if name != file:
        return HttpResponse(found.checksum_line, content_type="text/plain; charset=utf-8")
    return send_file(request, found.path, WRITERS[found.format].media_type, found.sha256)
