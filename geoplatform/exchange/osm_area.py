"""Which objects of a large file are wanted: those in municipalities of this platform, or in a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from geoplatform.catalog import registry
from geoplatform.exchange.errors import LoadError
from geoplatform.exchange.mapping import MunicipalityInfo

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Town:
    """A municipality as the mapping states it, with its outline (EPSG:4326) where it has one."""

    info: MunicipalityInfo
    outline: Any

    @property
    def ags(self) -> str:
        return self.info.ags


class Area:
    """The municipalities asked for, in the order of their keys, and a box.

    The others count too: what lies in one of them for the most part is not one's own.
    """

    def __init__(self, known: list[Town], asked: str | None, box: Box | None) -> None:
        self.towns = [each for each in known if asked is None or each.ags == asked]
        self.box = shapely.box(*box) if box else None
        self.outlined = [each for each in known if each.outline is not None]
        for each in self.outlined:
            shapely.prepare(each.outline)

    @classmethod
    def known(cls, ags: str | None, box: Box | None) -> Area:
        """Of the platform's municipalities the one of that key, else all."""
        rows: Any = registry.by_role("municipality").model._default_manager.order_by("ags")
        if box and not (-180 <= box[0] < box[2] <= 180 and -90 <= box[1] < box[3] <= 90):
            raise LoadError(_("--bbox is west,south,east,north in degrees, west and south first."))
        known = [
            Town(
                MunicipalityInfo(each.ags, each.name, each.metric_srid, each.quarter_kind),
                shapely.from_wkb(bytes(each.outline.wkb)) if each.outline else None,
            )
            for each in rows
        ]
        return cls(known, ags, box)

    @property
    def whole(self) -> Town | None:
        """The municipality that all objects are stated to belong to: the only one asked for."""
        return self.towns[0] if len(self.towns) == 1 else None

    def towns_of(self, shapes: np.ndarray) -> list[str | None]:
        """The municipality's key of each shape: the one it overlaps most, the lower key where equal; None outside.

        What has no shape is in no place; it counts where it could be in the area, so that it is told.
        """
        missing = shapely.is_missing(shapes)
        best = np.zeros(len(shapes))
        found: np.ndarray = np.full(len(shapes), None, object)
        if self.whole is not None and self.whole.outline is None:
            found[:] = self.whole.ags
        dimension = shapely.get_dimensions(shapes)
        for town in self.outlined:
            touching = np.flatnonzero(shapely.intersects(town.outline, shapes))
            inside = shapely.contains_properly(town.outline, shapes[touching])
            sizes = np.full(len(touching), np.inf)
            for position in np.flatnonzero(~inside):
                row = touching[position]
                part = shapely.intersection(town.outline, shapely.make_valid(shapes[row]))
                size = {0: 1.0, 1: shapely.length(part)}.get(dimension[row], shapely.area(part))
                sizes[position] = size
            better = sizes > best[touching]
            best[touching[better]] = sizes[better]
            found[touching[better]] = town.ags
        asked = {each.ags for each in self.towns}
        found[[each not in asked for each in found]] = None
        if self.box is not None:
            found[~missing & ~shapely.intersects(self.box, shapes)] = None
        if self.towns:
            found[missing] = self.towns[0].ags
        return found.tolist()
