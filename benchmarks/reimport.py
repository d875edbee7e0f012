"""A tree cadastre loaded again, unchanged, before and after people's edits, against its first load.

The cadastre is Bonn's of `$SAMPLE_DATA` where that is set, else as many made trees as the benchmark `load` has.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import MAPPINGS, _cpu, _database, _made_trees, _prepared

ROUNDS = 3
EDITS = 1000
BOUND = 0.75
EDIT = """UPDATE public.layers_plant SET height_m = 7, note = 'measured' WHERE id IN (
    SELECT id FROM public.layers_plant ORDER BY md5(source_key) LIMIT %s)"""


def run() -> list[dict[str, Any]]:
    """Two rows: CPU milliseconds of a load that changes nothing and of the first load, client and server together."""
    first = again = edited = 0.0
    with tempfile.TemporaryDirectory() as folder, _prepared() as (cluster, template, sample):
        if sample:
            trees = sample / "bonn" / "bonn_trees.csv.gz"
            mapping = ["--mapping", str(MAPPINGS / "bonn-trees.toml")]
        else:
            trees, mapping = _made_trees(Path(folder)), []
        command = [sys.executable, "manage.py", "load", "trees", str(trees), *mapping]
        for _round in range(ROUNDS):
            with _database(cluster, template) as (environment, owner, postmaster):
                cost = partial(_cpu, command, postmaster, environment, allowed=(0, 3))
                first += cost()
                again += cost()
                with psycopg.connect(owner) as database:
                    database.execute(EDIT, [EDITS])
                cost()  # the first one after an edit notes what the source said of it
                edited += cost()
    return [
        {
            "what": f"{trees.name} loaded again, unchanged{after}, against its first load",
            "ours_ms": 1000 * ours / ROUNDS,
            "peer_ms": 1000 * first / ROUNDS,
            "ratio": ours / first,
            "bound": BOUND,
        }
        for after, ours in (("", again), (f", after {EDITS:,} edits", edited))
    ]
