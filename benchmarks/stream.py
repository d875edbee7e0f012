"""A million trees taken away as one GeoJSON file, against psql's COPY of the same bytes; and the memory it takes."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import children, ended_children, tree_cpu
from benchmarks.server import server
from geoplatform.database.binaries import find_postgres

TREES = 1_000_000
PATH = "/downloads/trees.geojson"
MEMORY = 300  # MB, of all processes of the server together
# Run in the city's database: the SQL that the stream stands on, as psql can run it.
FLOOR = """
import django
django.setup()
from django.db import connection
from psycopg import ClientCursor
from benchmarks.stream import floor
statement, parameters = floor()
connection.ensure_connection()
print(ClientCursor(connection.connection).mogrify(statement, parameters))
"""


def floor() -> tuple[Any, list[Any]]:
    """SELECT of the features' texts (bytes, UTF-8), and its parameters: what `query.select.ordered` asks for."""
    from geoplatform.catalog import registry
    from geoplatform.query.compose import restricted
    from geoplatform.query.crs import EXACT
    from geoplatform.query.feature_query import FeatureQuery
    from geoplatform.query.geojson import feature_text
    from geoplatform.query.order import order_by

    layer = registry.get("trees")
    assert layer is not None
    query = FeatureQuery(layer=layer, limit=None)
    statement = restricted(query)
    text = feature_text(statement, crs=EXACT)
    return statement.select([text], order_by(statement, query)), statement.parameters


def run() -> list[dict[str, Any]]:
    """Two rows: CPU of both sides, at most 2; and peak memory against 300 MB."""
    with city(TREES) as made:
        select = _python(made, FLOOR).strip()
        with server(made) as (process, port):
            row = _compare(made, process, port, select)
            peak = sum(_peak(each) for each in (process, *children(process)))
    memory = {
        "what": f"{TREES:,} trees as GeoJSON: memory of all server processes at its highest, MB against {MEMORY}",
        "ours_ms": peak,
        "peer_ms": MEMORY,
        "ratio": peak / MEMORY,
        "bound": 1.0,
    }
    return [row, memory]


def _compare(made: City, process: int, port: int, select: str) -> dict[str, Any]:
    _same_bytes(made, port, select)
    before, started = tree_cpu(process) + tree_cpu(made.postmaster), time.monotonic()
    size, _end = _download(port)
    ours = tree_cpu(process) + tree_cpu(made.postmaster) - before
    ours_wall, started = time.monotonic() - started, time.monotonic()
    peer = _psql(made, select)
    peer_wall = time.monotonic() - started
    print(f"  {size / 1e6:.0f} MB, wall {ours_wall:.1f} s, psql {peer_wall:.1f} s", flush=True)
    return {
        "what": f"{TREES:,} trees as GeoJSON, against psql COPY of the same bytes",
        "ours_ms": 1000 * ours,
        "peer_ms": 1000 * peer,
        "ratio": ours / peer,
        "bound": 2.0,
        "wall_ratio": ours_wall / peer_wall,
    }


def _python(made: City, code: str) -> str:
    environment = {**made.environment, "DJANGO_SETTINGS_MODULE": "geoplatform.settings"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def _download(port: int) -> tuple[int, bytes]:
    """Length and last bytes of the file; the reader keeps nothing."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", PATH)
    response = connection.getresponse()
    assert response.status == 200, response.status
    size, end = 0, b""
    while piece := response.read(1 << 20):
        size += len(piece)
        end = (end + piece)[-100:]
    connection.close()
    return size, end


def _psql(made: City, select: str) -> float:
    """CPU seconds of psql and the server: the bytes as they are, without the escapes of the text format."""
    command = [str(find_postgres().bin / "psql"), "-X", "-q", made.web_url]
    copy = f"COPY ({select}) TO STDOUT (FORMAT binary)"
    before = tree_cpu(made.postmaster) + ended_children()
    subprocess.run([*command, "-c", copy], stdout=subprocess.DEVNULL, check=True)
    return tree_cpu(made.postmaster) + ended_children() - before


def _same_bytes(made: City, port: int, select: str) -> None:
    """Both sides say the same, or the comparison means nothing: lengths, and the last feature."""
    with psycopg.connect(made.web_url) as connection:
        row = connection.execute(
            f"SELECT count(*), sum(octet_length(b)) FROM ({select}) t (b)"
        ).fetchone()
    assert row is not None
    count, length = row
    size, end = _download(port)
    around = len(b'{"type":"FeatureCollection","features":[\n') + len(b"\n]}\n")
    if (count, size) != (TREES, length + 2 * (count - 1) + around) or not end.endswith(b"}}\n]}\n"):
        raise AssertionError(f"{size} bytes were sent of {count} features with {length} bytes")


def _peak(process: int) -> float:
    """The most memory that a process ever held, in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
