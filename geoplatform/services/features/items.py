"""Features of a collection: read as PostGIS made them, and add a point."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.query.feature_query import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    FeatureQuery,
    parse_bbox,
    parse_equals,
    parse_integer,
)
from geoplatform.query.select import count, features
from geoplatform.query.temporal import parse_interval
from geoplatform.services.features.create import create
from geoplatform.services.features.views import GEOJSON, document, layer_or_404, parameters
from geoplatform.services.negotiation import link
from geoplatform.services.problems import Problem, problems


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
    """A page of features, in order of their number; `next` leads on (clause 7.15)."""
    query = parse(request, layer_or_404(name))
    matched = count(query)
    response = StreamingHttpResponse(page(request, query, matched), content_type=GEOJSON)
    response.headers["Vary"] = "Accept-Language"
    return response


@document
def item(request: HttpRequest, name: str, id: str) -> HttpResponse:
    """One feature by its id, with links."""
    layer = layer_or_404(name)
    try:
        query = FeatureQuery(layer=layer, id=uuid.UUID(id), limit=1)
    except ValueError:
        query = None
    found = list(features(query)) if query else []
    if not found:
        raise Problem(404, _("There is no such feature in %s.") % layer.name)
    address = f"/api/collections/{layer.name}"
    links = json.dumps(
        [
            link(request, f"{address}/items/{id}", "self", GEOJSON),
            link(request, address, "collection", "application/json", str(layer.title)),
            link(request, f"/{layer.name}/{id}", "alternate", "text/html"),
        ],
        ensure_ascii=False,
    )
    return HttpResponse(found[0][1][:-1] + f',"links":{links}}}'.encode(), content_type=GEOJSON)


def parse(request: HttpRequest, layer: Layer) -> FeatureQuery:
    """The parameters of a request; any that is not known is an error (clause 7.15.1, 7.6)."""
    values = parameters(request)
    bbox = values.pop("bbox", None)
    if "datetime" in values:
        # Features have no time of their own yet, and such ones match any time (clause 7.15.4).
        parse_interval(values.pop("datetime"))
    return FeatureQuery(
        layer=layer,
        bbox=parse_bbox(bbox) if bbox is not None else None,
        limit=parse_integer(
            "limit", values.pop("limit", str(DEFAULT_LIMIT)), low=1, high=MAX_LIMIT, clamp=True
        ),
        after=parse_integer("after", values.pop("after", "0"), low=0, high=2**62),
        equals=parse_equals(layer, values),
    )


def page(request: HttpRequest, query: FeatureQuery, matched: int) -> Iterator[bytes]:
    """The collection in pieces, in the order they come from the database; what is known last stands last."""
    assert query.limit is not None
    # One feature more than asked for tells whether there is a next page.
    rows = features(FeatureQuery(**{**query.__dict__, "limit": query.limit + 1}))
    yield b'{"type":"FeatureCollection","features":['
    returned, last = 0, 0
    while batch := list(islice(rows, min(500, query.limit - returned))):
        yield (b",\n" if returned else b"\n") + b",\n".join([text for _fid, text in batch])
        returned += len(batch)
        last = batch[-1][0]
    more = next(rows, None) is not None
    rows.close()  # type: ignore[attr-defined]
    yield (
        "],\n"
        + json.dumps(
            _closing(request, query, matched, returned, last if more else None), ensure_ascii=False
        )[1:]
    ).encode()


def _closing(
    request: HttpRequest, query: FeatureQuery, matched: int, returned: int, after: int | None
) -> dict[str, object]:
    address = f"/api/collections/{query.layer.name}"
    links = [
        link(request, request.get_full_path(), "self", GEOJSON),
        link(request, address, "collection", "application/json", str(query.layer.title)),
    ]
    if after is not None:
        following = {**request.GET.dict(), "after": after}
        links.append(link(request, f"{address}/items?{urlencode(following)}", "next", GEOJSON))
    return {
        "numberMatched": matched,
        "numberReturned": returned,
        "timeStamp": dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": links,
    }
