"""Read a written file back with the libraries that people use, in the shape in which the API gives features."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import geopandas
import pandas
import pyarrow.parquet as pq
import pyogrio
import shapely
from shapely.geometry import mapping, shape

Feature = dict[str, Any]
csv.field_size_limit(1 << 30)  # Python's own cuts a large polygon's WKT


def read(form: str, content: bytes, folder: Path) -> list[Feature]:
    """Features with id, geometry and properties as a file of this format tells them."""
    path = folder / f"read.{form}"
    path.write_bytes(content)
    return {"geojson": _geojson, "csv": _csv, "parquet": _parquet}.get(form, _gdal)(path)


def _geojson(path: Path) -> list[Feature]:
    found = json.loads(path.read_text())
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found, "RFC 7946, 4"
    return [
        {name: each[name] for name in ("id", "geometry", "properties")}
        for each in found["features"]
    ]


def _csv(path: Path) -> list[Feature]:
    text = path.read_bytes().decode()
    features = []
    for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
        geometry = None
        if "x" in row:
            x, y = row.pop("x"), row.pop("y")
            geometry = {"type": "Point", "coordinates": [float(x), float(y)]} if x else None
        elif "wkt" in row:
            wkt = row.pop("wkt")
            geometry = json.loads(json.dumps(mapping(shapely.from_wkt(wkt)))) if wkt else None
        features.append({"id": row.pop("id"), "geometry": geometry, "properties": row})
    return features


def _gdal(path: Path) -> list[Feature]:
    """As pyogrio's Arrow stream has it: the types of the file, null as None."""
    info = pyogrio.read_info(path)
    spatial = info["geometry_type"] not in (None, "Unknown")
    meta, table = pyogrio.read_arrow(path, read_geometry=spatial)
    return _features(table, (meta["geometry_name"] or "wkb_geometry") if spatial else None)


def _parquet(path: Path) -> list[Feature]:
    table = pq.read_table(path)
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b"null"))
    return _features(table, geo["primary_column"] if geo else None)


def _features(table: Any, geometry: str | None) -> list[Feature]:
    features = []
    for row in table.to_pylist():
        wkb = row.pop(geometry, None) if geometry else None
        place = json.loads(json.dumps(mapping(shapely.from_wkb(wkb)))) if wkb else None
        features.append({"id": row.pop("id"), "geometry": place, "properties": row})
    return features


def frame(path: Path) -> pandas.DataFrame:
    """As geopandas has it: a plain frame where the file has no geometry."""
    if path.suffix == ".parquet":
        try:
            return geopandas.read_parquet(path)
        except ValueError:
            return pandas.read_parquet(path)
    return geopandas.read_file(path)


def same(form: str, found: Feature, wanted: Feature) -> None:
    """What the file tells of a feature is what the API tells, in the words that the format has."""
    assert found["id"] == wanted["id"]
    _same_place(found["geometry"], wanted["geometry"])
    assert list(found["properties"]) == list(wanted["properties"]), "names and their order"
    for name, value in wanted["properties"].items():
        told = found["properties"][name]
        assert _alike(form, told, value), (name, told, value)


def _same_place(found: Any, wanted: Any) -> None:
    assert (found is None) == (wanted is None)
    if found is None:
        return
    assert found["type"] == wanted["type"]
    # The API rounds to seven decimals; what is stored is exact.
    assert shape(found).equals_exact(shape(wanted), 6e-8), (found, wanted)


def _alike(form: str, told: Any, value: Any) -> bool:
    if form == "geojson":
        return bool(told == value)
    if form == "csv":
        return _in_words(told, value)
    if isinstance(told, dt.datetime) and len(str(value)) == 10:  # FlatGeobuf has no dates
        return told.date().isoformat() == value
    if isinstance(told, dt.datetime):
        # GeoPackage and FlatGeobuf keep milliseconds; GDAL's Arrow stream of a FlatGeobuf forgets that they are UTC.
        instant = told if told.tzinfo else told.replace(tzinfo=dt.UTC)
        return abs(instant - dt.datetime.fromisoformat(value)) < dt.timedelta(milliseconds=1)
    if isinstance(told, dt.date):
        return told.isoformat() == value
    return bool(told == value and isinstance(told, type(value)))


def _in_words(told: str, value: Any) -> bool:
    if value is None:
        return told == ""
    if isinstance(value, bool):
        return told == str(value).lower()
    if isinstance(value, int | float):
        return float(told) == value
    return told == value or (told == f"'{value}" and value[0] in "=+-@\t\r")
