"""A question's answer as Arrow record batches: from here GeoPackage, GeoParquet and FlatGeobuf are written."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.csv as pacsv

from geoplatform.catalog.layer import Layer
from geoplatform.formats.hexadecimal import from_hex
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.tabular import Column, columns, for_programs, pieces

GEOMETRY = "geometry"
PIECE = 1 << 20  # bytes of text that become one batch
# The text is ours: an empty value without quotes is null, a quoted one the empty text.
NULLS = {"null_values": [""], "strings_can_be_null": True, "quoted_strings_can_be_null": False}
TYPES: dict[tuple[str, str | None], pa.DataType] = {
    ("string", "date"): pa.date32(),
    ("string", "date-time"): pa.timestamp("us", "UTC"),
    ("boolean", None): pa.bool_(),
    ("integer", None): pa.int64(),
    ("number", None): pa.float64(),
}


def schema(query: FeatureQuery) -> pa.Schema:
    """Names and types; last the geometry as WKB (ISO), longitude or easting first, where the layer has one."""
    fields = [(each.name, _type(each)) for each in columns(query)]
    if query.layer.geometry:
        fields.append((GEOMETRY, pa.binary()))
    return pa.schema(fields)


def geometry_type(layer: Layer) -> str:
    """`Point`, `MultiPolygon` ..., as GDAL and GeoParquet write it."""
    assert layer.geometry_field is not None and layer.geometry_field.geom_class is not None  # noqa: PT018
    return layer.geometry_field.geom_class.__name__


def place(query: FeatureQuery) -> dict[str, str]:
    """What GDAL must be told of the geometry; nothing where there is none."""
    if query.layer.geometry is None:
        return {}
    return {
        "geometry_name": GEOMETRY,
        "geometry_type": geometry_type(query.layer),
        "crs": f"EPSG:{query.crs.srid}",
    }


def _type(column: Column) -> pa.DataType:
    return TYPES.get((column.json_type, column.format), pa.string())


def batches(query: FeatureQuery) -> Iterator[pa.RecordBatch]:
    """The features, some at a time; holds the database's cursor until the last one."""
    wanted = schema(query)
    types = {field.name: field.type for field in wanted}
    if query.layer.geometry:
        types[GEOMETRY] = pa.string()
    options = {
        "read_options": pacsv.ReadOptions(
            use_threads=False, column_names=wanted.names, block_size=2**31 - 1
        ),
        "parse_options": pacsv.ParseOptions(newlines_in_values=True),
        "convert_options": pacsv.ConvertOptions(column_types=types, **NULLS),
    }
    for some in pieces(for_programs(query), PIECE):
        table = pacsv.read_csv(pa.BufferReader(some), **options)
        if query.layer.geometry:
            table = table.set_column(
                len(wanted) - 1, wanted.field(GEOMETRY), from_hex(table[GEOMETRY])
            )
        yield from table.cast(wanted).combine_chunks().to_batches()
