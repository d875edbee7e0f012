"""What a Dask cluster costs: Cologne ten times over, by a scheduler and two workers against one process without Dask.

Both sides start anew, read the same GeoParquet files and compute the same two indicators; CPU of all processes. The row
of one Cologne shows that it does not pay for a single city. Reads `$SAMPLE_DATA/cologne`, else counts as not run.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from benchmarks import cologne
from benchmarks.cpu import ended_children
from benchmarks.outcome import costs, not_run
from geoplatform.analysis import frames
from geoplatform.analysis.city import City

PROJECT = Path(__file__).resolve().parent.parent
APART = 40_000  # metres between one Cologne and the next
BOUNDS = {1: 4.5, 10: 1.8}  # how many of them: the ratio that is allowed
ASKED = "{id: registry.get(id).values() for id in ('green-within-300-m', 'green-within-a-walk')}"
ALONE = f"""
import sys
from pathlib import Path
import geopandas
from geoplatform.analysis import frames, registry
folder, asked = Path(sys.argv[1]), {ASKED}
for each in sorted((folder / "municipalities").iterdir()):
    city = frames.read(str(each))
    for id, values in asked.items():
        registry.get(id).compute(city, values)
"""
CLUSTER = f"""
import sys
from distributed import Client
from geoplatform.analysis import cluster, registry
with Client(sys.argv[2], timeout=60) as client:
    client.wait_for_workers(2, timeout=60)
    cluster.ask(sys.argv[1], {ASKED}, client)
"""


def run() -> list[dict[str, Any]]:
    what = "Cologne {} times over: two indicators from GeoParquet, a Dask cluster of two workers against one process"
    sample = os.environ.get("SAMPLE_DATA")
    if not sample:
        return [not_run(what.format(n), "SAMPLE_DATA is not set") for n in BOUNDS]
    city = cologne.city(cologne.files(Path(sample)))
    rows = []
    for number, bound in BOUNDS.items():
        with tempfile.TemporaryDirectory(prefix="gp-bench-") as folder:
            for n in range(number):
                _write(_moved(city, n), Path(folder), f"053{n:05d}")
            ours, ours_wall = _measured(_by_cluster, folder)
            peer, peer_wall = _measured(_alone, folder)
        row = costs(what.format(number), [ours], [peer], bound)
        rows.append({**row, "wall_seconds": [round(ours_wall, 1), round(peer_wall, 1)]})
    return rows


def _moved(city: City, n: int) -> City:
    """The same city farther north; alone there, so that no figure changes."""

    def moved(frame: Any) -> Any:
        shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.add(xy, (0, n * APART)))
        return frame.set_geometry(shapes, crs=city.srid)

    subjects = {name: moved(getattr(city, name)) for name in frames.FRAMES}
    known = shapely.union_all(subjects["quarters"].geometry.to_numpy())
    return replace(city, **subjects, known=known, kept={})


def _write(city: City, folder: Path, ags: str) -> None:
    city.quarters["municipality"] = ags
    frames.write(city, folder / "municipalities" / ags)
    (folder / "quarters").mkdir(exist_ok=True)
    degrees = city.quarters.to_crs(4326).rename_axis("id")
    degrees.to_parquet(folder / "quarters" / f"{ags}.parquet")


def _measured(way: Any, folder: str) -> tuple[float, float]:
    """CPU and wall seconds of all processes, from their start."""
    before, began = ended_children(), time.monotonic()
    way(folder)
    wall = time.monotonic() - began
    return ended_children() - before, wall


def _alone(folder: str) -> None:
    subprocess.run([sys.executable, "-c", ALONE, folder], check=True, cwd=PROJECT)


def _by_cluster(folder: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        quiet = ("--no-dashboard",)
        where = ("--host", "127.0.0.1", "--port", port)
        stack.enter_context(_program("distributed.cli.dask_scheduler", *where, *quiet))
        for _each in range(2):
            words = (address, "--nthreads", "1", "--no-nanny", *quiet)
            stack.enter_context(_program("distributed.cli.dask_worker", *words))
        command = [sys.executable, "-c", CLUSTER, folder, address]
        subprocess.run(command, check=True, cwd=PROJECT)


@contextmanager
def _program(*words: str) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    started = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=PROJECT, stdout=quiet, stderr=quiet
    )
    try:
        yield
    finally:
        started.kill()
        started.wait()
