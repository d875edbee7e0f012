"""1,000 trees asked for by eight clients at once: answers in a second, against pgbench running the raw SQL.

Both sides have the whole machine, one right after the other; wrk (Debian: wrk) asks the platform as it is served by
`make demo`. An edit falls into every tenth of a second. The figure is the median of the rounds.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.collection import same_features
from benchmarks.cpu import tree_cpu
from benchmarks.outcome import AT_LEAST, not_run
from benchmarks.pgbench import Run, pgbench, statement
from benchmarks.server import server

TREES, PAGE, CLIENTS = 20_000, 1_000, 8
PATH = f"/api/collections/trees/items?limit={PAGE}"
WHAT = f"{PAGE:,} trees as GeoJSON, {CLIENTS} clients, against pgbench"
ROUNDS = 7
SECONDS = 4
EVERY = 0.1  # seconds


def run() -> list[dict[str, Any]]:
    """One row: answers in a second of both sides, and what each costs."""
    if not shutil.which("wrk"):
        return [not_run(WHAT, "wrk is not installed (Debian: wrk)")]
    workers = min(2, os.cpu_count() or 1)  # as `manage.py serve` has them
    ours: list[Run] = []
    raw: list[Run] = []
    script = statement("collection_trees", limit=PAGE)
    with city(TREES) as made, server(made, workers=workers) as (process, port):
        same_features(made, port, "collection_trees", PATH, limit=PAGE)
        with _edits(made):
            _wrk(made, process, port, 2)
            for _round in range(ROUNDS):
                ours.append(_wrk(made, process, port, SECONDS))
                raw.append(pgbench(made, script, "-T", str(SECONDS), "-c", str(CLIENTS)))
    rates = [a.rate / b.rate for a, b in zip(ours, raw, strict=True)]
    return [
        {
            "what": WHAT,
            "unit": "a second",
            "ours_per_second": median(each.rate for each in ours),
            "peer_per_second": median(each.rate for each in raw),
            "ours_ms": median(1000 * each.cpu / each.transactions for each in ours),
            "peer_ms": median(1000 * each.cpu / each.transactions for each in raw),
            "ratio": median(rates),
            "bound": 1.0,
            "direction": AT_LEAST,
            "rounds": [round(each, 3) for each in rates],
        }
    ]


def _wrk(made: City, process: int, port: int, seconds: int) -> Run:
    """Eight connections that ask again as soon as they are answered."""
    before = tree_cpu(process) + tree_cpu(made.postmaster)
    command = ["wrk", "-t", "1", "-c", str(CLIENTS), "-d", f"{seconds}s", "--timeout", "60s"]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, check=True
    )
    used = tree_cpu(process) + tree_cpu(made.postmaster) - before
    if re.search("Non-2xx|Socket errors", done.stdout):
        raise RuntimeError(done.stdout)
    number = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert number, done.stdout
    assert rate, done.stdout
    return Run(used, int(number[1]), float(rate[1]))


@contextmanager
def _edits(made: City) -> Iterator[None]:
    """Somebody changes trees meanwhile."""
    end = threading.Event()

    def change() -> None:
        with psycopg.connect(made.web_url, autocommit=True) as connection:
            ids = [each for (each,) in connection.execute("SELECT id FROM layers_plant")]
            while not end.wait(EVERY):
                connection.execute(
                    "UPDATE layers_plant SET note = 'edit ' || clock_timestamp() WHERE id = %s",
                    [random.choice(ids)],
                )

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
