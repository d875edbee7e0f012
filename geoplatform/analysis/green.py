"""Green as indicators count it: which of it is public, and how much of it lies in each quarter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

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


def public(green: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """What everybody may enter: recorded as open, or not recorded and of a kind that usually is."""
    said = green["public_access"]
    usual = said.isna() & green["kind"].isin(PUBLIC_KINDS)
    return green[(said.eq(True) | usual).to_numpy(bool)]


def area_in_quarters(quarters: gpd.GeoDataFrame, areas: gpd.GeoSeries) -> pd.Series:
    """Square metres of the union of `areas` within each quarter, by quarter id: what overlaps counts once."""
    shapes = areas.to_numpy()
    tree = shapely.STRtree(shapes)
    result = np.zeros(len(quarters))
    for number, quarter in enumerate(quarters.geometry.to_numpy()):
        shapely.prepare(quarter)
        found = shapes[np.sort(tree.query(quarter, predicate="intersects"))]
        if len(found):
            within = shapely.covers(quarter, found)
            found[~within] = shapely.intersection(found[~within], quarter)
            result[number] = shapely.area(shapely.union_all(found))
    return pd.Series(result, index=quarters.index)
