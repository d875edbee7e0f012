"""Features of a collection: read as PostGIS made them, and changed."""

from __future__ import annotations

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
from geoplatform.services.features.answers import elsewhere, etag, proposed, represented, tagged
from geoplatform.services.features.edit import PATCHES, create, edit
from geoplatform.services.features.formats import GEOJSON, ITEM, ITEMS
from geoplatform.services.features.page import collection
from geoplatform.services.features.parameters import as_of, given, parse, refuse_all
from geoplatform.services.features.schemas import link_header
from geoplatform.services.features.table import item_page, items_page
from geoplatform.services.features.views import layer_or_404
from geoplatform.services.negotiation import HTML, chosen
from geoplatform.services.problems import Problem, problems
from geoplatform.services.sending import pack, send


def methods(name: str) -> list[str]:
    """Programs look here for whether a layer takes new features."""
    return ["GET", "HEAD", *(["POST"] if layer_or_404(name).editable else [])]


def item_methods(name: str, id: str) -> list[str]:
    """QGIS asks this of an id that does not exist, too, where a layer is empty."""
    editable = layer_or_404(name).editable
    return ["GET", "HEAD", *(["PUT", "PATCH", "DELETE"] if editable else [])]


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


# PATCH is said by Accept-Patch, which implies it (RFC 5789, 3.1), and not in Allow: QGIS would send patches that do
# not say which version they saw, and overwrite what others changed meanwhile. Without, it sends whole features.
@problems(methods_of=item_methods, unsaid=("PATCH",), headers={"Accept-Patch": PATCHES})
def item(request: HttpRequest, name: str, id: str) -> HttpResponseBase:
    """One feature by its id: read, replaced, updated, deleted."""
    if request.method not in ("GET", "HEAD"):
        return edit(request, name=name, id=id)
    return read_one(request, name, id)


def read_one(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """One feature with links; one that only is proposed yet says so."""
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
    if query is None or query.id is None or not found:
        held = proposed(request, layer, query.id) if query and query.id and at is None else None
        if held is not None and crs == CRS84:
            return held
        same = elsewhere(request, layer, query.id) if query and query.id and at is None else None
        if same is not None:
            return same
        raise Problem(404, _("There is no such feature in %s.") % layer.name)
    if offer == HTML:
        return item_page(request, query, found[0][1])
    text = found[0][1]
    body = represented(request, layer, query.id, text)
    headers = {"Content-Crs": f"<{crs.uri}>", "Vary": "Accept, Accept-Language"}
    return tagged(request, body, etag(text, body), headers)
