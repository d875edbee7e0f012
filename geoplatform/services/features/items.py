"""Features of a collection: read as PostGIS made them, and add a point."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator, Iterator
from itertools import chain

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from geoplatform.query.crs import CRS84, parse_crs
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import features
from geoplatform.services.features.create import create
from geoplatform.services.features.formats import GEOJSON, ITEM, ITEMS
from geoplatform.services.features.page import collection
from geoplatform.services.features.parameters import as_of, given, parse, refuse_all
from geoplatform.services.features.schemas import link_header
from geoplatform.services.features.table import item_page, items_page
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.negotiation import HTML, JSON, chosen, link
from geoplatform.services.problems import Problem, problems
from geoplatform.services.sending import pack, send


def methods(name: str) -> list[str]:
    """Programs look here for whether a layer takes new features."""
    return ["GET", "HEAD", *(["POST"] if layer_or_404(name).open_to_all else [])]


@problems(methods_of=methods)
def items(request: HttpRequest, name: str) -> HttpResponseBase:
    """Read or add. The reading side is a plain view: it only passes bytes on."""
    if request.method == "POST":
        return create(request, name=name)
    return read(request, name)


def read(request: HttpRequest, name: str) -> HttpResponseBase:
    """A page of features; `next` leads on (OGC 17-069r4, 7.15)."""
    layer = layer_or_404(name)
    offer = chosen(request, ITEMS)
    if offer == HTML:
        return items_page(request, layer)
    query = parse(request, layer)
    response: HttpResponseBase
    if offer.media_type == GEOJSON:
        pieces = Begun(collection(request, query))
        response = pack(request, StreamingHttpResponse(pieces, content_type=GEOJSON))
    else:
        response = send(request, offer.name, query)
    patch_vary_headers(response, ["Accept", "Accept-Language"])
    response.headers["Content-Crs"] = f"<{query.crs.uri}>"
    known = response.headers.get("Link")
    response.headers["Link"] = ", ".join(filter(None, [known, link_header(request, layer)]))
    return response


class Begun:
    """The same pieces, the first one made already: what goes wrong until then is still answered as a problem."""

    def __init__(self, pieces: Generator[bytes]) -> None:
        self.pieces = chain([next(pieces)], pieces)
        # A reader who goes away closes it: left open, the database's connection would be lost to the pool.
        self.close = pieces.close

    def __iter__(self) -> Iterator[bytes]:
        return self.pieces


@problems("GET", "HEAD")
def item(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """One feature by its id, with links."""
    layer = layer_or_404(name)
    offer = chosen(request, ITEM)
    values = given(request)
    crs = parse_crs("crs", values.pop("crs", CRS84.uri))
    at = as_of(values.pop("datetime", None))
    refuse_all(values)
    try:
        query = FeatureQuery(layer=layer, id=uuid.UUID(id), limit=1, crs=crs, at=at)
    except ValueError:
        query = None
    found = list(features(query)) if query else []
    if query is None or not found:
        raise Problem(404, _("There is no such feature in %s.") % layer.name)
    if offer == HTML:
        return item_page(request, query, found[0][1])
    address = f"/api/collections/{layer.name}"
    links = json.dumps(
        [
            link(request, request.get_full_path(), "self", GEOJSON),
            link(request, f"{address}/items/{id}?f=html", "alternate", HTML.media_type),
            link(request, address, "collection", JSON.media_type, str(layer.title)),
            # RFC 5829
            link(request, f"{address}/items/{id}/history", "version-history", JSON.media_type),
        ],
        ensure_ascii=False,
    )
    return HttpResponse(
        found[0][1][:-1] + f',"links":{links}}}'.encode(),
        content_type=GEOJSON,
        headers={"Content-Crs": f"<{crs.uri}>", "Vary": "Accept, Accept-Language"},
    )
