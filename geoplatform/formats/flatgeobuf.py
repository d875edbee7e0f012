"""FlatGeobuf as a stream: a header that promises nothing, and features for as long as there are some.

GDAL writes each batch as a small file in memory; of all but the first only the features are kept. What the header of
the first says of that batch alone (number of features, box) is taken out of it: the format knows both as "unknown".
"""

from __future__ import annotations

import io
import struct
from collections.abc import Generator

import pyarrow as pa

from geoplatform.formats.about import about
from geoplatform.formats.batches import batches, place, schema
from geoplatform.query.feature_query import FeatureQuery

MAGIC = 8  # bytes before the header's length (specification: magic bytes with version)
# Fields of the table Header by their number in header.fbs.
ENVELOPE, FEATURES_COUNT = 1, 8


def flatgeobuf(query: FeatureQuery) -> Generator[bytes]:
    """The file in pieces, without an index."""
    told = about(query)  # asked before the cursor is busy with the features
    first = True
    for batch in batches(query):
        written = _write(query, pa.Table.from_batches([batch]), told)
        header = MAGIC + 4 + struct.unpack_from("<I", written, MAGIC)[0]
        yield _opening(written[:header]) + written[header:] if first else written[header:]
        first = False
    if first:
        yield _opening(_write(query, schema(query).empty_table(), told))


def _write(query: FeatureQuery, table: pa.Table, told: dict[str, str]) -> bytes:
    import pyogrio  # brings much with it that most processes never need

    content = io.BytesIO()
    pyogrio.write_arrow(
        table,
        content,
        driver="FlatGeobuf",
        layer=query.layer.name,
        layer_options={"SPATIAL_INDEX": "NO"},
        layer_metadata=told,
        **place(query),
    )
    return content.getvalue()


def _opening(header: bytes) -> bytes:
    """The header without what it says of the batch that it was written for: a field of no offset is its default."""
    changed = bytearray(header)
    start = MAGIC + 4
    table = start + struct.unpack_from("<I", changed, start)[0]
    vtable = table - struct.unpack_from("<i", changed, table)[0]
    length = struct.unpack_from("<H", changed, vtable)[0]
    for number in (ENVELOPE, FEATURES_COUNT):
        slot = 4 + 2 * number
        if slot < length:
            struct.pack_into("<H", changed, vtable + slot, 0)
    return bytes(changed)
