"""A city as a folder of GeoParquet files, frame by frame as `City` holds them: to be asked without a database."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoplatform.analysis.city import COLUMNS, City

FRAMES = (*(name for name in COLUMNS if name != "grid"), "around")


def write(city: City, folder: Path) -> None:
    """One file for each subject, in the metric CRS of the city, with the features' ids; trees without geometry.

    Of a city out of the database, which has no grid of inhabitants.
    """
    folder.mkdir(parents=True)
    for name in FRAMES:
        frame = getattr(city, name).rename_axis("id")
        frame.to_parquet(folder / f"{name}.parquet", compression="zstd")
    city.trees.to_parquet(folder / "trees.parquet", compression="zstd")
    known = gpd.GeoDataFrame(geometry=[city.known], crs=city.srid)
    known.to_parquet(folder / "known.parquet", compression="zstd")


def read(folder: str) -> City:
    """The same city again. `folder` is a path, or any address that fsspec reads."""
    found = {name: gpd.read_parquet(f"{folder}/{name}.parquet") for name in FRAMES}
    trees = pd.read_parquet(f"{folder}/trees.parquet")
    known = gpd.read_parquet(f"{folder}/known.parquet").geometry.iloc[0]
    srid = found["quarters"].crs.to_epsg()
    return City(srid=srid, trees=trees, known=known, **found)
