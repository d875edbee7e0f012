"""Where the map opens and what it is called, from the municipalities of this installation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.query.feature_query import Box, FeatureQuery
from geoplatform.query.select import extent, rows

SECONDS = 60  # a new municipality shows after a minute


def first_layer() -> Layer:
    """The layer that list and form are about: the one that is configured, else the topmost that people may add to."""
    chosen = registry.get(getattr(settings, "MAP_LAYER", "fruit-trees"))
    if chosen and chosen.geometry:
        return chosen
    layers = registry.map_layers()
    return next((each for each in reversed(layers) if each.open_to_all), layers[-1])


def municipalities() -> list[dict[str, Any]]:
    """Key, name, box and whether there are features, of each municipality by name."""
    found = cache.get("pages:municipalities")
    if found is None:
        found = sorted(_read(), key=lambda each: each["name"])
        cache.set("pages:municipalities", found, SECONDS)
    return found


def _read() -> Iterator[dict[str, Any]]:
    layer = registry.by_role("municipality")
    for row in rows(FeatureQuery(layer=layer, limit=1000)):
        key = row["properties"]["ags"]
        inside = FeatureQuery(layer=first_layer(), equals={"municipality": key}, limit=1)
        yield {
            "key": key,
            "name": row["properties"]["name"],
            "box": box_of(row["geometry"]["coordinates"]) if row["geometry"] else None,
            "used": bool(rows(inside)),
        }


def box_of(coordinates: Any) -> Box:
    """The box around GeoJSON coordinates of any depth."""
    points = list(_points(coordinates))
    longitudes, latitudes = [p[0] for p in points], [p[1] for p in points]
    return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def _points(coordinates: Any) -> Iterator[Any]:
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
    else:
        for each in coordinates:
            yield from _points(each)


def start_box() -> Box | None:
    """What the map shows when it opens: the first municipality that has features, else whatever there is."""
    drawn = [each for each in municipalities() if each["box"]]
    best = sorted(drawn, key=lambda each: not each["used"])
    return best[0]["box"] if best else extent(first_layer())


def platform_name() -> str:
    if name := getattr(settings, "PLATFORM_NAME", ""):
        return str(name)
    names = [each["name"] for each in municipalities()]
    return (
        _("Green map of %(city)s") % {"city": names[0]} if len(names) == 1 else _("Open green map")
    )


def municipality_name(key: str) -> str:
    return next((each["name"] for each in municipalities() if each["key"] == key), key)
