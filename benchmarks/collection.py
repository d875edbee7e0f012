"""20,000 trees as GeoJSON through the API, against the same SQL run raw by pgbench."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import tree_cpu
from benchmarks.server import get, server
from geoplatform.database.binaries import find_postgres

SQL = Path(__file__).parent / "sql" / "collection_trees.sql"
TREES = 20_000
PATH = f"/api/collections/trees/items?limit={TREES}"
ROUNDS = 5  # of ten requests each; an edit falls before every round
EDIT = "UPDATE layers_plant SET note = 'edit ' || %s WHERE id = (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)"


def run() -> list[dict[str, Any]]:
    """One row: CPU milliseconds of both sides and their ratio, at most 1.4."""
    with city(TREES) as made, server(made) as (process, port):
        _same_rows(made, port)
        ours = raw = 0.0
        for number in range(ROUNDS):
            _edit(made, number)
            before = tree_cpu(process) + tree_cpu(made.postmaster)
            for _request in range(10):
                get(port, PATH)
            ours += tree_cpu(process) + tree_cpu(made.postmaster) - before
            _edit(made, number)
            raw += _pgbench(made, SQL)
    requests = ROUNDS * 10
    return [
        {
            "what": f"{TREES:,} trees as GeoJSON, composed, against raw concat SQL in pgbench",
            "ours_ms": 1000 * ours / requests,
            "peer_ms": 1000 * raw / requests,
            "ratio": ours / raw,
            "bound": 1.4,
        }
    ]


def _edit(made: City, number: int) -> None:
    with psycopg.connect(made.web_url, autocommit=True) as connection:
        connection.execute(EDIT, [str(number)])


def _pgbench(made: City, script: Path, runs: int = 10) -> float:
    """CPU seconds of so many runs of the raw SQL: backend and pgbench."""
    program = find_postgres().bin / "pgbench"
    before = tree_cpu(made.postmaster)
    command = [str(program), "-n", "-t", str(runs), "-c", "1", "-f", str(script), made.web_url]
    # /usr/bin/time is not everywhere: the shell's `times` tells what pgbench itself took.
    done = subprocess.run(
        ["bash", "-c", '"$@" >/dev/null 2>&1 || exit 1; times', "bash", *command],
        capture_output=True,
        text=True,
        check=True,
    )
    return tree_cpu(made.postmaster) - before + _times(done.stdout)


def _times(text: str) -> float:
    """Seconds of the second line of `times`: user and system of the children, as 0m1.230s."""
    total = 0.0
    for part in text.split()[2:4]:
        minutes, seconds = part.rstrip("s").split("m")
        total += 60 * float(minutes) + float(seconds)
    return total


def _same_rows(made: City, port: int) -> None:
    """Both sides say the same, or the comparison means nothing."""
    with psycopg.connect(made.web_url) as connection:
        raw = [
            json.loads(text) for (text,) in connection.execute(SQL.read_text().rstrip().rstrip(";"))
        ]
    if json.loads(get(port, PATH))["features"] != raw:
        raise AssertionError(
            "the API and benchmarks/sql/collection_trees.sql give different features"
        )
