"""What stands nearby: asked about before something is added, and offered when something is here twice."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.contributions.alike import Alike, alike
from geoplatform.pages import words
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.webmap.entries import address

FAR = 3.0  # times `Layer.alike`: a second entry may have been placed badly


@dataclass(frozen=True)
class Neighbour:
    """A feature nearby. `choice` names it in a form."""

    layer: Layer
    id: uuid.UUID
    title: str
    distance: str
    address: str
    unconfirmed: bool

    @property
    def choice(self) -> str:
        return f"{self.layer.name}/{self.id}"

    @property
    def words(self) -> str:
        return f"{self.title} ({self.distance})"


def entries(layer: Layer, geometry: Any, values: Mapping[str, Any]) -> list[Neighbour]:
    """What somebody who adds this may have seen already."""
    found = (_neighbour(each) for each in alike(layer, geometry, values))
    return [each for each in found if each is not None]


def others(layer: Layer, id: uuid.UUID) -> list[Neighbour]:
    """What else stands around a feature, of any kind."""
    place = (
        layer.model._default_manager.filter(pk=id)
        .values_list(str(layer.geometry), flat=True)
        .first()
    )
    if place is None:
        return []
    found = alike(layer, place, {}, reach=layer.alike * FAR, besides=id)
    return [each for each in map(_neighbour, found) if each is not None and each.layer is layer]


def chosen(request: HttpRequest, layer: Layer) -> tuple[Layer, uuid.UUID] | None:
    """The feature that somebody says it is, instead of a new one."""
    name, _slash, id = request.POST.get("instead", "").partition("/")
    found = registry.get(name)
    try:
        number = uuid.UUID(id)
    except ValueError:
        return None
    return (found, number) if found is not None and found.model is layer.model else None


def _neighbour(each: Alike) -> Neighbour | None:
    found = rows(FeatureQuery(layer=each.layer, id=each.id))
    if not found:
        return None
    values = found[0]["properties"]
    return Neighbour(
        layer=each.layer,
        id=each.id,
        title=words.title(each.layer, values),
        distance=_("%s m away") % number_format(round(each.distance), decimal_pos=0),
        address=address(each.layer, str(each.id)),
        unconfirmed=values.get("status") == "unconfirmed",
    )
