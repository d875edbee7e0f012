"""Pages of features as files: text columns and WKB, whatever the service spoke. The importer reads them as one file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from geoplatform.formats.readers import GEOMETRY, Batch, Reader


@dataclass(frozen=True, kw_only=True)
class Page:
    """One answer, as kept.

    url      as it was asked for
    file     name of its file in the source's folder: Arrow, all columns text, GEOMETRY as WKB with x or longitude first
    content  fingerprint of what the file holds
    features, matched  how many came, and how many the service says there are in all (None: it does not say)
    next     address of the next page, where the service names one
    crs      of the geometries, None where nothing is said
    etag, modified     validators of the answer
    since    the day on which this content was first seen (ISO 8601)
    """

    url: str
    file: str
    content: str
    features: int
    matched: int | None = None
    next: str | None = None
    crs: str | None = None
    etag: str = ""
    modified: str = ""
    since: str = ""


def write_page(tables: Iterator[pa.Table], path: Path) -> tuple[int, str]:
    """Write tables with the same or with different columns, one block each; number of rows, and the fingerprint."""
    rows = 0
    digest = hashlib.blake2b(digest_size=16)
    with path.open("wb") as file:
        for table in tables:
            rows += table.num_rows
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as stream:
                stream.write_table(table)
            block = sink.getvalue()
            digest.update(block)
            file.write(len(block).to_bytes(8, "little"))
            file.write(block)
    return rows, digest.hexdigest()


def _tables(path: Path) -> Iterator[pa.Table]:
    with path.open("rb") as file:
        while head := file.read(8):
            with pa.ipc.open_stream(file.read(int.from_bytes(head, "little"))) as stream:
                yield stream.read_all()


def open_pages(folder: Path, pages: Sequence[Page], crs: str | None) -> Reader:
    """All pages as one file, with the columns of all of them; `crs` where the pages do not say theirs."""
    columns: dict[str, None] = {}
    for page in pages:
        for table in _tables(folder / page.file):
            columns |= dict.fromkeys(table.column_names)
    geometry = GEOMETRY in columns
    names = [each for each in columns if each != GEOMETRY]
    said = next((page.crs for page in pages if page.crs), crs)

    def batches() -> Iterator[Batch]:
        start = 1
        for page in pages:
            for table in _tables(folder / page.file):
                whole = _with_all(table, list(columns))
                yield Batch(whole, np.arange(start, start + table.num_rows))
                start += table.num_rows

    return Reader(names, said, geometry, sum(page.features for page in pages), batches())


def _with_all(table: pa.Table, columns: list[str]) -> pa.Table:
    for name in columns:
        if name not in table.column_names:
            kind = pa.binary() if name == GEOMETRY else pa.string()
            table = table.append_column(name, pa.nulls(table.num_rows, kind))
    return table.select(columns)
