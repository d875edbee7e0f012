"""The catalogue at two addresses that never change: Turtle and JSON-LD of one and the same graph."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.query.feature_query import QueryError
from geoplatform.query.select import EXTENT_SECONDS
from geoplatform.services.problems import problems
from geoplatform.services.sending import pack

MEDIA_TYPES = {"turtle": "text/turtle; charset=utf-8", "json-ld": "application/ld+json"}


@problems("GET", "HEAD")
def catalogue(request: HttpRequest, form: str) -> HttpResponseBase:
    """The whole catalogue, up to a minute old, with texts in German and English."""
    for name in request.GET:
        raise QueryError(name[:80], _("Unknown parameter %s.") % name[:80])
    base = request.build_absolute_uri("/")[:-1]
    key = f"catalogue:{form}:{base}"
    text = cache.get(key)
    if text is None:
        text = _written(base, form)
        cache.set(key, text, EXTENT_SECONDS)
    return pack(request, HttpResponse(text, content_type=MEDIA_TYPES[form]))


def _written(base: str, form: str) -> str:
    # The library is loaded by processes that are asked for a catalogue: portals come once a night.
    from geoplatform.services.catalogue.graph import PREFIXES, catalogue_graph

    context = {name: str(space) for name, space in PREFIXES.items()}
    graph = catalogue_graph(base)
    if form == "json-ld":
        return graph.serialize(format=form, context=context, ensure_ascii=False)
    return graph.serialize(format=form)
