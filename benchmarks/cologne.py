"""Cologne out of its files ($SAMPLE_DATA/cologne), as fixtures/mappings has it; without a database."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoplatform.analysis.city import City

MAPPINGS = Path(__file__).resolve().parent.parent / "fixtures" / "mappings"
SRID = 25832
FILES = {
    "quarters": ("cologne-quarters", ["cologne_districts_polygons.geojson"]),
    "green": (
        "cologne-green-spaces",
        ["osm_green_spaces_leisure.geojson.gz", "osm_green_spaces_agriculture.geojson.gz"],
    ),
    "streets": ("cologne-streets", ["osm_highway.geojson.gz"]),
}


def files(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    """The files as they are, by subject."""
    return {
        subject: pd.concat(
            [gpd.read_file(_path(folder / "cologne" / name), use_arrow=True) for name in names],
            ignore_index=True,
        )
        for subject, (_mapping, names) in FILES.items()
    }


def city(read: dict[str, gpd.GeoDataFrame]) -> City:
    """The city that these files tell of. Streets drawn as areas are walked along their outline."""
    subjects = {name: _mapped(name, frame) for name, frame in read.items()}
    quarters = subjects["quarters"]
    quarters["municipality"], quarters["inhabitants"] = "05315000", float("nan")
    green = subjects["green"]
    green = green[shapely.get_dimensions(green.geometry.to_numpy()) == 2]
    green["public_access"] = pd.array([None] * len(green), dtype="boolean")
    streets = subjects["streets"]
    streets = streets.set_geometry(_lines(streets.geometry.to_numpy()), crs=SRID)
    streets["foot"], streets["flat"] = streets["foot"].astype("boolean"), False
    return City.of(SRID, quarters=quarters, green=green, streets=streets)


def _path(file: Path) -> str:
    return f"/vsigzip/{file}" if file.suffix == ".gz" else str(file)


def _mapped(subject: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    mapping = tomllib.loads((MAPPINGS / f"{FILES[subject][0]}.toml").read_text())
    for column, values in mapping.get("where_not", {}).items():
        frame = frame[~frame[column].isin(values).to_numpy()]
    metric = frame.geometry.to_crs(SRID)
    made = gpd.GeoDataFrame(
        geometry=shapely.make_valid(metric.to_numpy())
        if subject != "streets"
        else metric.to_numpy(),
        crs=SRID,
    )
    for name, rule in mapping["fields"].items():
        made[name] = _column(frame, rule)
    first, *more = (frame[name].astype(str) for name in mapping["key"])
    key = first.str.cat(more, sep="-") if more else first
    made = made.set_axis(pd.Index(key, name="id"))
    return made[~made.index.duplicated()].sort_index()


def _column(frame: gpd.GeoDataFrame, rule: Any) -> Any:
    if isinstance(rule, str):
        return frame[rule].to_numpy()
    if "constant" in rule:
        return rule["constant"]
    otherwise = rule["otherwise"] if rule["otherwise"] != "" else None
    found = frame[rule["column"]].map(rule["values"])
    return (found if otherwise is None else found.fillna(otherwise)).to_numpy()


def _lines(shapes: Any) -> Any:
    areas = shapely.get_dimensions(shapes) == 2
    shapes[areas] = shapely.get_exterior_ring(shapes[areas])
    return shapes
