"""The WMS beside MapServer (FastCGI): a city of trees, of areas, and the official CRS beside that of the web."""

from __future__ import annotations

import http.client
import io
import math
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import numpy as np
import psycopg
from PIL import Image
from psycopg import sql
from pyproj import Transformer

from benchmarks.city import WHOLE, City
from benchmarks.cpu import cpu, tree_cpu
from benchmarks.outcome import cheaper, costs, not_run
from tests.clients.mapserver import (
    MISSING,
    PROGRAM,
    MapServer,
    Table,
    disc,
    filled,
    mapserver,
)

HALF = math.pi * 6378137.0  # metres from the middle of EPSG:3857 to its edge
TREE, GREEN, EDGE = "#3c7a3a", "#7bb661", "#4f8a3c"
AREAS = 2_000
# One row for each cell of the pyramid's grid at a level, at the mean of its points: a map server helped by hand.
THIN = """
CREATE TABLE {name} AS
SELECT row_number() OVER () AS fid, count(*) AS n,
    ST_SetSRID(ST_MakePoint(avg(ST_X(location_3857)), avg(ST_Y(location_3857))), 3857) AS location
FROM layers_plant WHERE growth_form = 'tree'
GROUP BY floor((ST_X(location_3857) + {half}) / {cell}), floor((ST_Y(location_3857) + {half}) / {cell})
"""
# Ragged areas of 40 corners, 100 to 400 m across, all over the city.
GROW = """
INSERT INTO layers_greenspace (id, source_id, licence, status, name, kind, area)
SELECT gen_random_uuid(), (SELECT id FROM catalog_source LIMIT 1), 'cc-zero', 'confirmed', 'Green ' || n, 'park',
    ST_Multi(ST_SetSRID(ST_MakePolygon(ST_AddPoint(line, ST_StartPoint(line))), 4326))
FROM (
    SELECT n, ST_MakeLine(ST_MakePoint(x + r * cos(turn), y + 0.6 * r * sin(turn)) ORDER BY turn) AS line
    FROM (SELECT n, {west} + {width} * random() AS x, {south} + {height} * random() AS y
        FROM generate_series(1, {count}) n OFFSET 0) middle,
    LATERAL (SELECT 2 * pi() * k / 40 AS turn, 0.0008 + 0.0022 * random() + 0 * n AS r
        FROM generate_series(1, 40) k OFFSET 0) corner
    GROUP BY n) rings
"""
MOVE = """UPDATE layers_plant SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326)
    WHERE fid = (SELECT min(fid) FROM layers_plant) + %s"""


def rows(city: City, process: int, port: int) -> list[dict[str, Any]]:
    """What the issue of speed comes down to, in CPU of application and database.

    process, port  of the platform's server in front of `city`, which gets two thousand areas here
    """
    ours = Ours(city, process, port)
    grow(city)
    found = [official_crs(ours)]
    if PROGRAM is None:
        return [*found, not_run("WMS against MapServer", MISSING)]
    # A dot for each one and a half pixels (level 12) makes a picture as full as that of all trees: what a map server is
    # thinned to. The 1,800 cells that our own pyramid draws from (level 10) are beside it to tell what is the pyramid
    # and what the drawing.
    tables = [trees(), thinned(city, 10), thinned(city, 12), areas()]
    with peer(city, tables) as other:
        found += [
            compare(ours, other, tables[0], "the whole table", 300, each=20, rounds=6),
            compare(ours, other, tables[1], "the pyramid's own 1,800 cells", 1, each=10, rounds=20),
            compare(
                ours, other, tables[2], "a table thinned to 28,000 points", 8, each=10, rounds=20
            ),
            polygons(ours, other),
        ]
    return found


def official_crs(ours: Ours) -> dict[str, Any]:
    """The city in EPSG:25833 beside the same in EPSG:3857: what drawing in another CRS adds."""
    pick = random.Random(25833)
    spent: dict[str, list[float]] = {"EPSG:25833": [], "EPSG:3857": []}
    ours.cpu([request("trees", pick, crs) for crs in spent for _warm in range(10)])
    for _round in range(20):
        for crs, each in spent.items():
            ours.edit(pick)
            asked = [request("trees", pick, crs) for _request in range(10)]
            each.append(ours.cpu(asked) * len(asked))
    what = "WMS, 1,000,000 trees, whole city, 256 px: EPSG:25833 against EPSG:3857"
    return costs(what, spent["EPSG:25833"], spent["EPSG:3857"], 1.3, times=10)


def compare(
    ours: Ours, other: Peer, table: Table, of: str, bound: float, *, each: int, rounds: int
) -> dict[str, Any]:
    """A city of trees at 256 px by turns. `each` requests of ours come to one of a slow peer."""
    pick = random.Random(table.name)
    both_show(ours, other, request("trees", pick), table.name)
    mine, theirs = [], []
    few = 1 if bound > 100 else each
    for _round in range(rounds):
        spent = 0.0
        for _ten in range(each // 10):
            ours.edit(pick)
            spent += ours.cpu([request("trees", pick) for _request in range(10)]) * 10
        mine.append(spent / each)
        ours.edit(pick)
        theirs.append(other.cpu([request("trees", pick) for _request in range(few)], table.name))
    return cheaper(
        f"WMS, 1,000,000 trees, whole city, 256 px: MapServer over {of}", mine, theirs, bound
    )


def polygons(ours: Ours, other: Peer) -> dict[str, Any]:
    """All areas with outline at 1024 x 768, by turns."""
    pick = random.Random(AREAS)
    both_show(ours, other, request("green-spaces", pick, size=(1024, 768)), "green-spaces")
    mine, theirs = [], []
    for _round in range(10):
        for spent, ask in ((mine, ours.cpu), (theirs, other.cpu)):
            ours.edit_area(pick)
            asked = [request("green-spaces", pick, size=(1024, 768)) for _request in range(10)]
            spent.append(ask(asked) * len(asked))
    what = f"WMS, {AREAS:,} areas with outline, whole city, 1024x768, against MapServer"
    return costs(what, mine, theirs, 1.0, times=10)


def request(
    layer: str, pick: random.Random, crs: str = "EPSG:3857", size: tuple[int, int] = (256, 256)
) -> str:
    """A query string for the whole city, each time a little larger and to the side: none is asked twice."""
    to_crs = Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    west, south, east, north = to_crs.transform_bounds(*WHOLE)
    across = max(east - west, (north - south) * size[0] / size[1]) * pick.uniform(1.02, 1.08)
    x = (west + east) / 2 + across * pick.uniform(-0.01, 0.01)
    y = (south + north) / 2 + across * pick.uniform(-0.01, 0.01)
    high = across * size[1] / size[0]
    box = (x - across / 2, y - high / 2, x + across / 2, y + high / 2)
    asked = {
        "SERVICE": "WMS",
        "VERSION": "1.3.0",
        "REQUEST": "GetMap",
        "LAYERS": layer,
        "STYLES": "",
        "CRS": crs,
        "BBOX": ",".join(map(repr, box)),
        "WIDTH": size[0],
        "HEIGHT": size[1],
        "FORMAT": "image/png",
        "TRANSPARENT": "TRUE",
    }
    return urlencode(asked)


def both_show(ours: Ours, other: Peer, query: str, table: str) -> None:
    """Neither picture is blank, and about as much of both is drawn on, or the comparison means nothing."""
    one, two = shown(ours.get(query)), shown(other.get(query, table))
    if not (one > 0.1 and two > 0.1 and 0.4 < one / two < 2.5):
        raise AssertionError(f"of our picture {one:.0%} is drawn on, of MapServer's {two:.0%}")


def shown(png: bytes) -> float:
    """The share of pixels that are drawn on."""
    drawn = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))[:, :, 3]
    return float(np.count_nonzero(drawn) / drawn.size)


class Ours:
    """The platform's server with its database, one connection to it that stays open, and one for edits."""

    def __init__(self, city: City, process: int, port: int) -> None:
        self._city, self._process = city, process
        self._client = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._web = psycopg.connect(city.web_url, autocommit=True)

    def get(self, query: str) -> bytes:
        self._client.request("GET", f"/wms?{query}")
        response = self._client.getresponse()
        body = response.read()
        if (response.status, response.headers["Content-Type"]) != (200, "image/png"):
            raise RuntimeError(f"{query}: {response.status} {body[:300]!r}")
        return body

    def cpu(self, asked: list[str]) -> float:
        """CPU seconds of a request, application and database."""
        return _each(self.get, asked, lambda: tree_cpu(self._process) + self._database())

    def edit(self, pick: random.Random) -> None:
        """A tree is moved somewhere else in the city."""
        west, south, east, north = WHOLE
        place = [pick.uniform(west, east), pick.uniform(south, north)]
        self._web.execute(MOVE, [*place, pick.randrange(self._city.trees)])

    def edit_area(self, pick: random.Random) -> None:
        self._web.execute(
            "UPDATE layers_greenspace SET area = ST_Translate(area, 1e-5, 0) WHERE name = %s",
            [f"Green {pick.randrange(AREAS) + 1}"],
        )

    def _database(self) -> float:
        return tree_cpu(self._city.postmaster)


class Peer:
    """A mapserv in front of the city. It is asked what our own service is asked, of another layer."""

    def __init__(self, city: City, server: MapServer) -> None:
        self._city, self._server = city, server

    def get(self, query: str, table: str) -> bytes:
        return self._server.get(re.sub("LAYERS=[^&]*", f"LAYERS={table}", query)).body

    def cpu(self, asked: list[str], table: str = "green-spaces") -> float:
        """CPU seconds of a request, mapserv and database."""

        def spent() -> float:
            return cpu(self._server.process) + tree_cpu(self._city.postmaster)

        return _each(lambda query: self.get(query, table), asked, spent)


def _each(ask: Callable[[str], object], asked: list[str], spent: Callable[[], float]) -> float:
    before = spent()
    for query in asked:
        ask(query)
    return (spent() - before) / len(asked)


def trees() -> Table:
    """The trees as they are stored, EPSG:4326."""
    data = "location FROM layers_plant USING UNIQUE fid USING SRID=4326"
    return Table("trees", "POINT", data, 4326, disc(TREE, 4), "growth_form = 'tree'")


def thinned(city: City, level: int) -> Table:
    """A table of its own of one point for each of the pyramid's cells at this level, in EPSG:3857, with an index."""
    name = f"trees_thinned_{level}"
    with psycopg.connect(city.owner_url, autocommit=True) as owner:
        owner.execute(
            sql.SQL(THIN).format(
                name=sql.Identifier(name),
                half=sql.Literal(HALF),
                cell=sql.Literal(2 * HALF / 2 ** (level + 6)),
            )
        )
        owner.execute(
            sql.SQL("CREATE INDEX ON {} USING gist (location)").format(sql.Identifier(name))
        )
        owner.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(name)))
        owner.execute(sql.SQL("GRANT SELECT ON {} TO geoplatform_web").format(sql.Identifier(name)))
    data = f"location FROM {name} USING UNIQUE fid USING SRID=3857"
    return Table(name, "POINT", data, 3857, disc(TREE, 4))


def grow(city: City) -> None:
    """The areas, in the layer of green spaces."""
    west, south, east, north = WHOLE
    sizes = {"west": west, "south": south, "width": east - west, "height": north - south}
    with psycopg.connect(city.owner_url, autocommit=True) as owner:
        owner.execute("SELECT setseed(0.42)")
        named = {name: sql.Literal(value) for name, value in sizes.items()}
        owner.execute(sql.SQL(GROW).format(count=sql.Literal(AREAS), **named))
        owner.execute("VACUUM ANALYZE layers_greenspace")


def areas() -> Table:
    """The green spaces with fill and outline as our own symbol of a park has them."""
    data = "area FROM layers_greenspace USING UNIQUE fid USING SRID=4326"
    return Table("green-spaces", "POLYGON", data, 4326, filled(GREEN, EDGE, opacity=55))


@contextmanager
def peer(city: City, tables: list[Table]) -> Iterator[Peer]:
    with mapserver(city.web_url, tables) as server:
        yield Peer(city, server)
