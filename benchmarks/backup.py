"""What keeping costs: `python -m benchmarks.backup [trees ...]`, for docs/operations.md. No trees: the demo's town.

CPU is of everything that works for it: the client, PostgreSQL's programs and the servers, archiving included.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from benchmarks.city import QUARTERS, SPECIES, WHOLE, _plain, _plant
from benchmarks.cpu import ended_children, tree_cpu
from geoplatform.database.archive import Archive, size
from geoplatform.database.backup import back_up, push
from geoplatform.database.cluster import Cluster
from geoplatform.database.restore import restore

EDITS = 1000
PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def quiet(_words: str) -> None:
    pass


@contextmanager
def measured(name: str, home: Path) -> Iterator[None]:
    """Tell what this took: of our own process, of ended children, of the server in this folder."""

    def used() -> float:
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:  # servers that have ended
                pass
        pid = home / "data/postmaster.pid"
        server = tree_cpu(int(pid.read_text().split()[0])) if pid.exists() else 0.0
        return time.process_time() + ended_children() + server

    before, began = used(), time.monotonic()
    yield
    print(f"  {name:<40} {used() - before:7.2f} s CPU {time.monotonic() - began:7.1f} s wall")


def fill(cluster: Cluster, trees: int) -> None:
    def manage(*words: str) -> None:
        subprocess.run([sys.executable, "manage.py", *words], check=True)

    manage("migrate", "-v0")
    if not trees:
        manage("load-fixtures", "-v0")
        return
    with psycopg.connect(_plain(cluster.url("postgres", "geoplatform")), autocommit=True) as made:
        made.execute(
            "INSERT INTO catalog_source (name, title, publisher, url, licence, attribution) "
            "VALUES ('synthetic', 'Synthetic trees for measuring', '', '', 'cc-zero', '')"
        )
        made.execute(SPECIES)
        made.execute(QUARTERS)
        _plant(_plain(cluster.owner_url), trees, WHOLE)
        made.execute("VACUUM ANALYZE")


def edit(cluster: Cluster) -> int:
    """Edits as people send them, each a transaction of its own; how many there were."""
    with psycopg.connect(_plain(cluster.owner_url), autocommit=True) as connection:
        ids = connection.execute(
            "SELECT id FROM layers_plant ORDER BY md5(id::text) LIMIT %s", [EDITS]
        )
        rows = ids.fetchall()
        for (id,) in rows:
            connection.execute("UPDATE layers_plant SET note = note || 'x' WHERE id = %s", [id])
    return len(rows)


def main(trees: int, tell: Callable[[str], None] = print) -> None:
    # Servers become children of this process when their starters end, so that their CPU is counted.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    folder = Path(tempfile.mkdtemp(prefix="gp-bench-", dir="/tmp"))
    folder.chmod(0o777)
    cluster, archive = Cluster(folder / "cluster"), Archive(folder / "backups")
    os.environ["GEOPLATFORM_CLUSTER"] = str(cluster.home)
    cluster.hold()
    try:
        fill(cluster, trees)
        tell(f"{trees or 'the demo town'}: data folder {size(cluster.home / 'data') / 1e6:,.0f} MB")
        with measured("backup", cluster.home):
            base = back_up(cluster, archive, 7, quiet)
        tell(f"  the copy: {base.bytes / 1e6:,.0f} MB")
        before = size(archive.wal)
        edits = edit(cluster)
        with measured("backup --wal", cluster.home):
            push(cluster, archive)
        tell(f"  WAL of {edits:,} edits, archived: {(size(archive.wal) - before) / 1e6:,.1f} MB")
        into = folder / "restored"
        with measured("restore", into):
            restore(archive, None, into, quiet)
    finally:
        cluster.delete()
        shutil.rmtree(folder)


if __name__ == "__main__":
    for count in sys.argv[1:] or ["0"]:
        main(int(count))
