"""Cities of a few squares and lines, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplatform.analysis.city import City

SRID = 25833


def square(west: float, south: float, width: float, height: float | None = None) -> shapely.Polygon:
    return shapely.box(west, south, west + width, south + (height or width))


def frame(geometries: Sequence[shapely.Geometry], **columns: Any) -> gpd.GeoDataFrame:
    index = [f"id{n}" for n in range(len(geometries))]
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=SRID)


def quarters(*areas: shapely.Geometry, inhabitants: Sequence[float | None]) -> gpd.GeoDataFrame:
    made = frame(
        areas,
        key=[str(n) for n in range(len(areas))],
        name=[f"Quarter {n}" for n in range(len(areas))],
        municipality="13004000",
        inhabitants=np.array(inhabitants, dtype="float64"),
    )
    return made.set_axis([f"q{n}" for n in range(len(areas))])


def green(
    *areas: shapely.Geometry, kind: str = "park", public_access: Any = None
) -> gpd.GeoDataFrame:
    return frame(
        areas,
        kind=kind,
        public_access=pd.Series([public_access] * len(areas), dtype=object).to_numpy(),
    )


def city(**subjects: pd.DataFrame) -> City:
    return City.of(SRID, **subjects)
