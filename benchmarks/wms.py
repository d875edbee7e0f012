"""Maps of a million trees: what a GetMap costs beside the least it can cost, to fetch the bytes and encode the PNG."""

from __future__ import annotations

import http.client
import io
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psycopg
from PIL import Image
from pyproj import Transformer

from benchmarks import mapserver
from benchmarks.city import WHOLE, City, city
from benchmarks.cpu import tree_nanoseconds
from benchmarks.outcome import costs
from benchmarks.server import server

SQL = Path(__file__).parent / "sql"
TREES = 1_000_000
# Metres of EPSG:3857 from west to east; in Schwerin 0.59 m on the ground each.
PLACES = {"whole city": 25_600.0, "one quarter": 5_000.0, "one street": 500.0}
SIZES = ((256, 256), (1024, 768))
ROUNDS, REQUESTS, WARM = 12, 10, 10
MOVE = "UPDATE layers_plant SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s"
Box = tuple[float, float, float, float]


def run() -> list[dict[str, Any]]:
    """A row for each extent and size: CPU of server and database against the floor's; and rows beside MapServer."""
    with city(TREES) as made, server(made) as (process, port):
        return [*against_floor(made, process, port), *mapserver.rows(made, process, port)]


def against_floor(made: City, process: int, port: int) -> list[dict[str, Any]]:
    """`process` and `port` of a server on that city. Boxes are random and unseen; an edit falls before every ten."""
    pick = random.Random(4)
    trees, floor = Trees(made, process, port), Floor(made)
    rows = []
    for place, across in PLACES.items():
        for width, height in SIZES:
            for _warm in range(WARM):
                box = somewhere(pick, across, width, height)
                floor.fetch(box, width, height)
                floor.encode(trees.get(box, width, height))
            ours, least = [], []
            for _round in range(ROUNDS):
                trees.edit(pick)
                # Not the same boxes for both: who asks second finds the pages in memory.
                boxes, others = (
                    [somewhere(pick, across, width, height) for _each in range(REQUESTS)]
                    for _side in "ab"
                )
                spent, pictures = trees.cost(boxes, width, height)
                ours.append(spent)
                fetched = sum(floor.fetch(box, width, height) for box in others)
                least.append(fetched + sum(map(floor.encode, pictures)))
            what = f"WMS, {TREES:,} trees, {place}, {width}x{height}, against fetch and encoding"
            rows.append(costs(what, ours, least, 3, times=REQUESTS))
    return rows


def somewhere(pick: random.Random, across: float, width: int, height: int) -> Box:
    """A box of EPSG:3857 in the city: the whole city a little moved, or a part of it anywhere."""
    to_mercator = Transformer.from_crs(4326, 3857, always_xy=True)
    west, south, east, north = WHOLE
    x, y = to_mercator.transform((west + east) / 2, (south + north) / 2)
    away = 300 if across > 20_000 else 8_000
    x, y = x + pick.uniform(-away, away), y + pick.uniform(-away, away)
    half_x, half_y = across / 2, across / 2 * height / width
    return x - half_x, y - half_y, x + half_x, y + half_y


class Trees:
    """The platform's WMS, over one connection that stays open."""

    def __init__(self, made: City, process: int, port: int) -> None:
        self.made, self.process = made, process
        self.client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.session = psycopg.connect(made.web_url, autocommit=True)
        rows = self.session.execute("SELECT id FROM layers_plant ORDER BY id LIMIT 5000")
        self.some = [identity for (identity,) in rows]

    def cost(self, boxes: list[Box], width: int, height: int) -> tuple[float, list[bytes]]:
        """CPU seconds of server and database for pictures of these boxes, and the pictures."""
        before = self._spent()
        pictures = [self.get(each, width, height) for each in boxes]
        return self._spent() - before, pictures

    def _spent(self) -> float:
        return (tree_nanoseconds(self.process) + tree_nanoseconds(self.made.postmaster)) / 1e9

    def get(self, box: Box, width: int, height: int) -> bytes:
        query = {
            "SERVICE": "WMS",
            "VERSION": "1.3.0",
            "REQUEST": "GetMap",
            "LAYERS": "trees",
            "STYLES": "",
            "CRS": "EPSG:3857",
            "BBOX": ",".join(map(repr, box)),
            "WIDTH": width,
            "HEIGHT": height,
            "FORMAT": "image/png",
            "TRANSPARENT": "TRUE",
        }
        self.client.request("GET", f"/wms?{urlencode(query)}")
        response = self.client.getresponse()
        body = response.read()
        if response.status != 200 or response.headers["Content-Type"] != "image/png":
            raise RuntimeError(f"{response.status}: {body[:300]!r}")
        return body

    def edit(self, pick: random.Random) -> None:
        west, south, east, north = WHOLE
        place = [pick.uniform(west, east), pick.uniform(south, north)]
        self.session.execute(MOVE, [*place, pick.choice(self.some)])


@dataclass
class Floor:
    """The least: the stored bytes on a connection that stays open, and the answer's own pixels encoded again."""

    made: City

    def __post_init__(self) -> None:
        self.session = psycopg.connect(self.made.web_url, autocommit=True)
        self.backend = self.session.info.backend_pid

    def fetch(self, box: Box, width: int, height: int) -> float:
        """CPU seconds of this process and of its backend."""
        text, parameters = _fetched(box, width, height)
        before = tree_nanoseconds(self.backend) / 1e9 + time.thread_time()
        found = self.session.execute(text, parameters, binary=True).fetchall()
        spent = tree_nanoseconds(self.backend) / 1e9 + time.thread_time() - before
        if not found:
            raise AssertionError("there is nothing in this box")
        return spent

    def encode(self, picture: bytes) -> float:
        """CPU seconds to encode the pixels of an answer once more."""
        from geoplatform.rendering import encoding

        image = Image.open(io.BytesIO(picture))
        pixels, palette = np.asarray(image), image.getpalette("RGBA")
        colors = np.array(palette or (), np.uint8).reshape(-1, 4)
        before = time.thread_time()
        again = (
            encoding.png_of_entries(pixels, colors) if palette else encoding.png_of_colors(pixels)
        )
        spent = time.thread_time() - before
        if len(again) > 1.01 * len(picture) + 100:
            raise AssertionError("the floor encodes something else")
        return spent


def _fetched(box: Box, width: int, height: int) -> tuple[bytes, list[Any]]:
    """The fixed SQL for a picture, and its parameters."""
    from geoplatform.catalog.facets import DEEPEST
    from geoplatform.pyramid.drawing import covering
    from geoplatform.query.crs import supported
    from geoplatform.rendering.view import View

    mercator = next(each for each in supported() if each.srid == 3857)
    zoom = View(mercator, box, width, height).zoom
    if zoom >= DEEPEST + 1:
        to_degrees = Transformer.from_crs(3857, 4326, always_xy=True)
        return (SQL / "wms_points.sql").read_bytes(), list(to_degrees.transform_bounds(*box))
    level = max(int(zoom), 10)
    return (SQL / "wms_cells.sql").read_bytes(), [
        level,
        covering(box, level).parameters()["tiles"],
    ]
