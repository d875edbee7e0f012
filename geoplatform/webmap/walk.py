"""A walk: stops that somebody chose, or that are ripe around a place, in an order that saves ways.

Distances are straight ones, in metres of the municipality's CRS. Nothing is kept: the stops stand in the address.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.formats import number_format
from pyproj import Transformer

from geoplatform.catalog import registry
from geoplatform.catalog.facets import facets
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.symbols import Categorized
from geoplatform.query.facets import Choices, parse_facets
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows
from geoplatform.query.within import metric_srid, within
from geoplatform.rendering.legend import swatches
from geoplatform.webmap.entries import Entry, entry_of

MOST = 25  # stops
SUGGESTED = 8  # of each layer that is worth a stop
METRES = 1500  # around a place, for a suggested walk


@dataclass(frozen=True)
class Stop:
    """A place on the walk. `metres` are from the stop before, None at the first."""

    layer: Layer
    entry: Entry
    metres: float | None = None

    @property
    def key(self) -> str:
        """As in the address: `fruit-trees/<uuid>`."""
        return f"{self.layer.name}/{self.entry.id}"

    @property
    def place(self) -> tuple[float, float]:
        return self.entry.longitude, self.entry.latitude

    @property
    def distance(self) -> str:
        return "" if self.metres is None else length(self.metres)


def length(metres: float) -> str:
    """Metres for people: `240 m`, `1,3 km`."""
    if metres < 995:
        return f"{round(metres, -1):.0f} m"
    return f"{number_format(round(metres / 1000, 1))} km"


def parse_stops(texts: Sequence[str]) -> tuple[list[tuple[Layer, uuid.UUID]], bool]:
    """Layers and ids of `layer/uuid`, each once and at most MOST; and whether all of it was understood and taken."""
    found: dict[uuid.UUID, Layer] = {}
    whole = True
    for text in texts:
        name, _slash, key = text.partition("/")
        layer = registry.get(name)
        try:
            id = uuid.UUID(key)
        except ValueError:
            layer = None
        if layer is None or not layer.geometry or len(found) == MOST:
            whole = False
            continue
        found.setdefault(id, layer)
    return [(layer, id) for id, layer in found.items()], whole


def read(wanted: Sequence[tuple[Layer, uuid.UUID]]) -> list[Stop]:
    """The stops that are (still) there, in the order asked for."""
    looks = {layer: swatches(layer) for layer, _id in wanted}
    found = []
    for layer, id in wanted:
        row = next(iter(rows(FeatureQuery(layer=layer, id=id))), None)
        if row and row["geometry"]:
            found.append(Stop(layer, entry_of(layer, row, looks[layer])))
    return found


def suggest(place: tuple[float, float]) -> list[Stop]:
    """What is worth a stop around a place: what is ripe now, and what is no matter of season."""
    srid = metric_srid(place)
    found: list[tuple[float, Stop]] = []
    for layer in reversed(registry.map_layers()):
        if not layer.worth_a_stop:
            continue
        query = FeatureQuery(layer=layer, limit=SUGGESTED)
        near = within(query, place, METRES, srid, _ripe(layer))
        looks = swatches(layer)
        found += [
            (metres, Stop(layer, entry_of(layer, row, looks)))
            for row, metres in near.features
            if row["properties"].get("status") != "gone"
        ]
    # From the nearest on.
    found.sort(key=lambda each: each[0])
    return [stop for _metres, stop in found][:MOST]


def _ripe(layer: Layer) -> Choices:
    """The facet's choice "ripe now" of a layer with seasons."""
    if not isinstance(layer.symbol, Categorized) or layer.symbol.season is None:
        return ()
    name = next((each.name for each in facets(layer) if each.is_mask), None)
    return parse_facets(layer, {name: "now"}) if name else ()


def in_order(stops: Sequence[Stop], *, sort: bool = True) -> list[Stop]:
    """The stops with their distances; with `sort` from the first one on in an order that saves ways."""
    if not stops:
        return []
    project = Transformer.from_crs(4326, metric_srid(stops[0].place), always_xy=True)
    at = [project.transform(*stop.place) for stop in stops]
    order = shortened(nearest_first(at), at) if sort else list(range(len(stops)))
    found = [Stop(stops[order[0]].layer, stops[order[0]].entry)]
    for before, here in pairwise(order):
        found.append(Stop(stops[here].layer, stops[here].entry, math.dist(at[before], at[here])))
    return found


def total(stops: Sequence[Stop]) -> float:
    return sum(stop.metres or 0 for stop in stops)


def nearest_first(at: Sequence[tuple[float, float]]) -> list[int]:
    """From the first place always on to the nearest that is left."""
    order, left = [0], set(range(1, len(at)))
    while left:
        here = at[order[-1]]
        order.append(min(left, key=lambda each: (math.dist(here, at[each]), each)))
        left.remove(order[-1])
    return order


def shortened(order: list[int], at: Sequence[tuple[float, float]]) -> list[int]:
    """The order without ways that cross (2-opt): parts are turned round as long as that makes it shorter.

    The first place stays the first; the end is open.
    """
    order = list(order)

    def gain(i: int, j: int) -> float:
        a, b, c = at[order[i - 1]], at[order[i]], at[order[j]]
        saved = math.dist(a, b) - math.dist(a, c)
        if j + 1 < len(order):
            d = at[order[j + 1]]
            saved += math.dist(c, d) - math.dist(b, d)
        return saved

    while True:
        pairs = ((i, j) for i in range(1, len(order) - 1) for j in range(i + 1, len(order)))
        better = next(((i, j) for i, j in pairs if gain(i, j) > 1e-6), None)
        if better is None:
            return order
        i, j = better
        order[i : j + 1] = reversed(order[i : j + 1])
