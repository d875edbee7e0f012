"""What choosing where to read costs: readers of a platform that has a replica, against the same without one.

The replica is a second address of the same server, so that only the choice differs: the watch beside, the connection
of the replica, and features that are composed since a replica holds no stored texts. CPU of application and database.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

from benchmarks.city import WHOLE, City, city
from benchmarks.cpu import tree_nanoseconds
from benchmarks.outcome import costs
from benchmarks.server import get, server

TREES, ROUNDS, TIMES = 20_000, 5, 60
ASKED = {
    "a page of ten trees of a random box": 1.25,
    "a map of 512 x 512 of a random place": 1.25,
}


def run() -> list[dict[str, Any]]:
    with city(TREES) as made, ExitStack() as stack:
        replica = {"DATABASE_REPLICA_URLS": made.environment["DATABASE_URL"]}
        with_one = City(**{**vars(made), "environment": {**made.environment, **replica}})
        ours, peer = (stack.enter_context(server(each)) for each in (with_one, made))
        while b"replica1: reads" not in get(ours[1], "/healthz"):
            time.sleep(0.2)
        paths = _pages(), _maps()
        return [
            _row(f"{what}, read from a replica, against the same without one", bound, each, ours, peer, made)
            for (what, bound), each in zip(ASKED.items(), paths, strict=True)
        ]  # fmt: skip


def _row(
    what: str,
    bound: float,
    paths: Iterator[str],
    ours: tuple[int, int],
    peer: tuple[int, int],
    made: City,
) -> dict[str, Any]:
    sides: dict[tuple[int, int], list[float]] = {ours: [], peer: []}
    for each in (ours, peer):
        _ask(each[1], [next(paths) for _n in range(20)])
    for _round in range(ROUNDS):
        asked = [next(paths) for _n in range(TIMES)]
        for (process, port), taken in sides.items():
            taken.append(_taken(partial(_ask, port, asked), process, made.postmaster))
    return costs(what, sides[ours], sides[peer], bound, times=TIMES)


def _taken(work: Callable[[], None], *processes: int) -> float:
    """CPU seconds that the processes and theirs have used meanwhile."""
    before = sum(map(tree_nanoseconds, processes))
    work()
    return (sum(map(tree_nanoseconds, processes)) - before) / 1e9


def _ask(port: int, paths: list[str]) -> None:
    for path in paths:
        get(port, path)


def _boxes(width: float) -> Iterator[tuple[float, float, float, float]]:
    chance = random.Random(7)
    while True:
        west = chance.uniform(WHOLE[0], WHOLE[2] - width)
        south = chance.uniform(WHOLE[1], WHOLE[3] - width)
        yield west, south, west + width, south + width


def _pages() -> Iterator[str]:
    for box in _boxes(0.02):
        yield f"/api/collections/trees/items?limit=10&bbox={','.join(map(str, box))}"


def _maps() -> Iterator[str]:
    for box in _boxes(0.03):
        yield (
            "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&STYLES=&SRS=EPSG:4326&LAYERS=trees"
            f"&WIDTH=512&HEIGHT=512&FORMAT=image/png&BBOX={','.join(map(str, box))}"
        )
