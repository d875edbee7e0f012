"""20,000 trees as GeoJSON, against other servers on the same rows of the same database.

An edit falls before each round on each side; a round is ten requests of ours, and as few of a peer as its cost allows.
"""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.collection import PATH, edit
from benchmarks.cpu import tree_cpu
from benchmarks.outcome import cheaper, not_run
from benchmarks.peers import servers
from benchmarks.server import get, server

VIEW = Path(__file__).parent / "trees_for_peers.sql"
ROUNDS = 3
REQUESTS = 10
# Name, how it is started, requests of a round, and how many times cheaper ours must be.
PEERS: tuple[tuple[str, servers.Start, int, float], ...] = (
    ("djangorestframework-gis", servers.drf_gis, 1, 30.0),
    ("tipg", servers.tipg, 2, 8.0),
    ("pygeoapi", servers.pygeoapi, 2, 8.0),
)


def run() -> list[dict[str, Any]]:
    """A row for each peer: its CPU milliseconds for a request, ours, and how many times cheaper ours is."""
    with city(servers.TREES) as made, server(made) as (process, port):
        with psycopg.connect(made.owner_url) as connection:
            connection.execute(VIEW.read_bytes())
        count, names = _answer(port, PATH)
        rows = []
        for name, start, requests, bound in PEERS:
            what = f"{servers.TREES:,} trees as GeoJSON, cheaper than {name}"
            with ExitStack() as stack:
                try:
                    other, its_port, path = stack.enter_context(start(made))
                except (servers.NotInstalled, RuntimeError, subprocess.CalledProcessError) as error:
                    rows.append(not_run(what, str(error)))
                    continue
                its_count, its_names = _answer(its_port, path)
                if (its_count, its_names) != (count, names):
                    raise AssertionError(
                        f"{name} answers {its_count} features with {sorted(its_names)},"
                        f" not {count} with {sorted(names)}"
                    )
                ours, peer = [], []
                for number in range(ROUNDS):
                    ours.append(_cpu(made, process, port, PATH, REQUESTS, number))
                    peer.append(_cpu(made, other, its_port, path, requests, number))
                rows.append(cheaper(what, ours, peer, bound))
        return rows


def _answer(port: int, path: str) -> tuple[int, set[str]]:
    """How many features an answer holds, all of them points, and the names of their properties."""
    features = json.loads(get(port, path))["features"]
    assert all(each["geometry"]["type"] == "Point" for each in features), path
    # Some say the id among the properties too.
    return len(features), set().union(*(each["properties"] for each in features)) - {"id"}


def _cpu(made: City, process: int, port: int, path: str, requests: int, number: int) -> float:
    """CPU seconds of one request: server and database."""
    edit(made, number)
    before = tree_cpu(process) + tree_cpu(made.postmaster)
    for _request in range(requests):
        get(port, path)
    return (tree_cpu(process) + tree_cpu(made.postmaster) - before) / requests
