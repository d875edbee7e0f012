"""Tiles of 9,300 trees at zoom 14: made anew against raw ST_AsMVT, stored ones against a bytea fetched by its key.

And what open maps ask every few seconds, where nothing has changed.
"""

from __future__ import annotations

import gzip
import http.client
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import tree_cpu
from benchmarks.server import server
from tests.mvt import decode

SQL = Path(__file__).parent / "sql" / "tile_trees.sql"
ZOOM, WEST, NORTH = 14, 8709, 5288
COLUMNS, ROWS = 4, 3
TREES_IN_A_TILE = 9_300
# The edges of those tiles in degrees.
BOX = (11.35986328125, 53.60554409923799, 11.44775390625, 53.64463782485652)
ROUNDS = 10
EDIT = """UPDATE layers_plant SET note = 'edit ' || random() WHERE id =
    (SELECT id FROM layers_plant WHERE location && %s::box2d::geometry OFFSET %s LIMIT 1)"""


def run() -> list[dict[str, Any]]:
    """CPU milliseconds of both sides and their ratio, for a tile made anew, a stored one and one the client has."""
    tiles = [(WEST + x, NORTH + y) for x in range(COLUMNS) for y in range(ROWS)]
    generator = random.Random(14)
    with (
        city(TREES_IN_A_TILE * len(tiles), BOX) as made,
        server(made, settings="benchmarks.floor") as (process, port),
    ):
        bench = _Bench(made, process, port)
        _same_content(bench, tiles[0])
        bench.ready(tiles[1:])
        cold = raw = 0.0
        for _round in range(ROUNDS):
            bench.forget()
            asked = generator.sample(tiles, 10)
            bench.edit(tiles, generator)
            cold += bench.cpu(bench.tile, asked)
            bench.edit(tiles, generator)
            raw += bench.cpu(bench.raw, asked, own=True)
        # Edits fall into tiles that are not asked for here: what is measured is to tell that, each time.
        kept, edited = tiles[:9], tiles[9:]
        stored = floor = held = small = polled = 0.0
        tags = bench.ready(kept)
        for _round in range(10 * ROUNDS):
            asked = generator.choices(kept, k=10)
            bench.edit(edited, generator)
            stored += bench.cpu(bench.tile, asked)
            floor += bench.cpu(bench.floor, asked)
            held += bench.cpu(partial(bench.held, tags), asked)
            small += bench.cpu(bench.get, ["/floor/small"] * len(asked))
            polled += bench.cpu(bench.poll, [bench.cursor()] * len(asked))
    few, many = ROUNDS * 10, ROUNDS * 100
    return [
        _row("tile of 9,300 trees made anew, against raw ST_AsMVT", cold, raw, few, 1.2),
        _row("the same tile from the store, against a bytea by its key", stored, floor, many, 1.5),
        _row("304 for it, against three bytes by their key", held, small, many, 1.5),
        _row("nothing changed since, against the same three bytes", polled, small, many, 1.5),
    ]


def _row(what: str, ours: float, peer: float, requests: int, bound: float) -> dict[str, Any]:
    return {
        "what": what,
        "ours_ms": 1000 * ours / requests,
        "peer_ms": 1000 * peer / requests,
        "ratio": ours / peer,
        "bound": bound,
    }


@dataclass(frozen=True)
class Answer:
    etag: str
    body: bytes


class _Bench:
    """One server, its database, and one connection to it that stays open."""

    def __init__(self, made: City, process: int, port: int) -> None:
        self.made, self.process = made, process
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.web = psycopg.connect(made.web_url, autocommit=True)
        owner = made.web_url.replace("geoplatform_web@", "postgres@")
        self.owner = psycopg.connect(owner, autocommit=True)
        self.owner.execute("CREATE TABLE floor (key text PRIMARY KEY, body bytea)")
        self.owner.execute("ALTER TABLE floor ALTER body SET STORAGE EXTERNAL")
        self.owner.execute("GRANT SELECT ON floor TO geoplatform_web")
        self.owner.execute("SELECT geoplatform.prune_tiles()")

    def cpu(
        self, ask: Callable[[Any], object], asked: Sequence[object], *, own: bool = False
    ) -> float:
        """CPU seconds of server and database while each is asked; with `own`, of this process too: it is the client."""
        before = tree_cpu(self.process) + tree_cpu(self.made.postmaster)
        mine = time.thread_time()
        for each in asked:
            ask(each)
        mine = time.thread_time() - mine
        return tree_cpu(self.process) + tree_cpu(self.made.postmaster) - before + mine * own

    def get(self, path: str, status: int = 200, **headers: str) -> Answer:
        self.client.request("GET", path, headers={"Accept-Encoding": "gzip", **headers})
        response = self.client.getresponse()
        body = response.read()
        if response.status != status:
            raise RuntimeError(f"{path}: {response.status} instead of {status}")
        return Answer(response.headers["ETag"] or "", body)

    def tile(self, place: tuple[int, int]) -> Answer:
        return self.get(_path(place))

    def raw(self, place: tuple[int, int]) -> bytes:
        """The fixed SQL on a connection of the web role that stays open."""
        text = SQL.read_text().rstrip().rstrip(";")
        names = (":x", ":y", ":west", ":south", ":east", ":north")
        for name, value in zip(names, (*place, *_box(*place)), strict=True):
            text = text.replace(name, repr(value))
        row = self.web.execute(text, binary=True).fetchone()
        assert row is not None
        return bytes(row[0])

    def floor(self, place: tuple[int, int]) -> Answer:
        return self.get("/floor/{}-{}".format(*place))

    def held(self, tags: dict[tuple[int, int], str], place: tuple[int, int]) -> None:
        self.get(_path(place), 304, **{"If-None-Match": tags[place]})

    def cursor(self) -> str:
        return json.loads(self.get("/changes").body)["cursor"]

    def poll(self, cursor: str) -> None:
        self.get(f"/changes?since={cursor}", 304, **{"If-None-Match": f'"{cursor}"'})

    def edit(self, tiles: list[tuple[int, int]], generator: random.Random) -> None:
        x, y = generator.choice(tiles)
        row = self.owner.execute(
            "SELECT ST_Expand(ST_Transform(ST_Centroid(ST_TileEnvelope(14, %s, %s)), 4326), 0.005)::box2d::text",
            [x, y],
        ).fetchone()
        assert row is not None
        self.owner.execute(EDIT, [row[0], generator.randrange(1000)])

    def forget(self) -> None:
        self.owner.execute("TRUNCATE geoplatform.tile")

    def ready(self, tiles: list[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """Have the tiles stored, and the same bytes as the floor. Returns their tags."""
        tags = {each: self.tile(each).etag for each in tiles}
        self.owner.execute(
            "INSERT INTO floor SELECT x || '-' || y, body FROM geoplatform.tile UNION SELECT 'small', 'abc'"
            " ON CONFLICT (key) DO UPDATE SET body = excluded.body"
        )
        self.owner.execute("VACUUM ANALYZE floor, geoplatform.tile")
        for each in tiles:
            if self.floor(each).body != self.tile(each).body:
                raise AssertionError("the floor gives other bytes than the store")
        return tags


def _box(x: int, y: int) -> tuple[float, float, float, float]:
    """West, south, east, north of a tile and 128 of 4096 units around it, in degrees."""
    edge, margin = 2**ZOOM, 128 / 4096

    def latitude(row: float) -> float:
        return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / edge))))

    west, east = (column / edge * 360 - 180 for column in (x - margin, x + 1 + margin))
    return west, latitude(y + 1 + margin), east, latitude(y - margin)


def _path(place: tuple[int, int]) -> str:
    return "/tiles/trees/{}/{}/{}.mvt".format(ZOOM, *place)


def _same_content(bench: _Bench, place: tuple[int, int]) -> None:
    """Both sides say the same, or the comparison means nothing."""
    raw = decode(bench.raw(place))["trees"]
    ours = decode(gzip.decompress(bench.tile(place).body))["trees"]
    if sorted(raw, key=repr) != sorted(ours, key=repr):
        raise AssertionError("the tile and benchmarks/sql/tile_trees.sql hold different trees")
    trees = sum(each["n"] for _id, each in ours)
    if not 9_000 < trees < 10_000:
        raise AssertionError(f"a tile of {trees} trees is not what is to be measured")
