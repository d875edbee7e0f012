"""Green as indicators count it: which of it is public, what of it hangs together, how much lies in each quarter."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from geoplatform.analysis.network import Floats, Whole

# Open to everybody unless their record says otherwise; the others only where it says so.
PUBLIC_KINDS = (
    "park",
    "garden",
    "forest",
    "meadow",
    "cemetery",
    "playground",
    "bathing-place",
    "nature-reserve",
    "orchard",
    "other",
)
# What is laid out for people to be in.
PARK_KINDS = ("park", "garden")


@dataclass(frozen=True, eq=False)
class Patches:
    """Areas that hang together: for each area (position) the number of its patch, and the size of each patch (m2).

    `one` and `other` are the pairs (positions) that are near enough to hang together.
    """

    patch: Whole
    size: Floats
    one: Whole
    other: Whole

    def at_least(self, size: float) -> NDArray[np.bool_]:
        """Which areas belong to a patch of this size, in m2."""
        return self.size[self.patch] >= size


def public(green: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What everybody may enter: recorded as open, or not recorded and of a kind that usually is."""
    said = green["public_access"]
    usual = said.isna() & green["kind"].isin(PUBLIC_KINDS)
    return green[(said.fillna(False) | usual).to_numpy(bool)]


def parks(green: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Public green that is laid out for people: parks and public gardens."""
    found = public(green)
    return found[found["kind"].isin(PARK_KINDS).to_numpy()]


def patches(areas: NDArray[np.object_], gap: float) -> Patches:
    """Areas no farther apart than `gap` metres, that distance included, are one patch; overlaps count once.

    The size of a patch is that of its areas alone: the gaps do not count.
    """
    west, south, east, north = shapely.bounds(areas).T
    boxes = shapely.box(west - gap, south - gap, east + gap, north + gap)
    one, other = shapely.STRtree(areas).query(boxes)
    # Each pair is measured once.
    one, other = one[one < other], other[one < other]
    near = shapely.dwithin(areas[one], areas[other], gap)
    one, other = one[near], other[near]
    return _united(areas, one, other, np.full(len(areas), -1, dtype=np.intp), np.zeros(0))


def renewed(then: Patches, now: Whole, areas: NDArray[np.object_], gap: float) -> Patches:
    """The patches of `areas`, most of which are known, at less cost; equal to `patches(areas, gap)`.

    now  for each of the earlier areas its position today, -1 where it went or has another shape
    """
    stays = (now[then.one] >= 0) & (now[then.other] >= 0)
    new = np.ones(len(areas), dtype=bool)
    new[now[now >= 0]] = False
    fresh = np.flatnonzero(new)
    near, beside = shapely.STRtree(areas).query(areas[fresh], predicate="dwithin", distance=gap)
    one = np.concatenate([now[then.one[stays]], fresh[near]])
    other = np.concatenate([now[then.other[stays]], beside])
    was = np.full(len(areas), -1, dtype=np.intp)
    was[now[now >= 0]] = then.patch[now >= 0]
    # A patch that lost an area is another one, though all that is left of it was there.
    whole = np.bincount(then.patch, minlength=len(then.size)) == np.bincount(
        then.patch[now >= 0], minlength=len(then.size)
    )
    was[was >= 0] = np.where(whole[was[was >= 0]], was[was >= 0], -1)
    return _united(areas, one, other, was, then.size)


def _united(
    areas: NDArray[np.object_], one: Whole, other: Whole, was: Whole, sizes: Floats
) -> Patches:
    """Patches of areas by pairs that hang together; `was` names the earlier patch whose size may still hold."""
    shape = (len(areas),) * 2
    links = csr_matrix((np.ones(len(one)), (one, other)), shape=shape)
    number, patch = connected_components(links, directed=False)
    patch = patch.astype(np.intp)
    members = np.bincount(patch, minlength=number)
    first = np.zeros(number, dtype=np.intp)
    first[patch[::-1]] = np.arange(len(areas))[::-1]
    # Alone its own area; known where all of an earlier patch and nothing else is in it; else a union.
    result = np.where(members == 1, shapely.area(areas[first]), np.nan)
    before = np.bincount(was[was >= 0], minlength=len(sizes))
    same = np.bincount(patch, was == was[first][patch], minlength=number) == members
    known = np.flatnonzero(same & (was[first] >= 0))
    known = known[before[was[first[known]]] == members[known]]
    result[known] = sizes[was[first[known]]]
    left = np.flatnonzero(np.isnan(result)[patch])
    left = left[np.argsort(patch[left], kind="stable")]
    for own in np.split(left, np.flatnonzero(np.diff(patch[left])) + 1) if len(left) else []:
        result[patch[own[0]]] = shapely.area(shapely.disjoint_subset_union_all(areas[own]))
    return Patches(patch, result, one, other)


def pieces(shape: shapely.Geometry, tree: shapely.STRtree) -> tuple[Whole, NDArray[np.object_]]:
    """Which areas of `tree` meet `shape`, in their order, and the part of each that lies within it."""
    shapely.prepare(shape)
    which = np.sort(tree.query(shape, predicate="intersects"))
    found = tree.geometries[which]
    across = ~shapely.covers(shape, found)
    found[across] = shapely.intersection(found[across], shape)
    return which, found


def area_in_quarters(quarters: gpd.GeoDataFrame, areas: gpd.GeoSeries) -> pd.Series:
    """Square metres of the union of `areas` within each quarter, by quarter id: what overlaps counts once."""
    tree = shapely.STRtree(areas.to_numpy())
    found = [
        shapely.area(shapely.union_all(pieces(quarter, tree)[1]))
        for quarter in quarters.geometry.to_numpy()
    ]
    return pd.Series(found, index=quarters.index, dtype="float64")
