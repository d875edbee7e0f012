"""How much there is of a layer and under which licences, for people who choose what to take."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.cache import cache
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Source
from geoplatform.catalog.properties import property_by_name
from geoplatform.query.compose import restricted
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.select import EXTENT_SECONDS, raw_cursor


@dataclass(frozen=True)
class Figures:
    """`count` features in all; `licences` are values of `Licence`, the one of most features first."""

    count: int
    licences: tuple[str, ...]


@dataclass(frozen=True)
class Holding:
    """What a municipality has of a layer under one licence: what a catalogue lists as one dataset.

    municipality    its key (AGS); None for a layer of which nothing belongs to any
    first, changed  when its oldest feature came, and the last change of any
    box             west, south, east, north in degrees
    sources         primary keys of `Source`
    alone           whether the municipality has nothing of the layer under another licence
    """

    municipality: str | None
    licence: str
    count: int
    first: datetime.datetime
    changed: datetime.datetime
    box: Box | None
    sources: tuple[int, ...]
    alone: bool = True

    @property
    def part(self) -> str:
        """What tells this holding from the layer's others, in addresses and names of files."""
        parts = [self.municipality or "all", *([] if self.alone else [self.licence])]
        return re.sub(r"[^A-Za-z0-9.-]", "-", "-".join(parts))

    @property
    def condition(self) -> str:
        """The filter (CQL2) that leaves this holding alone; empty where it is the whole layer."""
        wanted = {
            "municipality": self.municipality,
            "licence": None if self.alone else self.licence,
        }
        return " AND ".join(
            f"{name}='{value.replace(chr(39), 2 * chr(39))}'"
            for name, value in wanted.items()
            if value
        )


def holdings(layer: Layer) -> tuple[Holding, ...]:
    """All holdings of a layer, up to a minute old. Features that belong to no municipality are in none."""
    is_placed = "municipality" in property_by_name(layer)
    return tuple(
        each for each in _holdings(layer) if each.municipality is not None or not is_placed
    )


def credited(layers: Iterable[Layer], box: Box) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Licences and whom to name for what is read of layers within a box (degrees): of all holdings that reach into it.

    Both sorted, up to a minute old.
    """
    found = [each for layer in layers for each in _holdings(layer) if _meet(each.box, box)]
    sources = Source.objects.filter(pk__in={source for each in found for source in each.sources})
    names = {text for text in sources.values_list("attribution", flat=True) if text}
    return tuple(sorted({each.licence for each in found})), tuple(sorted(names))


def _meet(one: Box | None, other: Box) -> bool:
    """Whether two boxes share a point; what stands at no place is everywhere."""
    return one is None or (
        one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
    )


def _holdings(layer: Layer) -> tuple[Holding, ...]:
    """Those of no municipality too."""
    key = f"holdings:{layer.name}"
    found: tuple[Holding, ...] | None = cache.get(key)
    if found is None:
        statement = restricted(FeatureQuery(layer=layer))
        place = property_by_name(layer).get("municipality")
        town = statement.column(place) if place else sql.SQL("NULL::text")
        box: sql.Composable = sql.SQL("NULL::box2d")
        if layer.geometry:
            box = sql.SQL("ST_Extent({})").format(statement.own(layer.geometry))
        columns = [
            town,
            statement.own("licence"),
            sql.SQL("count(*), min({}), max({})").format(
                statement.own("created"), statement.own("changed")
            ),
            sql.SQL("array_agg(DISTINCT {})").format(statement.own("source_id")),
            *(
                sql.SQL("{}({})").format(sql.SQL(name), box)
                for name in ("ST_XMin", "ST_YMin", "ST_XMax", "ST_YMax")
            ),
        ]
        with raw_cursor() as cursor:
            tail = sql.SQL(" GROUP BY 1, 2 ORDER BY 1, 2")
            rows = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
        towns = [ags for ags, *_rest in rows]
        found = tuple(
            Holding(
                *(ags, licence, count, first, changed, _box(corners), tuple(sources)),
                alone=towns.count(ags) == 1,
            )
            for ags, licence, count, first, changed, sources, *corners in rows
        )
        cache.set(key, found, EXTENT_SECONDS)
    return found


def _box(corners: list[float | None]) -> Box | None:
    west, south, east, north = corners
    if west is None or south is None or east is None or north is None:
        return None
    return west, south, east, north


@dataclass(frozen=True)
class Origin:
    """How many features stand under one licence and come from one source."""

    licence: str
    source: Source
    count: int


def origins(query: FeatureQuery) -> tuple[Origin, ...]:
    """Licences and sources of exactly the features asked for, those of most features first.

    Of a whole layer up to a minute old.
    """
    key = f"origins:{query.layer.name}" if query.is_whole_layer and not query.after else ""
    found: tuple[Origin, ...] | None = cache.get(key) if key else None
    if found is None:
        statement = restricted(query)
        columns = [statement.own("licence"), statement.own("source_id"), sql.SQL("count(*)")]
        tail = sql.SQL(" GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2")
        with raw_cursor() as cursor:
            rows = cursor.execute(statement.select(columns, tail), statement.parameters).fetchall()
        sources = Source.objects.in_bulk({source for _licence, source, _count in rows})
        found = tuple(Origin(licence, sources[each], count) for licence, each, count in rows)
        if key:
            cache.set(key, found, EXTENT_SECONDS)
    return found


def by_licence(found: tuple[Origin, ...]) -> dict[str, int]:
    """Features by licence, the licence of most of them first."""
    counts: dict[str, int] = {}
    for each in found:
        counts[each.licence] = counts.get(each.licence, 0) + each.count
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def figures(layer: Layer) -> Figures:
    """Both from one walk over the layer's rows, up to a minute old."""
    found = by_licence(origins(FeatureQuery(layer=layer)))
    return Figures(sum(found.values()), tuple(found))
