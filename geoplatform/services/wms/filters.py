"""Which features of each layer are drawn: CQL_FILTER, facets as parameters of their own, and TIME."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from geoplatform.catalog.facets import facets
from geoplatform.catalog.layer import Layer
from geoplatform.query.cql2 import Filter, parse_filter
from geoplatform.query.errors import QueryError
from geoplatform.query.facets import Choices, parse_facets, simplified
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.services.wms.exceptions import INVALID, ServiceException
from geoplatform.services.wms.parameters import Parameters
from geoplatform.services.wms.times import parse_time

# GeoServer's word for no filter at all, in a list of one for each layer.
ALL = ("", "INCLUDE")


@dataclass(frozen=True)
class Wanted:
    """The features of a layer that a request is about: those of `query` that are as `choices` say.

    simple  whether the choices alone narrow them down: then the pyramid knows them
    """

    query: FeatureQuery
    choices: Choices = ()

    @property
    def layer(self) -> Layer:
        return self.query.layer

    @property
    def simple(self) -> bool:
        return self.query.filter is None and self.query.at is None


def wanted(layers: Sequence[Sequence[Layer]], parameters: Parameters) -> tuple[Wanted, ...]:
    """What a request wants of its layers, in their order; of several that one name means, all alike.

    Raises ServiceException.
    """
    texts = _one_each(parameters.get("CQL_FILTER"), len(layers))
    at = parse_time(parameters.get("TIME"))
    return tuple(
        _wanted(layer, text, at, parameters)
        for members, text in zip(layers, texts, strict=True)
        for layer in members
    )


def _wanted(layer: Layer, text: str, at: dt.datetime | None, parameters: Parameters) -> Wanted:
    try:
        condition = _condition(layer, text)
        chosen = parse_facets(layer, _facets(layer, parameters))
    except QueryError as error:
        raise ServiceException(f"{layer.name}: {error}", code=INVALID) from None
    condition, chosen = simplified(condition, chosen)
    return Wanted(FeatureQuery(layer=layer, filter=condition, at=at, limit=None), chosen)


def _condition(layer: Layer, text: str) -> Filter | None:
    return None if text.strip().upper() in ALL else parse_filter(text, layer=layer)


def _facets(layer: Layer, parameters: Parameters) -> dict[str, str]:
    """A layer's facets that the request names. To a layer that has none of that name it is a foreign parameter."""
    given = {each.name: parameters.get(each.name.upper()) for each in facets(layer)}
    return {name: value for name, value in given.items() if value}


def _one_each(text: str, count: int) -> list[str]:
    """The filters in a text, separated by semicolons; a single one is meant for all layers."""
    parts = split(text)
    if len(parts) == 1:
        return parts * count
    if len(parts) != count:
        raise ServiceException(
            _("CQL_FILTER holds %(filters)d filters for %(layers)d layers.")
            % {"filters": len(parts), "layers": count},
            code=INVALID,
        )
    return parts


def split(text: str) -> list[str]:
    """At the semicolons that stand in no quotes."""
    parts = [""]
    within = ""
    for character in text:
        if within:
            within = "" if character == within else within
        elif character in "'\"":
            within = character
        elif character == ";":
            parts.append("")
            continue
        parts[-1] += character
    return parts
