"""What the search has found, as pages show it: words and links. A kind of plant leads to where it grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from geoplatform.catalog import registry
from geoplatform.catalog.facets import facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import property_by_name
from geoplatform.catalog.symbols import Categorized
from geoplatform.pages import words
from geoplatform.pages.place import municipalities, municipality_name
from geoplatform.pyramid.tiles import count
from geoplatform.query.cql2 import parse_filter
from geoplatform.query.search import Hit, search
from geoplatform.webmap.entries import address
from geoplatform.webmap.find import View
from geoplatform.webmap.questions import quoted

# Close enough to tell a point from its neighbours, far enough to see an area.
ZOOMS = {0: 18, 1: 17, 2: 15}


@dataclass(frozen=True)
class Found:
    """One hit. `map` is empty where it stands nowhere; `near` shows what is around it; `where` are the views of what is
    of its kind, with how many there are."""

    layer: Layer
    id: str
    title: str
    about: str
    address: str
    longitude: float | None
    latitude: float | None
    zoom: int
    where: tuple[tuple[View, int], ...]

    @property
    def map(self) -> str:
        if self.longitude is None:
            return ""
        place = f"{self.zoom}/{self.latitude:.6f}/{self.longitude:.6f}"
        return f"{reverse('map')}#map={place}&feature={self.layer.name}/{self.id}"


@dataclass(frozen=True)
class Group:
    layer: Layer
    alike: bool
    hits: tuple[Found, ...]


def found(text: str) -> list[Group]:
    """What is called so, by layers, the best first. Raises QueryError."""
    return [
        Group(each.layer, each.alike, tuple(_told(hit) for hit in each.hits))
        for each in search(text)
    ]


def _told(hit: Hit) -> Found:
    layer, known = hit.layer, property_by_name(hit.layer)
    title = words.title(layer, hit.values)
    about = []
    if isinstance(layer.symbol, Categorized):
        about.append(words.words(known[layer.symbol.field], hit.values.get(layer.symbol.field)))
    if layer.geometry is None:
        others = [hit.values.get(name) for name in (layer.model.reference, *layer.names)]
        about += [str(each) for each in others if each and each != title]
    about.append(str(hit.values.get("quarter") or ""))
    if len(municipalities()) > 1 and hit.values.get("municipality"):
        about.append(municipality_name(hit.values["municipality"]))
    parts = [each for each in dict.fromkeys(about) if each and each.lower() != title.lower()]
    return Found(
        layer,
        hit.id,
        title,
        " · ".join(parts),
        address(layer, hit.id),
        hit.longitude,
        hit.latitude,
        ZOOMS.get(layer.dimension, 15),
        tuple(_where(hit)) if layer.geometry is None else (),
    )


def _where(hit: Hit) -> Iterator[tuple[View, int]]:
    """The layers whose features are of this kind, and how many."""
    model: Any = hit.layer.model
    for layer in reversed(registry.map_layers()):
        for each in facets(layer):
            shown = each.shown
            if not each.stands_for_row or not shown or not shown.foreign_key:
                continue
            if shown.foreign_key.related_model is not model:
                continue
            text = f"{each.name} = {quoted(hit.values[str(shown.field.name)])}"
            view = View(layer, text, parse_filter(text, layer=layer))
            if number := count(layer, view.choices or ()):
                yield view, number
