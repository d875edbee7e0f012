"""A city as it would be: an overlay laid upon its frames. The city, and the tables it came from, stay as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from geoplatform.analysis.city import TREES, City
from geoplatform.analysis.joining import led_on
from geoplatform.analysis.network import on_foot
from geoplatform.analysis.overlay import Overlay, Part
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import Box


@dataclass(frozen=True)
class Laid:
    """A city with an overlay laid upon it.

    known    ids of changed or removed features that the city has
    placed   ids of what was added or changed somewhere near this city
    paths    those of them that are paths
    """

    city: City
    known: frozenset[str] = frozenset()
    placed: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()

    @property
    def islands(self) -> frozenset[str]:
        """Ids of paths among them from which nobody gets anywhere else."""
        return frozenset(self.city.islands(self.paths)) if self.paths else frozenset()


@dataclass
class _Found:
    known: set[str] = field(default_factory=set)
    placed: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)


def laid(
    city: City, overlay: Overlay, *, box: Box | None = None, felled: pd.DataFrame | None = None
) -> Laid:
    """The city as it would be; itself where nothing of the overlay is near.

    box     in degrees, what is read of the city: what lies beyond is not laid upon it. None: everything is
    felled  how many trees of each sort are removed (`reading.trees` of their ids)
    """
    to_metric = _transformer(city.srid)
    near = None if box is None else shapely.box(*box)
    found = _Found()
    frames: dict[str, pd.DataFrame] = {}
    for subject in ("green", "gardens", "streets"):
        parts = [
            (each, _metric(each.shape, to_metric))
            for each in overlay.parts
            if each.subject == subject and _is_near(each.shape, near)
        ]
        frame = getattr(city, subject)
        if not parts:
            continue
        made = _ways(frame, parts, found) if subject == "streets" else _areas(frame, parts, found)
        if made is not frame:
            frames[subject] = made
    trees = [
        each for each in overlay.parts if each.subject == "trees" and _is_near(each.shape, near)
    ]
    if trees:
        frames |= _planted(city, trees, to_metric, felled, found)
    return Laid(
        city.after(**frames) if frames else city,
        frozenset(found.known),
        frozenset(found.placed),
        frozenset(found.paths & found.placed),
    )


@cache
def _transformer(srid: int) -> Transformer:
    return Transformer.from_crs(CRS84.srid, srid, always_xy=True)


def _metric(shape: shapely.Geometry | None, to_metric: Transformer) -> shapely.Geometry | None:
    """Corner by corner, as what is stored is transformed."""
    return (
        None if shape is None else shapely.transform(shape, to_metric.transform, interleaved=False)
    )


def _is_near(shape: shapely.Geometry | None, box: shapely.Geometry | None) -> bool:
    return shape is None or box is None or bool(shapely.intersects(shape, box))


def _areas(
    frame: gpd.GeoDataFrame, parts: Sequence[tuple[Part, Any]], found: _Found
) -> gpd.GeoDataFrame:
    """Green or gardens as they would be."""
    return _replaced(frame, {part.id: _row(frame, part, shape, found) for part, shape in parts})


def _ways(
    frame: gpd.GeoDataFrame, parts: Sequence[tuple[Part, Any]], found: _Found
) -> gpd.GeoDataFrame:
    """Streets as they would be: what is drawn knows no levels, so it meets what it crosses."""
    found.paths.update(part.id for part, _shape in parts)
    drawn = [part.id for part, shape in parts if part.act != "remove" and shape is not None]
    others = on_foot(frame) & ~frame.index.isin([part.id for part, _shape in parts])
    shapes = {part.id: shape for part, shape in parts}
    paths = np.array([shapes[id] for id in drawn], dtype=object)
    shapes |= dict(zip(drawn, led_on(paths, frame.geometry.to_numpy()[others]), strict=True))
    made = {part.id: _row(frame, part, shapes[part.id], found) for part, _shape in parts}
    for id in drawn:
        made[id] = made[id].assign(flat=True)
    return _replaced(frame, made)


def _row(frame: gpd.GeoDataFrame, part: Part, shape: Any, found: _Found) -> gpd.GeoDataFrame:
    """What stands in a frame for one part: a row, none for what is removed."""
    there = part.id in frame.index
    if there and part.act != "add":
        found.known.add(part.id)
    if part.act == "remove" or (part.act == "change" and not there):
        return frame.iloc[:0]
    found.placed.add(part.id)
    row = _blank(part) if part.act == "add" else frame.loc[part.id].to_dict()
    if part.kind:
        row["kind"] = part.kind
    if part.public_access is not None:
        row["public_access"] = part.public_access
    columns = {
        name: pd.array([row.get(name)], dtype=frame[name].dtype)
        for name in frame.columns.drop("geometry")
    }
    return gpd.GeoDataFrame(
        columns,
        geometry=[row["geometry"] if shape is None else shape],
        index=pd.Index([part.id], dtype="str"),
        crs=frame.crs,
    )


def _blank(part: Part) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "public_access": pd.NA,
        "foot": True,
        "flat": False,
        "crown_m": part.crown_m,
    }


def _replaced(frame: gpd.GeoDataFrame, parts: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """The frame with these rows instead of those of the same features; itself where that changes nothing."""
    gone = frame.index.isin(list(parts))
    fresh = [each for each in parts.values() if len(each)]
    if not gone.any() and not fresh:
        return frame
    kept = frame[~gone] if gone.any() else frame
    both = [each for each in (kept, *fresh) if len(each)]
    return pd.concat(both) if both else frame.iloc[:0]


def _planted(
    city: City,
    parts: Sequence[Part],
    to_metric: Transformer,
    felled: pd.DataFrame | None,
    found: _Found,
) -> dict[str, pd.DataFrame]:
    """Trees by quarter, and crowns, as they would be."""
    crowns = {
        each.id: _row(city.crowns, each, _metric(each.shape, to_metric), found)
        for each in parts
        if each.act == "remove" or each.crown_m is not None
    }
    counted = [city.trees]
    added = [each for each in parts if each.act == "add"]
    if added:
        points = np.array([_metric(each.shape, to_metric) for each in added], dtype=object)
        quarter, point = shapely.STRtree(points).query(
            city.quarters.geometry.to_numpy(), predicate="intersects"
        )
        # On a shared border the first quarter by key has it, as the database says.
        order = np.lexsort((city.quarters["key"].to_numpy()[quarter], point))
        which, first = np.unique(point[order], return_index=True)
        found.placed |= {added[n].id for n in which}
        counted.append(
            pd.DataFrame(
                {
                    "quarter": city.quarters.index[quarter[order][first]],
                    "species": "",
                    "genus": "",
                    "family": "",
                    "edible": pd.NA,
                    "access": "",
                    "number": [added[n].number for n in which],
                }
            ).astype(TREES)
        )
    if felled is not None and len(felled):
        counted.append(felled.assign(number=-felled["number"]))
    some = [each for each in counted if len(each)]
    frames: dict[str, pd.DataFrame] = {"crowns": _replaced(city.crowns, crowns)}
    if len(some) > (1 if len(city.trees) else 0):
        every = pd.concat(some, ignore_index=True)
        sums = every.groupby(list(TREES)[:-1], dropna=False, as_index=False)["number"].sum()
        frames["trees"] = sums[sums["number"] > 0][list(TREES)].astype(TREES)
    return {name: made for name, made in frames.items() if made is not getattr(city, name)}
