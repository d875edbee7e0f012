"""What an edit touches: which parts of a city it changes, and which quarters' figures may then be others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geoplatform.analysis import reading
from geoplatform.analysis.city import City, Which, positions
from geoplatform.analysis.indicator import Indicator, Values
from geoplatform.catalog import registry
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import Box

# More boxes than this, and a subject is read anew.
MOST = 100
# Metres: boxes of degrees and of metres hold the same features for certain only with something between them.
SLACK = 10.0


def edited(
    town: reading.Municipality, city: City, boxes: dict[str, list[Box | None]]
) -> City | None:
    """The city after what has changed in the tables' boxes (degrees).

    Itself where nothing of it has; None where it must be read anew: its quarters or streets are others.
    """
    frames: dict[str, pd.DataFrame] = {}
    for name in ("quarter", "municipality", "streets"):
        layer = registry.by_role(name) if name != "streets" else reading.layer_of("streets")
        if _near(town, boxes.get(layer.model._meta.db_table, ())):
            return None
    for name, source in reading.SUBJECTS.items():
        found = _near(town, boxes.get(reading.layer_of(source.layer).model._meta.db_table, ()))
        if found and name != "streets":
            frames[name] = _patched(town, city, name, found)
    table = reading.layer_of(reading.TREE_LAYER).model._meta.db_table
    species = registry.by_role("species").model._meta.db_table
    if boxes.get(species):
        frames["trees"] = reading.trees(list(city.quarters.index))
    elif found := _near(town, boxes.get(table, ())):
        frames["trees"] = _recounted(town, city, found)
    return city.after(**frames) if frames else city


def touched(indicator: Indicator, values: Values, then: City, now: City) -> list[str]:
    """Ids of the quarters whose figures may be others now than they were; both cities have the same quarters."""
    shapes = [np.zeros(0, dtype=object)]
    quarters: set[str] = set()
    for name in indicator.inputs:
        if name == "trees":
            quarters |= _recounted_in(then.trees, now.trees)
        elif getattr(then, name) is not getattr(now, name):
            shapes.append(_differing(getattr(then, name), getattr(now, name)))
    if indicator.patches is not None and then.green is not now.green:
        wanted = indicator.patches(values)
        shapes.append(_regrouped(wanted.which, wanted.gap, wanted.sizes, then, now))
    changed = np.concatenate(shapes)
    if indicator.reach is None:
        return list(now.quarters.index) if len(changed) or quarters else []
    if len(changed):
        near, _shape = shapely.STRtree(changed).query(
            now.quarters.geometry.to_numpy(), predicate="dwithin", distance=indicator.reach(values)
        )
        quarters |= set(now.quarters.index[np.unique(near)])
    return [each for each in now.quarters.index if each in quarters]


def _near(town: reading.Municipality, boxes: Sequence[Box | None]) -> list[Box | None]:
    west, south, east, north = town.box
    return [
        box
        for box in boxes
        if box is None or not (box[0] > east or box[2] < west or box[1] > north or box[3] < south)
    ]


def _patched(
    town: reading.Municipality, city: City, name: str, boxes: list[Box | None]
) -> pd.DataFrame:
    """The frame of a subject as it is now: what touches the boxes is read again; what else was in them is gone."""
    if None in boxes or len(boxes) > MOST:
        return reading.subject(name, town, town.box)
    then = getattr(city, name)
    to_metric = Transformer.from_crs(CRS84.srid, town.srid, always_xy=True)
    bounds = then.geometry.bounds.to_numpy().T
    gone = np.zeros(len(then), dtype=bool)
    found = []
    for box in boxes:
        assert box is not None
        west, south, east, north = to_metric.transform_bounds(*box, densify_pts=21)
        inner = (west - SLACK / 10, south - SLACK / 10, east + SLACK / 10, north + SLACK / 10)
        gone |= (
            (bounds[0] >= inner[0])
            & (bounds[1] >= inner[1])
            & (bounds[2] <= inner[2])
            & (bounds[3] <= inner[3])
        )
        outer = reading.degrees_around((west, south, east, north), town.srid, SLACK)
        found.append(reading.subject(name, town, outer))
    fresh = pd.concat(found)
    fresh = fresh[~fresh.index.duplicated()]
    kept = then[~gone & ~then.index.isin(fresh.index)]
    both = [each for each in (kept, fresh) if len(each)]
    return pd.concat(both).sort_index() if both else then.iloc[:0]


def _recounted(town: reading.Municipality, city: City, boxes: list[Box | None]) -> pd.DataFrame:
    """The trees of the quarters that the boxes meet, counted again."""
    quarters = list(city.quarters.index)
    if None not in boxes and len(boxes) <= MOST:
        to_metric = Transformer.from_crs(CRS84.srid, town.srid, always_xy=True)
        areas = [
            shapely.box(*to_metric.transform_bounds(*box, densify_pts=21)) for box in boxes if box
        ]
        near, _area = shapely.STRtree(areas).query(
            city.quarters.geometry.to_numpy(), predicate="dwithin", distance=SLACK
        )
        quarters = list(city.quarters.index[np.unique(near)])
    if not quarters:
        return city.trees
    kept = city.trees[~city.trees["quarter"].isin(quarters)]
    fresh = reading.trees(quarters)
    both = [each for each in (kept, fresh) if len(each)]
    return pd.concat(both, ignore_index=True) if both else city.trees.iloc[:0]


def _differing(then: pd.DataFrame, now: pd.DataFrame) -> NDArray[np.object_]:
    """Shapes of what is in one frame alone or differs, as they were and as they are."""
    place = positions(then.index, now.index)
    stays = np.flatnonzero(place >= 0)
    there = place[stays]
    same = shapely.equals_identical(then.geometry.to_numpy()[stays], now.geometry.to_numpy()[there])
    for column in then.columns.drop("geometry"):
        before, after = then[column].array.take(stays), now[column].array.take(there)
        if before.equals(after):
            continue
        before, after = pd.Series(before), pd.Series(after)
        equal = before.eq(after).fillna(False) | (before.isna() & after.isna())
        same &= equal.to_numpy(bool)
    was = np.ones(len(then), dtype=bool)
    was[stays[same]] = False
    is_ = np.ones(len(now), dtype=bool)
    is_[there[same]] = False
    return np.concatenate([then.geometry.to_numpy()[was], now.geometry.to_numpy()[is_]])


def _regrouped(
    which: Which, gap: float, sizes: tuple[float, ...], then: City, now: City
) -> NDArray[np.object_]:
    """Areas of today that belong to a patch of another size than before, or of one that counts otherwise."""
    before, after = then.patches(which, gap), now.patches(which, gap)
    areas = now.areas(which)
    place = then.areas(which).index.get_indexer(areas.index)
    stays = place >= 0
    was, is_ = before.size[before.patch[place[stays]]], after.size[after.patch[stays]]
    if sizes:
        bounds = np.sort(np.array(sizes))
        was, is_ = np.searchsorted(bounds, was, "right"), np.searchsorted(bounds, is_, "right")
    return areas.geometry.to_numpy()[np.flatnonzero(stays)[was != is_]]


def _recounted_in(then: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    """Quarters whose trees are counted otherwise."""
    if then is now:
        return set()
    both = pd.concat([then, now]).drop_duplicates(keep=False)
    return set(both["quarter"])
