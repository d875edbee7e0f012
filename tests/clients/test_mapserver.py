"""MapServer as the oracle: the same data, box, size and CRS give the same picture and the same features."""

from __future__ import annotations

import io
import json
import math
import os
import random
import re
import urllib.request
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

import numpy as np
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db import connection
from PIL import Image
from pyproj import Transformer

from geoplatform.catalog import registry
from layers.green_spaces import GreenSpace
from tests import make
from tests.clients import mapserver
from tests.conftest import _admin, _create, _drop, _point_at, addresses
from tests.serving import serve

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(mapserver.PROGRAM is None, reason=mapserver.MISSING),
]
WIDTH, HEIGHT = 800, 600
# Where the picture lies: its middle, and its width in metres on the ground.
MIDDLE, ACROSS = (11.1, 53.05), 9_000
GREEN = (60, 122, 58)
SEED = 4


@dataclass(frozen=True)
class Place:
    """Edges of a picture in a CRS, easting or longitude first, and how one version of WMS writes them."""

    crs: str
    version: str
    box: tuple[float, float, float, float]

    @property
    def asked(self) -> dict[str, str]:
        west, south, east, north = self.box
        turned = self.version == "1.3.0" and self.crs in ("EPSG:4326", "EPSG:4258")
        numbers = (south, west, north, east) if turned else self.box
        name = "CRS" if self.version == "1.3.0" else "SRS"
        return {"BBOX": ",".join(map(repr, numbers)), name: self.crs, "VERSION": self.version}

    def pixel(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Column and row of a place, as PROJ has it; whole numbers are edges of pixels."""
        x, y = transformer(self.crs).transform(longitude, latitude)
        west, south, east, north = self.box
        return (x - west) / (east - west) * WIDTH, (north - y) / (north - south) * HEIGHT


@cache
def transformer(crs: str) -> Transformer:
    return Transformer.from_crs("OGC:CRS84", crs.replace("CRS:84", "OGC:CRS84"), always_xy=True)


def place(crs: str, version: str) -> Place:
    """A box around the middle with square pixels in that CRS's units."""
    x, y = transformer(crs).transform(*MIDDLE)
    half = ACROSS / 2 / (1 if crs.startswith(("EPSG:258", "EPSG:3857")) else 111_320)
    return Place(
        crs, version, (x - half, y - half * HEIGHT / WIDTH, x + half, y + half * HEIGHT / WIDTH)
    )


PLACES = [place(crs, "1.3.0") for crs in mapserver.CRS]
# Version 1.1.1 does not know CRS:84.
PLACES += [place(crs, "1.1.1") for crs in mapserver.CRS[:-1]]
everywhere = pytest.mark.parametrize("at", PLACES, ids=lambda at: f"{at.crs}-{at.version}")


def scattered() -> list[tuple[float, float]]:
    """Places in the picture, far enough from each other to be told apart, nowhere on a grid of pixels."""
    chance = random.Random(SEED)
    return [
        (
            MIDDLE[0] + 0.011 * (column + chance.uniform(-0.2, 0.2)),
            MIDDLE[1] + 0.006 * (line + chance.uniform(-0.2, 0.2)),
        )
        for column in range(-3, 4)
        for line in range(-3, 4)
    ]


def blot(chance: random.Random, longitude: float, latitude: float) -> Polygon:
    """A ragged area of some hundred metres, with a hole."""

    def ring(low: float, high: float, corners: int) -> list[tuple[float, float]]:
        turns = sorted(chance.uniform(0, 2 * math.pi) for _corner in range(corners))
        ends = [(turn, chance.uniform(low, high)) for turn in turns]
        points = [(longitude + r * math.cos(t), latitude + 0.6 * r * math.sin(t)) for t, r in ends]
        return [*points, points[0]]

    outer, hole = ring(0.006, 0.012, 40), ring(0.001, 0.003, 12)
    return Polygon(outer, hole, srid=4326)


@pytest.fixture(scope="module")
def both(migrated_template, django_db_setup, django_db_blocker):
    """Address of our server, MapServer on the same database, and the geometries of trees and areas by id."""
    name = f"gptest_run_{os.getpid()}_mapserver"
    before = connection.settings_dict["NAME"]
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, migrated_template)
        _point_at(name)
        with django_db_blocker.unblock():
            make.town()
            tree = make.species()
            trees = {str(make.plant(*at, species=tree).id): at for at in scattered()}
            areas = {}
            chance = random.Random(SEED)
            for _area in range(30):
                area = blot(
                    chance,
                    MIDDLE[0] + chance.uniform(-0.06, 0.06),
                    MIDDLE[1] + chance.uniform(-0.03, 0.03),
                ).buffer(0)
                parts = [area] if area.geom_type == "Polygon" else list(area)
                green = GreenSpace.objects.create(
                    name="",  # a name would be written over edges
                    kind="park",
                    source=make.source(),
                    area=MultiPolygon(parts, srid=4326),
                )
                areas[str(green.id)] = shapely.from_wkb(bytes(green.area.wkb))
        _point_at(before)
        try:
            urls = addresses(name)
            tables = [
                mapserver.table_of(
                    registry.get("trees"), mapserver.disc("#3c7a3a", 8), "growth_form = 'tree'"
                ),
                mapserver.table_of(registry.get("green-spaces"), mapserver.filled("#7bb661")),
            ]
            for address in serve({**os.environ, **urls}):
                with mapserver.mapserver(urls["DATABASE_URL"], tables) as peer:
                    yield address, peer, trees, areas
        finally:
            _drop(admin, name)


def fetch(address: str, **parameters: object) -> bytes:
    query = urlencode({"SERVICE": "WMS", **parameters})
    with urllib.request.urlopen(f"{address}/wms?{query}", timeout=60) as response:
        return response.read()


def asking(at: Place, layer: str) -> dict[str, object]:
    return {
        **at.asked,
        "REQUEST": "GetMap",
        "LAYERS": layer,
        "STYLES": "",
        "FORMAT": "image/png",
        "TRANSPARENT": "TRUE",
        "WIDTH": WIDTH,
        "HEIGHT": HEIGHT,
    }


def alpha(png: bytes) -> np.ndarray:
    """How much of each pixel is drawn on, 0 to 255."""
    image = Image.open(io.BytesIO(png)).convert("RGBA")
    assert image.size == (WIDTH, HEIGHT)
    drawn = np.asarray(image)[:, :, 3].astype(float)
    assert 100 < np.count_nonzero(drawn) < drawn.size, "blank, or all drawn on"
    return drawn


def centre(drawn: np.ndarray, column: float, line: float, reach: int = 14) -> tuple[float, float]:
    """The middle of what is drawn around a pixel."""
    left, top = max(int(column) - reach, 0), max(int(line) - reach, 0)
    part = drawn[top : top + 2 * reach + 1, left : left + 2 * reach + 1]
    assert part.sum() > 0, f"nothing is drawn around {column:.1f}, {line:.1f}"
    lines, columns = np.indices(part.shape)
    return (
        left + 0.5 + float((columns * part).sum() / part.sum()),
        top + 0.5 + float((lines * part).sum() / part.sum()),
    )


@everywhere
def test_points_are_drawn_where_mapserver_draws_them(both, at):
    address, peer, trees, _areas = both
    ours = alpha(fetch(address, **asking(at, "trees")))
    theirs = alpha(peer.ask(**asking(at, "trees")).body)
    seen = 0
    for longitude, latitude in trees.values():
        column, line = at.pixel(longitude, latitude)
        if not (20 < column < WIDTH - 20 and 20 < line < HEIGHT - 20):
            continue
        seen += 1
        one, other = centre(ours, column, line), centre(theirs, column, line)
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= 1, (one, other)
        assert max(abs(one[0] - column), abs(one[1] - line)) <= 1, (one, column, line)
    assert seen > 20


def in_pixels(at: Place, areas: dict[str, shapely.Geometry]) -> dict[str, shapely.Geometry]:
    """Areas as PROJ puts them on the picture."""
    return {
        identity: shapely.transform(
            area, lambda places: np.array([at.pixel(*each) for each in places])
        )
        for identity, area in areas.items()
    }


def near_edge(mask: np.ndarray) -> np.ndarray:
    """Pixels that touch the edge of a mask."""
    around = np.pad(mask, 1, mode="edge")
    height, width = mask.shape
    shifted = [around[y : y + height, x : x + width] for x in range(3) for y in range(3)]
    return np.logical_or.reduce(shifted) & ~np.logical_and.reduce(shifted)


@everywhere
def test_edges_of_areas_are_where_mapserver_has_them(both, at):
    """What one draws on and the other does not lies within a pixel of an edge: where PROJ has it, and MapServer too."""
    address, peer, _trees, areas = both
    ours = alpha(fetch(address, **asking(at, "green-spaces"))) > 70
    theirs = alpha(peer.ask(**asking(at, "green-spaces")).body) > 127
    assert 0.05 < theirs.mean() < 0.95
    drawn = in_pixels(at, areas).values()
    edges = shapely.union_all([each.boundary for each in drawn])
    lines, columns = np.indices(ours.shape) + 0.5
    true = np.logical_or.reduce([shapely.contains_xy(each, columns, lines) for each in drawn])

    def away(pixels: np.ndarray) -> np.ndarray:
        return shapely.distance(edges, shapely.points(columns[pixels], lines[pixels]))

    assert (away(ours != true) <= 1).all(), "our edges are not where PROJ has them"
    # MapServer's own edges are up to one and a third pixels from PROJ's.
    assert (away((ours != theirs) & ~near_edge(theirs)) <= 1).all(), "our edges are not MapServer's"


def named(text: bytes) -> set[str]:
    """Ids of the features that MapServer's plain text tells of."""
    return set(re.findall(r"id = '([0-9a-f-]{36})'", text.decode()))


def info(both, at: Place, layer: str, column: int, line: int) -> tuple[set[str], set[str]]:
    """Ids of the features at a pixel: ours, and MapServer's."""
    address, peer, _trees, _areas = both
    names = ("I", "J") if at.version == "1.3.0" else ("X", "Y")
    asked = {
        **asking(at, layer),
        "REQUEST": "GetFeatureInfo",
        "QUERY_LAYERS": layer,
        "FEATURE_COUNT": 50,
        names[0]: column,
        names[1]: line,
    }
    body = json.loads(fetch(address, **asked, INFO_FORMAT="application/json"))
    ours = {str(feature["id"]).rpartition(".")[2] for feature in body["features"]}
    return ours, named(peer.ask(**asked, INFO_FORMAT="text/plain").body)


@everywhere
def test_the_same_points_are_told_of(both, at):
    _address, _peer, trees, _areas = both
    told = 0
    for identity, (longitude, latitude) in trees.items():
        column, line = (int(each) for each in at.pixel(longitude, latitude))
        if 20 < column < WIDTH - 20 and 20 < line < HEIGHT - 20:
            ours, theirs = info(both, at, "trees", column, line)
            assert ours == theirs == {identity}
            # Beside it there is nothing, for both.
            assert info(both, at, "trees", column + 15, line) == (set(), set())
            told += 1
    assert told > 20


@everywhere
def test_the_same_areas_are_told_of(both, at):
    """Away from all edges, for each server has a tolerance of its own."""
    _address, _peer, _trees, areas = both
    drawn = in_pixels(at, areas)
    edges = shapely.union_all([each.boundary for each in drawn.values()])
    chance = random.Random(SEED)
    told: list[int] = []
    while len(told) < 40:
        column, line = chance.randrange(10, WIDTH - 10), chance.randrange(10, HEIGHT - 10)
        asked = shapely.Point(column + 0.5, line + 0.5)
        if edges.distance(asked) > 8:
            there = {identity for identity, area in drawn.items() if area.contains(asked)}
            assert info(both, at, "green-spaces", column, line) == (there, there)
            told.append(len(there))
    assert {0, 1, 2} <= set(told)
