"""What a view of the map weighs: the tiles of all layers that it shows, in a city of 1,000,000 trees, as they are sent.

No cost but a size, so the same on any machine: views of a common laptop (1366 x 768 pixels) at every zoom, over the
whole screen, at places of the city that are drawn by lot. The heaviest of each zoom counts.
"""

from __future__ import annotations

import gzip
import http.client
import math
import random
from typing import Any

from benchmarks.city import WHOLE, city
from benchmarks.server import server
from geoplatform.catalog import registry

TREES = 1_000_000
WIDTH, HEIGHT, TILE = 1366, 768, 512  # CSS pixels; MapLibre draws a tile 512 wide
ZOOMS = range(8, 19)
PLACES = 4
MOST = 600_000  # bytes
WHOLE_UNTIL = 10  # so far out, the whole city is in the view


def run() -> list[dict[str, Any]]:
    """The heaviest view at each zoom, in kilobytes, against what one may weigh."""
    with city(TREES) as made, server(made) as (_process, port):
        return rows(port)


def rows(port: int) -> list[dict[str, Any]]:
    generator = random.Random(600)
    found = []
    for z in ZOOMS:
        heaviest = max(
            (_weights(port, z, *_place(generator, z)) for _place_number in range(PLACES)), key=_sum
        )
        parts = ", ".join(f"{name} {size / 1000:.0f}" for name, size in heaviest.items() if size)
        found.append(
            {
                "what": f"tiles of the heaviest view at zoom {z} ({parts})",
                "ours_ms": _sum(heaviest) / 1000,
                "peer_ms": MOST / 1000,
                "unit": "kB",
                "ratio": _sum(heaviest) / MOST,
                "bound": 1,
            }
        )
    return found


def _sum(weights: dict[str, int]) -> int:
    return sum(weights.values())


def _place(generator: random.Random, z: int) -> tuple[float, float]:
    west, south, east, north = WHOLE
    if z <= WHOLE_UNTIL:
        return (west + east) / 2, (south + north) / 2
    return generator.uniform(west, east), generator.uniform(south, north)


def _weights(port: int, z: int, longitude: float, latitude: float) -> dict[str, int]:
    """Bytes by layer of the tiles that a view around a place asks for."""
    x = (longitude + 180) / 360 * 2**z
    y = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**z
    across, down = WIDTH / 2 / TILE, HEIGHT / 2 / TILE
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    weights = {}
    for layer in registry.map_layers():
        if not layer.visible or not layer.zooms[0] <= z <= layer.zooms[1]:
            continue
        size = 0
        for column in range(math.floor(x - across), math.floor(x + across) + 1):
            for row in range(math.floor(y - down), math.floor(y + down) + 1):
                address = f"/tiles/{layer.name}/{z}/{column}/{row}.mvt"
                connection.request("GET", address, headers={"Accept-Encoding": "gzip"})
                response = connection.getresponse()
                body = response.read()
                assert response.status == 200, (address, body[:200])
                assert not body or gzip.decompress(body)
                size += len(body)
        weights[layer.name] = size
    connection.close()
    return weights
