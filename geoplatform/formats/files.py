"""GeoPackage and GeoParquet: formats that are complete only when closed, so they are written to a file first.

The file lies in a folder of its own, is held to a size, and has no name any more before its first byte is sent: nothing
is left behind, however the sending ends.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
from django.conf import settings

from geoplatform.formats.about import OURS, about
from geoplatform.formats.batches import GEOMETRY, batches, geometry_type, place, schema
from geoplatform.formats.bounds import TooLarge, check_size
from geoplatform.query.feature_query import FeatureQuery

SENT_AT_ONCE = 1 << 18  # bytes
GROUP_ROWS, GROUP_BYTES = 100_000, 16 << 20  # a row group of GeoParquet ends with either


def geopackage(query: FeatureQuery) -> Generator[bytes]:
    """A GeoPackage (OGC 12-128r18) with one table; one of attributes where the layer has no geometry."""
    told = about(query)

    def write(path: Path, features: Iterator[pa.RecordBatch]) -> None:
        import pyogrio  # brings much with it that most processes never need

        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema(query), features),
            path,
            driver="GPKG",
            layer=query.layer.name,
            # Readers from before 2023 complain of anything newer.
            dataset_options={"VERSION": "1.3"},
            layer_options={
                "IDENTIFIER": told["title"],
                "DESCRIPTION": told.get("description", ""),
            },
            layer_metadata=told,
            **place(query),
        )

    return _written(query, "gpkg", write)


def geoparquet(query: FeatureQuery) -> Generator[bytes]:
    """GeoParquet 1.1, packed with zstd; plain Parquet where the layer has no geometry."""
    told = {f"{OURS}{name}": text for name, text in about(query).items()}

    def write(path: Path, features: Iterator[pa.RecordBatch]) -> None:
        import pyarrow.parquet as pq

        box = Box()
        # With Arrow's own copy of the schema in the file, Arrow would overlook what is added to it at the end.
        with pq.ParquetWriter(path, schema(query), compression="zstd", store_schema=False) as file:
            for group in _groups(features):
                file.write_table(group)
                if query.layer.geometry:
                    box.add(group[GEOMETRY])
            file.add_key_value_metadata(told)
            if query.layer.geometry:
                file.add_key_value_metadata({"geo": json.dumps(_geo(query, box))})

    return _written(query, "parquet", write)


class Box:
    """The box around all geometries that it was shown."""

    def __init__(self) -> None:
        self.corners: list[float] | None = None

    def add(self, geometries: pa.ChunkedArray) -> None:
        import shapely

        west, south, east, north = shapely.total_bounds(shapely.from_wkb(geometries.to_numpy()))
        if west != west:  # NaN: nothing but nulls
            return
        old = self.corners or [west, south, east, north]
        self.corners = [
            float(min(old[0], west)),
            float(min(old[1], south)),
            float(max(old[2], east)),
            float(max(old[3], north)),
        ]


def _groups(features: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Batches joined into row groups: too small ones cost readers a seek each."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for batch in features:
        held.append(batch)
        rows, size = rows + batch.num_rows, size + batch.nbytes
        if rows >= GROUP_ROWS or size >= GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
    if held:
        yield pa.Table.from_batches(held)


def _geo(query: FeatureQuery, box: Box) -> dict[str, Any]:
    """The file metadata `geo` (GeoParquet 1.1.0). The format has longitude first, whatever the CRS says."""
    from pyproj import CRS

    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [geometry_type(query.layer)],
        "crs": CRS.from_epsg(query.crs.srid).to_json_dict(),
        "edges": "planar",
    }
    if box.corners:
        column["bbox"] = box.corners
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _written(
    query: FeatureQuery, extension: str, write: Callable[[Path, Iterator[pa.RecordBatch]], None]
) -> Generator[bytes]:
    """Write the file now; what comes back reads it. Raises TooLarge."""
    with tempfile.TemporaryDirectory(
        prefix="geoplatform-", dir=settings.DOWNLOAD_FOLDER or None
    ) as folder:
        path = Path(folder) / f"{query.layer.name}.{extension}"
        features = Capped(batches(query), path)
        try:
            write(path, features)
        except Exception:
            if features.refused:  # what wrote the file wraps our refusal in an error of its own
                raise features.refused from None
            raise
        finally:
            features.close()
        check_size(path.stat().st_size)
        file = path.open("rb")
    return _sent(file)


def _sent(file: IO[bytes]) -> Generator[bytes]:
    with file:
        while piece := file.read(SENT_AT_ONCE):
            yield piece


class Capped:
    """Batches for as long as the file that they are written to stays below the cap."""

    def __init__(self, features: Iterator[pa.RecordBatch], path: Path) -> None:
        self.features, self.path = features, path
        self.refused: TooLarge | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self

    def __next__(self) -> pa.RecordBatch:
        try:
            check_size(self.path.stat().st_size if self.path.exists() else 0)
        except TooLarge as refused:
            self.refused = refused
            raise
        return next(self.features)

    def close(self) -> None:
        """Leave the database's cursor, wherever it stands."""
        self.features.close()  # type: ignore[attr-defined]
