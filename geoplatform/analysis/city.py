"""A city as indicators see it: frames in one metric CRS, and what follows from them, each found out once.

Everything within reach beyond the city's border is there too, from whatever municipality: borders of municipalities
do not matter to people who walk. Tests build a city from frames; `reading` builds it from the database.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

# Columns of each frame besides `geometry`; the index is the feature's id as text. Metres, square metres.
COLUMNS: dict[str, dict[str, str]] = {
    "quarters": {"key": "str", "name": "str", "municipality": "str", "inhabitants": "float64"},
    "green": {"kind": "str", "public_access": "object"},
    "gardens": {"kind": "str"},
    "plots": {"quarter": "str"},
    "corridors": {"kind": "str"},
    "streets": {"kind": "str", "foot": "object"},
    # Those without a crown diameter are left out.
    "crowns": {"crown_m": "float64"},
    # Where people live, if something better than streets is known: `weight` people at a point.
    "grid": {"weight": "float64"},
}
# No geometry: `number` plants alike in a quarter.
PLANTS = {
    "quarter": "str",
    "species": "str",
    "genus": "str",
    "family": "str",
    "tree": "bool",
    "edible": "object",
    "access": "str",
    "number": "int64",
}


def empty(subject: str, srid: int) -> gpd.GeoDataFrame:
    """A frame of a subject with no feature in it."""
    columns = {name: pd.Series(dtype=kind) for name, kind in COLUMNS[subject].items()}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=srid), crs=srid)


@dataclass(eq=False)
class City:
    """The subjects of a city. `quarters` are those asked for; all else may lie beyond them."""

    srid: int
    quarters: gpd.GeoDataFrame
    green: gpd.GeoDataFrame
    gardens: gpd.GeoDataFrame
    plots: gpd.GeoDataFrame
    corridors: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    crowns: gpd.GeoDataFrame
    plants: pd.DataFrame
    grid: gpd.GeoDataFrame | None = None

    @classmethod
    def of(cls, srid: int = 25833, **subjects: pd.DataFrame) -> City:
        """A city of these subjects; those not given are empty."""
        given = {name: subjects.get(name, empty(name, srid)) for name in COLUMNS if name != "grid"}
        plants = subjects.get("plants")
        if plants is None:
            plants = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in PLANTS.items()})
        return cls(srid, plants=plants, grid=subjects.get("grid"), **given)

    def blank(self, *columns: str) -> pd.DataFrame:
        """A frame by quarter id, all null."""
        return pd.DataFrame(np.nan, index=self.quarters.index, columns=list(columns))

    @property
    def inhabitants(self) -> pd.Series:
        """By quarter id; null where unknown or nobody lives there, so that what is divided by it is null too."""
        return self.quarters["inhabitants"].astype("float64").where(lambda n: n > 0)
