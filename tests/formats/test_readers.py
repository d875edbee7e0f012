"""One file of each kind read, and what is broken told in one sentence."""

import gzip
import json
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely

from geoplatform.formats.readers import GEOMETRY, UnreadableFile, open_file

POINTS = [shapely.Point(11.05, 53.05), shapely.Point(11.15, 53.05)]
DRIVERS = {"GeoJSON": ".geojson", "ESRI Shapefile": ".shp", "GPKG": ".gpkg", "FlatGeobuf": ".fgb"}


def read(path, **options):
    reader = open_file(path, **options)
    batches = list(reader.batches)
    rows = [row for batch in batches for row in batch.table.to_pylist()]
    numbers = [int(n) for batch in batches for n in batch.numbers]
    return reader, rows, numbers


def written(folder, driver):
    table = pa.table({"name": ["Ä", "b"], "geometry": shapely.to_wkb(POINTS)})
    path = folder / f"points{DRIVERS[driver]}"
    pyogrio.write_arrow(
        table,
        path,
        driver=driver,
        geometry_name="geometry",
        geometry_type="Point",
        crs="EPSG:4326",
        encoding="UTF-8" if driver == "ESRI Shapefile" else None,
    )
    return path


def check(reader, rows, numbers):
    assert (reader.columns, reader.geometry, numbers) == (["name"], True, [1, 2])
    assert "4326" in str(reader.crs) or "84" in str(reader.crs)
    # FlatGeobuf sorts its features by place.
    found = sorted((row["name"], shapely.from_wkb(row[GEOMETRY]).x) for row in rows)
    assert found == [("b", 11.15), ("Ä", 11.05)]


@pytest.mark.parametrize("driver", DRIVERS)
def test_vector_files(tmp_path, driver):
    check(*read(written(tmp_path, driver)))


def test_gzipped_geojson(tmp_path):
    path = tmp_path / "points.geojson.gz"
    path.write_bytes(gzip.compress(written(tmp_path, "GeoJSON").read_bytes()))
    check(*read(path))


def test_zipped_shapefile(tmp_path):
    shape = written(tmp_path, "ESRI Shapefile")
    path = tmp_path / "points.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("points.[!z]*"):
            archive.write(part, part.name)
    check(*read(path))
    check(*read(shape))


def test_folder_with_one_shapefile(tmp_path):
    written(tmp_path, "ESRI Shapefile")
    check(*read(tmp_path))


@pytest.mark.parametrize(
    ("crs", "expected"), [({}, "OGC:CRS84"), ({"crs": None}, None)], ids=["not said", "unknown"]
)
def test_geoparquet_without_a_crs(tmp_path, crs, expected):
    column = {"encoding": "WKB", "geometry_types": ["Point"], **crs}
    geo = {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": column}}
    table = pa.table({"name": ["a", "b"], "shape": shapely.to_wkb(POINTS)})
    path = tmp_path / "points.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    reader, rows, _numbers = read(path)
    assert (reader.crs, reader.columns, reader.total) == (expected, ["name"], 2)
    assert [shapely.from_wkb(row[GEOMETRY]) for row in rows] == POINTS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separator_is_found_by_the_header(tmp_path, separator):
    path = tmp_path / "a.csv"
    path.write_text(f"id{separator}name\n1{separator}x\n")
    _reader, rows, _numbers = read(path)
    assert rows == [{"id": "1", "name": "x"}]


def test_ragged_rows_keep_their_numbers_and_a_quoted_line_break_is_one_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a,b\n1,2\n3\n4,5\n6,7,8\n"9\nx",10\n')
    reader, rows, numbers = read(path)
    assert [row["a"] for row in rows] == ["1", "4", "9\nx"]
    assert numbers == [1, 3, 5]
    assert [number for number, _reason in reader.faults] == [2, 4]


def test_byte_order_mark_and_latin_1(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("Größe\nä\n".encode("utf-8-sig"))
    assert read(path)[1] == [{"Größe": "ä"}]
    path.write_bytes("Größe\nä\n".encode("latin-1"))
    assert read(path, encoding="latin-1")[1] == [{"Größe": "ä"}]
    with pytest.raises(UnreadableFile, match="latin-1"):
        read(path)


def test_wrong_encoding_far_behind_the_header(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"name\n" + b"x\n" * 1000 + "ä\n".encode("latin-1"))
    with pytest.raises(UnreadableFile, match="utf-8"):
        read(path)


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_files_cut_short(tmp_path, driver, part):
    path = written(tmp_path, driver)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    with pytest.raises(UnreadableFile) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_archive_cut_short(tmp_path):
    path = tmp_path / "a.csv.gz"
    whole = gzip.compress(np.random.default_rng(1).bytes(5000).hex().encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableFile, match="archive"):
        read(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"a,a\n1,2\n"), ("a.csv", b"\n"), ("a.pdf", b"%PDF"), ("a.csv", b"")],
)
def test_what_cannot_be_read_names_the_file(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=name):
        read(path)
