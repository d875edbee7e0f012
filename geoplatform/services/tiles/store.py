"""Tiles made once and kept in the database (database/sql/tiles.sql) while nothing that shows in them has changed.

A stored tile is looked up, judged and fetched in one round trip. One that is missing or overtaken is made and stored
with the snapshot of that look-up: the making comes after it, so what is committed in between counts as not yet seen.
The store is the primary's; a replica may do the making, which is what costs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path

from isal import igzip

from geoplatform import query
from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.database import reading
from geoplatform.history.edits import shown_tables
from geoplatform.query.feature_query import Box
from geoplatform.query.mvt import degrees
from geoplatform.query.select import primary_cursor

LOOK_UP = """SELECT etag, body, old, seen, generation
    FROM geoplatform.stored_tile(%s, %s::int, %s::int, %s::int, %s, %s::text[])"""
STORE = """SELECT geoplatform.store_tile(%s, %s::int, %s::int, %s::int, %s, %s, %s::text::box, %s::text[],
    %s::text::pg_snapshot, %s::bigint, %s, %b)"""
TOUCH = "SELECT geoplatform.touch_tile(%s, %s::int, %s::int, %s::int, %s)"
# A share of the tile's edge, on each side: twice the buffer, so that grids across the edge count.
MARGIN = 128 / 4096
# Degrees: geometry is found by boxes of float32, whose numbers stand up to 1.5e-5 apart.
BLUR = 3.1e-5
# Such a one is dear to keep and a sign of another fault.
LARGEST = 16_000_000


@dataclass(frozen=True)
class Kept:
    """A tile: `etag` names its content; `body` is gzip, or empty where nothing stands; None where the client has it."""

    etag: str
    body: bytes | None


def tile(
    layer: Layer,
    z: int,
    x: int,
    y: int,
    *,
    facets: str | None = "",
    known: Collection[str] = (),
    make: Callable[[], bytes],
) -> Kept:
    """The tile from the store, or made by `make` (uncompressed MVT) and stored.

    facets  canonical text of what was asked for besides the place; None for what is not worth keeping
    known   etags that the client holds
    """
    if facets is None or not layer.zooms[0] <= z <= layer.zooms[1]:
        return _pack(make(), known)  # outside of its zooms nothing is drawn: not worth a look
    key = (layer.name, z, x, y, f"{edition()}?{facets}")
    with primary_cursor() as cursor:
        row = cursor.execute(LOOK_UP, (*key, list(known)), binary=True, prepare=True).fetchone()
        assert row is not None
        etag, body, old, seen, generation = row
        if etag is not None:
            if old:
                cursor.execute(TOUCH, key)
            return Kept(etag, body)
    reading.catch_up()  # a replica makes it if it has all that the look-up saw
    made = _pack(make())
    assert made.body is not None
    if len(made.body) <= LARGEST:
        table = f"public.{layer.model._meta.db_table}"
        shown = [f"public.{name}" for name in shown_tables(layer)]
        west, south, east, north = place(z, x, y)
        box = f"({east!r},{north!r}),({west!r},{south!r})"
        with primary_cursor() as cursor:
            cursor.execute(STORE, (*key, table, box, shown, seen, generation, made.etag, made.body))
    return Kept(made.etag, None if made.etag in known else made.body)


def _pack(content: bytes, known: Collection[str] = ()) -> Kept:
    body = igzip.compress(content, compresslevel=1, mtime=0) if content else b""
    # Of the packed bytes, which are half as many and follow from the content.
    etag = blake2b(body, digest_size=12).hexdigest()
    return Kept(etag, None if etag in known else body)


def place(z: int, x: int, y: int) -> Box:
    """West, south, east, north in degrees of where a change shows in the tile, rather too much than too little."""
    west, south, east, north = degrees(z, x, y, MARGIN)
    return west - BLUR, south - BLUR, east + BLUR, north + BLUR


@cache
def edition() -> str:
    """Names the programs and declarations that tiles are made by: what others have stored is not ours to serve."""
    folders = {Path(inspect.getfile(layer.model)).parent for layer in registry.layers()}
    rooms = Path(inspect.getfile(query)).parents[1]
    files = [file for folder in folders for file in folder.glob("*.py")]
    for room in ("catalog", "query", "pyramid"):
        files += (rooms / room).rglob("*.py")
    digest = blake2b(digest_size=6)
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()
