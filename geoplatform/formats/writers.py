"""Formats that a question's answer can be taken away in: one description each, and one way to write them all."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from geoplatform.formats.about import LICENCE_FILE, licence_text
from geoplatform.formats.archive import archive
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import features
from geoplatform.query.tabular import for_people, give_back, pieces, unhurried

PIECE = 1 << 17  # bytes handed on at once
FEATURES_AT_ONCE = 250


@dataclass(frozen=True)
class Format:
    """One format.

    name        in `f=` and as the file's extension
    title       as people call it
    media_type  of the answer
    write       the whole answer in pieces, for a query of any limit
    streams     whether the first byte leaves before the last feature is read; otherwise a file is written first
    torn        what ends a stream that broke off: no reader may take the part for the whole
    packed      whether the bytes are compressed already, so that doing it again would cost and bring nothing
    """

    name: str
    title: str
    media_type: str
    write: Callable[[FeatureQuery], Generator[bytes]]
    streams: bool = True
    torn: bytes = b""
    packed: bool = False


def geojson(query: FeatureQuery) -> Generator[bytes]:
    """One FeatureCollection (RFC 7946), a feature per line."""
    found = features(query)
    lead = b'{"type":"FeatureCollection","features":[\n'
    while batch := [text for _fid, text in islice(found, FEATURES_AT_ONCE)]:
        yield lead + b",\n".join(batch)
        lead = b",\n"
    yield b"\n]}\n" if lead.startswith(b",") else lead + b"]}\n"


def csv(query: FeatureQuery) -> Generator[bytes]:
    """UTF-8 with a header (RFC 4180), places in x and y or as WKT."""
    return pieces(for_people(query), PIECE)


# What these stand on (Arrow, GDAL) brings 100 MB with it, so it is loaded by processes that are asked for them.
def flatgeobuf(query: FeatureQuery) -> Generator[bytes]:
    """Without an index, for that would need all features first."""
    from geoplatform.formats import flatgeobuf

    return flatgeobuf.flatgeobuf(query)


def geopackage(query: FeatureQuery) -> Generator[bytes]:
    """Written to a file first, which a table of SQLite needs. Raises TooLarge."""
    from geoplatform.formats import files

    return files.geopackage(query)


def geoparquet(query: FeatureQuery) -> Generator[bytes]:
    """Written to a file first, whose last bytes say what is in it. Raises TooLarge."""
    from geoplatform.formats import files

    return files.geoparquet(query)


WRITERS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("geojson", "GeoJSON", "application/geo+json", geojson),
        Format(
            "csv",
            "CSV",
            "text/csv; charset=utf-8; header=present",
            csv,
            torn=b'"THE DOWNLOAD BROKE OFF HERE',  # a quotation mark that is never closed
        ),
        Format("gpkg", "GeoPackage", "application/geopackage+sqlite3", geopackage, streams=False),
        Format(
            "fgb",
            "FlatGeobuf",
            "application/flatgeobuf",
            flatgeobuf,
            torn=b"\xff\xff\xff\x7f",  # the length of a feature that never comes
        ),
        Format(
            "parquet",
            "GeoParquet",
            "application/vnd.apache.parquet",
            geoparquet,
            streams=False,
            packed=True,
        ),
    )
}


ARCHIVE = "application/zip"


def write(
    name: str, query: FeatureQuery, *, archived: bool = False
) -> tuple[str, str, Generator[bytes]]:
    """Media type, file name and bytes of a format in `WRITERS`; archived: in a ZIP, beside what to know of licences.

    Hold no other cursor until the bytes are read or closed. Raises TooLarge for a format that does not stream.
    """
    form = WRITERS[name]
    filename = f"{query.layer.name}.{form.name}"
    # Asked before the cursor is busy with the features.
    beside = {LICENCE_FILE: licence_text(query)} if archived else {}
    if form.streams:
        content = _streamed(form, query)
    else:
        with unhurried(settings.DOWNLOAD_SECONDS):
            content = form.write(query)
        # The file is there: a slow reader must not keep the database's connection from others.
        give_back()
    if archived:
        return ARCHIVE, f"{filename}.zip", archive(filename, content, beside, packed=form.packed)
    return form.media_type, filename, content


def _streamed(form: Format, query: FeatureQuery) -> Generator[bytes]:
    # Servers end an answer properly even when its body fails, so the body itself must tell.
    try:
        with unhurried(settings.DOWNLOAD_SECONDS), closing(form.write(query)) as content:
            yield from content
    except Exception:
        if form.torn:
            yield form.torn
        raise
