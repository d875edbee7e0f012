"""Files of other people as streams of Arrow tables: one way to read them all.

Every reader gives its attribute columns as they stand in the file and the geometry as WKB in a column `GEOMETRY`, in
the file's own CRS. A file that cannot be read says so in one sentence (`UnreadableFile`), whatever library found out.
"""

import gzip
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from django.utils.translation import gettext as _

from geoplatform.formats.about import OURS

# The name of the geometry column in what readers give; no file's own column is called so.
GEOMETRY = "\0geometry"
ROWS_AT_ONCE = 65_536

DELIMITED = {".csv": None, ".tsv": "\t", ".tab": "\t", ".txt": None}
JSON = {".geojson", ".json", ".geojsonl"}
VECTOR = {".geojson", ".json", ".geojsonl", ".shp", ".gpkg", ".fgb"}
PARQUET = {".parquet", ".geoparquet"}


class UnreadableFile(Exception):
    """The file is missing, broken, or of a kind that is not read here. The message is for people."""


@dataclass
class Batch:
    """Some rows. `numbers` are their 1-based numbers in the file, without a header row."""

    table: pa.Table
    numbers: np.ndarray


@dataclass
class Reader:
    """An opened file.

    columns   names of the attribute columns
    crs       what the file says of its CRS (anything that pyproj reads), None where it says nothing
    geometry  whether rows come with a column `GEOMETRY` (WKB)
    total     number of rows, None where only reading tells
    batches   the rows, to be read once
    faults    rows that are no rows (number, reason); grows while batches are read
    no_shape  what it means in this file that a row has no geometry; empty where that is for the layer to say
    about     what the file says of itself, where its format has a place for it
    """

    columns: list[str]
    crs: str | None
    geometry: bool
    total: int | None
    batches: Iterator[Batch]
    faults: list[tuple[int, str]] = field(default_factory=list)
    no_shape: str = ""
    about: dict[str, str] = field(default_factory=dict)


def open_file(
    path: Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> Reader:
    """Open a file by its suffix; `.gz` and `.zip` around it are looked through.

    layer      which layer of a file that has several (GeoPackage, a zip of shapefiles)
    encoding   of text; without it what the file says, else UTF-8
    separator  of CSV columns; without it the one that fits the header
    Raises UnreadableFile.
    """
    if not path.exists():
        raise UnreadableFile(_("%(path)s: there is no such file.") % {"path": path})
    if path.is_dir():
        path = _only_shapefile(path)
    suffixes = [each.lower() for each in path.suffixes]
    packed = suffixes.pop() if suffixes and suffixes[-1] in {".gz", ".zip"} else ""
    kind = suffixes[-1] if suffixes else ""
    if packed == ".zip" and kind not in VECTOR:
        kind = ".shp"
    if path.stat().st_size == 0:
        raise UnreadableFile(_("%(path)s: the file is empty.") % {"path": path})
    _check_packing(path, packed)
    if kind in DELIMITED and packed != ".zip":
        from geoplatform.formats.delimited import open_delimited

        return open_delimited(path, encoding=encoding, separator=separator or DELIMITED[kind])
    if kind in PARQUET and not packed:
        return _open_parquet(path)
    if kind in VECTOR:
        return _open_vector(path, packed=packed, layer=layer, encoding=encoding)
    raise UnreadableFile(
        _(
            "%(path)s: this kind of file is not read here. Known are %(known)s, most of them also as .gz or .zip."
        )
        % {"path": path, "known": ", ".join(sorted({*DELIMITED, *VECTOR, *PARQUET}))}
    )


def _only_shapefile(folder: Path) -> Path:
    found = sorted(folder.glob("*.shp"))
    if len(found) != 1:
        raise UnreadableFile(
            _("%(path)s: this folder holds %(count)d shapefiles; name one of them.")
            % {"path": folder, "count": len(found)}
        )
    return found[0]


def _check_packing(path: Path, packed: str) -> None:
    """A truncated archive would otherwise read as a shorter file."""
    try:
        if packed == ".gz":
            with gzip.open(path) as unpacked:
                while unpacked.read(1 << 20):
                    pass
        elif packed == ".zip":
            with zipfile.ZipFile(path) as archive:
                if broken := archive.testzip():
                    raise zipfile.BadZipFile(broken)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise UnreadableFile(
            _("%(path)s: the archive is broken or cut short (%(reason)s).")
            % {"path": path, "reason": error}
        ) from None


def _broken(path: Path, error: Exception) -> UnreadableFile:
    reason = str(error).replace("\n", " ").strip()[:200]
    return UnreadableFile(
        _("%(path)s: the file cannot be read (%(reason)s).") % {"path": path, "reason": reason}
    )


def _numbered(tables: Iterator[pa.Table]) -> Iterator[Batch]:
    start = 1
    for table in tables:
        yield Batch(table, np.arange(start, start + table.num_rows))
        start += table.num_rows


def _check_shapefile(path: Path) -> None:
    """A shapefile that was cut short would read as rows without geometry. Its header says how long it is."""
    with path.open("rb") as file:
        header = file.read(28)
    # ESRI Shapefile Technical Description, main file header: byte 24, big endian, in 16-bit words.
    said = 2 * int.from_bytes(header[24:28], "big")
    if len(header) < 28 or path.stat().st_size < said:
        raise _broken(path, ValueError(_cut_short(path.stat().st_size, said)))


def _cut_short(found: int, said: int) -> str:
    return _("cut short: %(found)d of %(said)d") % {"found": found, "said": said}


def _open_vector(path: Path, *, packed: str, layer: str | None, encoding: str | None) -> Reader:
    """GeoJSON, Shapefile, GeoPackage, FlatGeobuf by GDAL's Arrow stream."""
    import pyogrio

    address = {"": "", ".gz": "/vsigzip/", ".zip": "/vsizip/"}[packed] + str(path.resolve())
    errors = (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        ValueError,
        IndexError,  # from a header without a body
    )
    if path.suffix.lower() == ".shp":
        _check_shapefile(path)
    # What looks like a date stays as it is written: the mapping says what it means.
    options = {"DATE_AS_STRING": "YES"} if JSON & {each.lower() for each in path.suffixes} else {}
    try:
        info = pyogrio.read_info(
            address, layer=layer, encoding=encoding, force_total_bounds=False, **options
        )
    except (*errors, RuntimeError) as error:
        raise _broken(path, error) from None
    has_geometry = info["geometry_type"] is not None
    total = info["features"] if info["features"] >= 0 else None

    def tables() -> Iterator[pa.Table]:
        try:
            with pyogrio.raw.open_arrow(
                address,
                layer=layer,
                encoding=encoding,
                batch_size=ROWS_AT_ONCE,
                use_pyarrow=True,
                **options,
            ) as (meta, stream):
                name = meta["geometry_name"] or "wkb_geometry"
                read = 0
                for batch in stream:
                    table = pa.Table.from_batches([batch])
                    read += table.num_rows
                    yield table.rename_columns(
                        [GEOMETRY if each == name else each for each in table.column_names]
                    )
                if total is not None and read < total:
                    raise ValueError(_cut_short(read, total))
        except (*errors, RuntimeError, OSError, pa.ArrowInvalid) as error:
            raise _broken(path, error) from None

    return Reader(
        [str(each) for each in info["fields"]],
        info["crs"],
        has_geometry,
        total,
        _numbered(tables()),
        about=dict(info["layer_metadata"] or {}),
    )


def _open_parquet(path: Path) -> Reader:
    """GeoParquet 1.x; a Parquet file without `geo` metadata is a table without geometry."""
    import pyarrow.parquet as pq

    try:
        # Threads would only move the work about: a city's file is small, and CPU is what is counted.
        file = pq.ParquetFile(path)
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
        name = geo.get("primary_column")
        column = geo["columns"][name] if name else {}
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise _broken(path, error) from None
    if name and column.get("encoding") != "WKB":
        raise UnreadableFile(
            _("%(path)s: its geometry is stored as %(encoding)s; only WKB is read.")
            % {"path": path, "encoding": column.get("encoding")}
        )
    # GeoParquet 1.1: no member `crs` means OGC:CRS84, null means unknown.
    crs = column.get("crs", "OGC:CRS84") if name else None
    columns = [each for each in file.schema_arrow.names if each != name]

    def tables() -> Iterator[pa.Table]:
        try:
            for batch in file.iter_batches(ROWS_AT_ONCE, use_threads=False):
                table = pa.Table.from_batches([batch])
                yield table.rename_columns(
                    [GEOMETRY if each == name else each for each in table.column_names]
                )
        except (pa.ArrowException, OSError) as error:
            raise _broken(path, error) from None

    return Reader(
        columns,
        json.dumps(crs) if isinstance(crs, dict) else crs,
        bool(name),
        file.metadata.num_rows,
        _numbered(tables()),
        about={
            key.decode().removeprefix(OURS): text.decode()
            for key, text in (file.metadata.metadata or {}).items()
            if key.startswith(OURS.encode())
        },
    )
