"""The parameters of a request for features, read into a FeatureQuery. Any that is not known is an error."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geoplatform.catalog.layer import Layer
from geoplatform.query.as_of import stable
from geoplatform.query.cql2 import Filter, parse_filter
from geoplatform.query.crs import CRS84, parse_crs
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    FeatureQuery,
    parse_bbox,
    parse_equals,
    parse_integer,
    parse_selected,
    parse_sortby,
)
from geoplatform.query.order import parse_cursor
from geoplatform.query.temporal import parse_interval
from geoplatform.services.language import check as check_language


def given(request: HttpRequest) -> dict[str, str]:
    """The parameters of a request, each given once, without `f` and `lang`, which say how to answer, not what."""
    values = {}
    for name, texts in request.GET.lists():
        if len(texts) > 1:
            raise QueryError(name[:80], _("%s stands twice in the address.") % name[:80])
        values[name] = texts[0]
    values.pop("f", None)
    if "lang" in values:
        check_language(values.pop("lang"))
    return values


def refuse_all(values: Mapping[str, str]) -> None:
    """For addresses that take no parameter but `f` (OGC 17-069r4, 7.6)."""
    for name in values:
        raise QueryError(name[:80], _("Unknown parameter %s.") % name[:80])


def parse(request: HttpRequest, layer: Layer) -> FeatureQuery:
    """The question that a request for items asks (OGC 17-069r4, 7.15; 18-058r1). Raises QueryError."""
    values = given(request)
    bbox = values.pop("bbox", None)
    bbox_crs = parse_crs("bbox-crs", values.pop("bbox-crs", CRS84.uri))
    crs = parse_crs("crs", values.pop("crs", CRS84.uri))
    selected = values.pop("properties", None)
    sortby = parse_sortby(layer, text) if (text := values.pop("sortby", "")) else ()
    at = as_of(values.pop("datetime", None))
    beyond = None
    if "cursor" in values:
        instant, beyond = parse_cursor(layer, sortby, values.pop("cursor"))
        at = stable(instant)
    elif sortby and at is None:
        # The pages to come must see what this one sees.
        at = stable(dt.datetime.now(dt.UTC))
    return FeatureQuery(
        layer=layer,
        filter=_filter(values, layer),
        bbox=parse_bbox(bbox, bbox_crs) if bbox is not None else None,
        bbox_crs=bbox_crs,
        crs=crs,
        selected=parse_selected(layer, selected) if selected is not None else None,
        sortby=sortby,
        at=at,
        beyond=beyond,
        limit=parse_integer(
            "limit", values.pop("limit", str(DEFAULT_LIMIT)), low=1, high=MAX_LIMIT, clamp=True
        ),
        after=parse_integer("after", values.pop("after", "0"), low=0, high=2**62),
        equals=parse_equals(layer, values),
    )


def _filter(values: dict[str, str], layer: Layer) -> Filter | None:
    """`filter` in the language and the CRS that stand beside it (OGC 19-079r2, clause 8)."""
    language = values.pop("filter-lang", "cql2-text")
    crs = parse_crs("filter-crs", values.pop("filter-crs", CRS84.uri))
    text = values.pop("filter", None)
    return parse_filter(text, lang=language, layer=layer, crs=crs) if text is not None else None


def as_of(text: str | None) -> dt.datetime | None:
    """The instant that `datetime` asks about; None for today's features.

    A feature's time is the time during which the platform held it to be so. An instant asks for the layer as it was
    then, an interval for the layer as it was at its end; an end that is open or still to come means today.
    """
    if text is None:
        return None
    start, end = parse_interval(text)
    now = dt.datetime.now(dt.UTC)
    if end is None or (end > now and start != end):
        return None
    return stable(end)
