"""The season bar: when in the year something flowers and is ripe, as a picture of 24 half months and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dates import MONTHS

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import properties, property_by_name
from geoplatform.catalog.seasons import bit, half_month
from geoplatform.catalog.symbols import Categorized
from geoplatform.pages import words
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import rows

STEP = 10  # units of the picture for each half month


@dataclass(frozen=True)
class Bar:
    """One season: `label` and `words` for people; `cells` are left edges of its half months in the picture.

    own  of the feature itself, else of its species
    """

    name: str
    label: str
    words: str
    cells: tuple[int, ...]
    own: bool


@dataclass(frozen=True)
class Year:
    """All seasons of a feature. `today` is the left edge of this half month, `months` are initials and their places."""

    bars: tuple[Bar, ...]
    source: str
    today: int
    months: tuple[tuple[int, str], ...]


def year(layer: Layer, values: Mapping[str, Any]) -> Year | None:
    """The seasons of a feature and, besides, those that only its species has; None where nothing is known."""
    found = _bars(layer, values, own=True)
    about, of_species = _species(layer, values)
    if about is not None:
        known = {bar.name for bar in found}
        found = [
            *(bar for bar in _bars(about, of_species, own=False) if bar.name not in known),
            *found,
        ]
    if not found:
        return None
    return Year(
        bars=tuple(found),
        source=str(of_species.get("season_source") or ""),
        today=bit(half_month(timezone.localdate())) * STEP,
        months=tuple((2 * STEP * (n - 1) + STEP, str(MONTHS[n])[0]) for n in range(1, 13)),
    )


def is_ripe(layer: Layer, values: Mapping[str, Any]) -> bool:
    """Whether today lies in the season by which the map marks this feature as ripe."""
    symbol = layer.symbol
    if not isinstance(symbol, Categorized) or symbol.season is None:
        return False
    start, end = (values.get(name) for name in symbol.season)
    today = bit(half_month(timezone.localdate()))
    return start is not None and end is not None and today in _half_months(start, end)


def _bars(layer: Layer, values: Mapping[str, Any], *, own: bool) -> list[Bar]:
    found = []
    known = property_by_name(layer)
    for name, line in words.seasons(layer, values).items():
        if line.value and name in known:
            start, end = values[name], values[name.removesuffix("_from") + "_to"]
            cells = tuple(each * STEP for each in _half_months(start, end))
            found.append(Bar(name, line.label, line.value, cells, own))
    return found


def _half_months(start: float, end: float) -> list[int]:
    """The bits of a season's half months, past the turn of the year where it ends before it starts."""
    first, last = bit(start), bit(end)
    return [each % 24 for each in range(first, (last if last >= first else last + 24) + 1)]


def _species(layer: Layer, values: Mapping[str, Any]) -> tuple[Layer | None, Mapping[str, Any]]:
    """The layer of species and the properties of this feature's, where it has one."""
    about = registry.by_role("species")
    reference = about.model.reference
    for each in properties(layer):
        key = each.foreign_key
        if key is not None and key.related_model is about.model and each.field.name == reference:
            name = values.get(each.name)
            found = (
                rows(FeatureQuery(layer=about, equals={reference: name}, limit=1)) if name else []
            )
            return (about, found[0]["properties"]) if found else (None, {})
    return None, {}
