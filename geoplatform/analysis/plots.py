"""Allotments: their sites, their plots, and which plot belongs to which quarter."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplatform.analysis.city import City

SITE = "allotment-site"


def sites(gardens: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The gardens that are allotment sites."""
    return gardens[gardens["kind"].eq(SITE).to_numpy()]


def allotments(gardens: gpd.GeoDataFrame, plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Plots that are allotments: those that lie in no garden of another kind, by a point inside of each."""
    others = gardens[~gardens["kind"].eq(SITE).to_numpy()].geometry.to_numpy()
    points = shapely.point_on_surface(plots.geometry.to_numpy())
    inside, _garden = shapely.STRtree(others).query(points, predicate="intersects")
    return plots[~np.isin(np.arange(len(plots)), inside)]


def quarter_of(quarters: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.Series:
    """Position of the quarter that holds the most of each area, the first of equals; -1 where none does."""
    shapes = areas.geometry.to_numpy()
    area, quarter = shapely.STRtree(quarters.geometry.to_numpy()).query(
        shapes, predicate="intersects"
    )
    part = shapely.area(shapely.intersection(shapes[area], quarters.geometry.to_numpy()[quarter]))
    some = part > 0
    area, quarter, part = area[some], quarter[some], part[some]
    order = np.lexsort((quarter, -part, area))
    which, first = np.unique(area[order], return_index=True)
    found = pd.Series(-1, index=areas.index)
    found.iloc[which] = quarter[order][first]
    return found


def counted(city: City, areas: gpd.GeoDataFrame) -> pd.Series:
    """How many areas belong to each quarter asked for, by quarter id; others may hold more of them."""
    place = quarter_of(city.everywhere, areas)
    number = np.bincount(place[place >= 0], minlength=len(city.everywhere))
    found = pd.Series(number, index=city.everywhere.index)
    return found.reindex(city.quarters.index)
