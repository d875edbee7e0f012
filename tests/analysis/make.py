"""Cities of a few squares and lines, in metres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplatform.analysis.city import TREES, City

SRID = 25833


def square(west: float, south: float, width: float, height: float | None = None) -> shapely.Polygon:
    return shapely.box(west, south, west + width, south + (height or width))


def frame(
    geometries: Sequence[shapely.Geometry], prefix: str = "id", **columns: Any
) -> gpd.GeoDataFrame:
    index = pd.Index([f"{prefix}{n}" for n in range(len(geometries))], dtype="str")
    return gpd.GeoDataFrame(columns, geometry=list(geometries), index=index, crs=SRID)


def quarters(*areas: shapely.Geometry, inhabitants: Sequence[float | None]) -> gpd.GeoDataFrame:
    return frame(
        areas,
        "q",
        key=[str(n) for n in range(len(areas))],
        name=[f"Quarter {n}" for n in range(len(areas))],
        municipality="13004000",
        inhabitants=np.array(inhabitants, dtype="float64"),
    )


def green(
    *areas: shapely.Geometry,
    kind: str | Sequence[str] = "park",
    public_access: Sequence[bool | None] | None = None,
) -> gpd.GeoDataFrame:
    said = pd.array(public_access or [None] * len(areas), dtype="boolean")
    return frame(areas, kind=kind, public_access=said)


def gardens(*areas: shapely.Geometry, kind: str = "allotment-site") -> gpd.GeoDataFrame:
    return frame(areas, kind=kind)


def plots(*areas: shapely.Geometry) -> gpd.GeoDataFrame:
    return frame(areas)


def corridors(*lines: Sequence[tuple[float, float]]) -> gpd.GeoDataFrame:
    return frame([shapely.LineString(each) for each in lines], kind="avenue")


def streets(
    *lines: Sequence[tuple[float, float]],
    kind: str | Sequence[str] = "residential",
    flat: bool = False,
) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(each) for each in lines]
    return frame(shapes, kind=kind, foot=pd.array([None] * len(lines), dtype="boolean"), flat=flat)


def grid(*points: tuple[float, float], weight: Sequence[float] | float = 1) -> gpd.GeoDataFrame:
    return frame([shapely.Point(each) for each in points], weight=weight)


def crowns(*points: tuple[float, float], crown_m: Sequence[float] | float) -> gpd.GeoDataFrame:
    return frame([shapely.Point(each) for each in points], crown_m=crown_m)


def trees(*rows: dict[str, Any]) -> pd.DataFrame:
    usual = {
        "quarter": "q0",
        "species": "",
        "genus": "",
        "family": "",
        "edible": None,
        "access": "",
        "number": 1,
    }
    made = pd.DataFrame([{**usual, **row} for row in rows], columns=list(TREES))
    return made.astype({**TREES, "edible": "boolean"})


def city(**subjects: pd.DataFrame) -> City:
    return City.of(SRID, **subjects)
