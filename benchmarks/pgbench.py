"""pgbench as the floor: SQL run by PostgreSQL's own C client, which throws away what it gets."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.city import City
from benchmarks.cpu import ended_children, tree_cpu
from geoplatform.database.binaries import find_postgres

SQL = Path(__file__).parent / "sql"
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Run:
    """CPU seconds of the backends and of pgbench itself; how many transactions, and how many in a second."""

    cpu: float
    transactions: int
    rate: float


def statement(name: str, box: Box | None = None, limit: int | None = None) -> str:
    """The reference SQL of that name, with a box and a limit of its own."""
    text = (SQL / f"{name}.sql").read_text()
    for word, value in zip((":west", ":south", ":east", ":north"), box or (), strict=False):
        text = text.replace(word, repr(value))
    return text.replace("LIMIT 20000", f"LIMIT {limit}") if limit else text


def pgbench(made: City, script: str, *how: str) -> Run:
    """Run a script; `how` as pgbench takes it: `-t 10`, or `-T 5 -c 8`."""
    program = find_postgres().bin / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        before = tree_cpu(made.postmaster) + ended_children()
        done = subprocess.run(
            [str(program), "-n", *how, "-f", file.name, made.web_url],
            capture_output=True,
            text=True,
            check=True,
        )
        used = tree_cpu(made.postmaster) + ended_children() - before
    processed = re.search(r"actually processed: (\d+)", done.stdout)
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    assert processed, done.stdout
    assert rate, done.stdout
    return Run(used, int(processed[1]), float(rate[1]))
