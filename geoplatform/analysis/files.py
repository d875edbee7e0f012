"""Answers as files: rows of areas, and in each format what they must not travel without."""

from __future__ import annotations

import csv as tables
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from django.conf import settings

from geoplatform.analysis.about import about, plain
from geoplatform.analysis.answer import Answer
from geoplatform.query.tabular import FORMULA

DEGREES = 7  # decimals: about a centimetre (RFC 7946, 11.2)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What is written, whatever answered.

    name     of file and table
    title    for people
    rows     by id (text): `columns`, and a geometry in EPSG:4326, longitude first, or null; NaN = null
    columns  which of the rows' columns are written, in this order
    about    what the figures mean: JSON, given whole where a format has a place for it
    several  whether the geometry may have several parts
    """

    name: str
    title: str
    rows: gpd.GeoDataFrame
    columns: tuple[str, ...]
    about: dict[str, Any]
    several: bool = True


def sheet(answer: Answer) -> Sheet:
    """An answer of an indicator, ready to be written."""
    figures = (each.name for each in answer.indicator.columns)
    return Sheet(
        name=answer.indicator.id,
        title=str(answer.indicator.title),
        rows=answer.rows,
        columns=("key", "name", "municipality", "inhabitants", *figures),
        about=about(answer),
    )


def records(made: Sheet) -> list[dict[str, Any]]:
    """Each row as JSON has it, with its id."""
    names = list(made.columns)
    return [
        {"id": id, **{name: plain(value) for name, value in zip(names, row, strict=True)}}
        for id, row in zip(made.rows.index, made.rows[names].itertuples(index=False), strict=True)
    ]


def document(made: Sheet) -> dict[str, Any]:
    """The answer without geometry: what it is about, and its rows."""
    return {**made.about, "rows": records(made)}


def json_text(made: Sheet) -> bytes:
    return _text(document(made))


def geojson(made: Sheet) -> bytes:
    """A FeatureCollection (RFC 7946); what it is about are members of its own (6.1)."""
    shapes = shapely.transform(made.rows.geometry.to_numpy(), lambda xy: xy.round(DEGREES))
    features = [
        {
            "type": "Feature",
            "id": row.pop("id"),
            "geometry": json.loads(shapely.to_geojson(shape)) if shape is not None else None,
            "properties": row,
        }
        for row, shape in zip(records(made), shapes, strict=True)
    ]
    return _text({"type": "FeatureCollection", **made.about, "features": features})


def csv(made: Sheet) -> bytes:
    """UTF-8 with a header (RFC 4180). What the rows are about stands in each of them, so that none loses it."""
    told = {name: _told(value) for name, value in _short(made.about).items()}
    out = io.StringIO()
    writer = tables.writer(out, lineterminator="\r\n")
    writer.writerow(["id", *made.columns, *told])
    for row in records(made):
        writer.writerow([*map(_cell, row.values()), *told.values()])
    return out.getvalue().encode()


def geopackage(*made: Sheet) -> bytes:
    """A GeoPackage (OGC 12-128r18) with a table for each sheet; what they are about is their metadata."""
    import pyogrio  # brings much with it that most processes never need

    with tempfile.TemporaryDirectory(
        prefix="geoplatform-", dir=settings.DOWNLOAD_FOLDER or None
    ) as folder:
        path = Path(folder) / "figures.gpkg"
        for each in made:
            told = {name: _told(value) for name, value in each.about.items()}
            frame = each.rows[[*each.columns, "geometry"]].rename_axis("id").reset_index()
            pyogrio.write_dataframe(
                frame,
                path,
                driver="GPKG",
                layer=each.name,
                append=path.exists(),
                promote_to_multi=each.several,
                # Readers from before 2023 complain of anything newer.
                dataset_options={"VERSION": "1.3"},
                layer_options={
                    "IDENTIFIER": each.title,
                    "DESCRIPTION": str(each.about.get("definition", "")),
                },
                layer_metadata={name: text for name, text in told.items() if text},
            )
        return path.read_bytes()


@dataclass(frozen=True)
class Format:
    """A format: its name in `f=` and as the file's extension, for people, its media type, and what writes it."""

    name: str
    title: str
    media_type: str
    write: Callable[[Sheet], bytes]


WRITERS = {
    each.name: each
    for each in (
        Format("json", "JSON", "application/json", json_text),
        Format("csv", "CSV", "text/csv; charset=utf-8; header=present", csv),
        Format("geojson", "GeoJSON", "application/geo+json", geojson),
        Format("gpkg", "GeoPackage", "application/geopackage+sqlite3", geopackage),
    )
}


def _short(told: dict[str, Any]) -> dict[str, Any]:
    """What a row of a table can carry."""
    called = {
        "id": "indicator",
        "definitionKind": "definition",
        "parameters": "parameters",
        "dataVersion": "data_version",
        "at": "at",
        "weighting": "weighting",
        "licences": "licences",
        "attributions": "attributions",
    }
    return {column: told[name] for name, column in called.items() if name in told}


def _told(value: Any) -> str:
    """A value of any kind as one text."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{name}={_told(each)}" for name, each in value.items())
    if isinstance(value, list):
        plain_list = all(isinstance(each, str) for each in value)
        return " ".join(value) if plain_list else json.dumps(value, ensure_ascii=False)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> Any:
    """A cell; text that a spreadsheet would take for a formula begins with an apostrophe."""
    if isinstance(value, str) and value.startswith(tuple(FORMULA)):
        return f"'{value}"
    return "" if value is None else value


def _text(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
