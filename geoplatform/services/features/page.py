"""A page of features as GeoJSON, in pieces as they come from the database (OGC 17-069r4, 7.15)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator
from dataclasses import replace
from itertools import islice
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import get_language, override

from geoplatform.catalog.facets import has_pyramid
from geoplatform.pyramid.tiles import count as pyramid_count
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.order import write_cursor
from geoplatform.query.select import count, ordered
from geoplatform.services.features.formats import GEOJSON, ITEMS
from geoplatform.services.negotiation import JSON, link

PIECE = 500  # features that are sent on together


def collection(request: HttpRequest, query: FeatureQuery) -> Generator[bytes]:
    """The FeatureCollection; what is known last stands last."""
    assert query.limit is not None
    language = get_language()
    # One feature more than asked for tells whether there is a next page.
    rows = ordered(replace(query, limit=query.limit + 1))
    lead = b'{"type":"FeatureCollection","features":[\n'
    returned = 0
    last: tuple[object, ...] = ()
    while batch := list(islice(rows, min(PIECE, query.limit - returned))):
        yield lead + b",\n".join([each[1] for each in batch])
        lead = b",\n"
        returned += len(batch)
        last = batch[-1]
    more = next(rows, None) is not None
    # There is none after that one. Read to their end, the rows need not be cancelled, and missing texts are stored.
    next(rows, None)
    whole = query.after == 0 and query.beyond is None and not more
    closing: dict[str, object] = {
        # A page that is all there is needs no counting.
        "numberMatched": returned if whole else matched(query),
        "numberReturned": returned,
        "timeStamp": written(dt.datetime.now(dt.UTC)),
    }
    if query.at is not None:
        closing["asOf"] = written(query.at)
    # By now the view is over, and with it its language.
    with override(language):
        closing["links"] = links(request, query, following(query, last) if more else None)
    text = "],\n" + json.dumps(closing, ensure_ascii=False, default=str)[1:]
    yield (b"" if returned else lead) + text.encode()


def matched(query: FeatureQuery) -> int:
    """How many features all pages hold together. A whole layer of points is not counted: its pyramid knows."""
    all_pages = replace(query, after=0, beyond=None)
    if has_pyramid(query.layer) and all_pages.is_whole_layer:
        return pyramid_count(query.layer)
    return count(all_pages)


def written(instant: dt.datetime) -> str:
    """An instant as RFC 3339 text in UTC."""
    return instant.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def following(query: FeatureQuery, last: tuple[object, ...]) -> dict[str, str]:
    """The parameters that lead on from the last feature of a page."""
    fid, _text, *sort = last
    if sort:
        assert query.at is not None
        assert isinstance(fid, int)
        assert isinstance(sort[0], bytes)
        return {"cursor": write_cursor(query.at, json.loads(sort[0]), fid)}
    # The pages of a layer as it was all show one instant, the one that was answered.
    return {"after": str(fid), **({"datetime": written(query.at)} if query.at else {})}


def links(
    request: HttpRequest, query: FeatureQuery, next_page: dict[str, str] | None
) -> list[dict[str, str]]:
    """This page, its other formats, the collection, and the next page."""
    address = f"/api/collections/{query.layer.name}"
    asked = {name: value for name, value in request.GET.items() if name != "f"}

    def items(**extra: str) -> str:
        return f"{address}/items" + (f"?{urlencode({**asked, **extra})}" if asked | extra else "")

    found = [link(request, request.get_full_path(), "self", GEOJSON)]
    found += [
        link(request, items(f=offer.name), "alternate", offer.media_type, offer.title)
        for offer in ITEMS
        if offer.media_type != GEOJSON
    ]
    found.append(link(request, address, "collection", JSON.media_type, str(query.layer.title)))
    if next_page is not None:
        extra = {**next_page, **({"f": request.GET["f"]} if "f" in request.GET else {})}
        found.append(link(request, items(**extra), "next", GEOJSON))
    return found
