"""A table of trees loaded with history, quarters and indexes kept, against ogr2ogr writing the same rows as they are.

The rows are those of `$SAMPLE_DATA/scale/trees_6cities_wgs84.parquet` where that is set, else as many made ones.
ogr2ogr (Debian: gdal-bin) gets them as FlatGeobuf and writes them into an empty database of the same server.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from psycopg import sql

from benchmarks.city import _parent, _plain
from benchmarks.cpu import ended_children, tree_cpu
from geoplatform.database.cluster import Cluster

PROJECT = Path(__file__).resolve().parent.parent
MAPPINGS = PROJECT / "fixtures" / "mappings"
ROWS = 175_449
ROUNDS = 3
BOUND = 4.0


def run() -> list[dict[str, Any]]:
    """One row: CPU milliseconds of both sides, client and server together, and their ratio, at most 4."""
    if not shutil.which("ogr2ogr"):
        raise SystemExit("The benchmark `load` compares with ogr2ogr: install gdal-bin.")
    with tempfile.TemporaryDirectory() as folder, _prepared() as (cluster, template, sample):
        trees = (
            sample / "scale" / "trees_6cities_wgs84.parquet"
            if sample
            else _made_trees(Path(folder))
        )
        flat = _as_flatgeobuf(trees, Path(folder))
        ours = peer = 0.0
        for _round in range(ROUNDS):
            with _database(cluster, template) as (environment, owner, postmaster):
                command = [sys.executable, "manage.py", "load", "trees", str(trees)]
                if sample:
                    command += ["--mapping", str(MAPPINGS / "six-cities-trees.toml")]
                ours += _cpu(command, postmaster, environment, allowed=(0, 3))
            with _database(cluster, "geoplatform_template_postgis") as (
                environment,
                owner,
                postmaster,
            ):
                command = ["ogr2ogr", "-f", "PostgreSQL", f"PG:{owner}", str(flat), "-nln", "trees"]
                peer += _cpu(command, postmaster, environment, allowed=(0,))
    return [
        {
            "what": f"{ROWS:,} {'' if sample else 'made '}trees loaded with all upkeep, against ogr2ogr",
            "ours_ms": 1000 * ours / ROUNDS,
            "peer_ms": 1000 * peer / ROUNDS,
            "ratio": ours / peer,
            "bound": BOUND,
        }
    ]


def _cpu(
    command: list[str], postmaster: int, environment: dict[str, str], allowed: tuple[int, ...]
) -> float:
    """CPU seconds of a command and of what the server did meanwhile."""
    before = ended_children() + tree_cpu(postmaster)
    done = subprocess.run(
        command, env=environment, cwd=PROJECT, check=False, capture_output=True, text=True
    )
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    time.sleep(1)  # the server's process ends a moment after its client, and is counted then
    return ended_children() + tree_cpu(postmaster) - before


@contextmanager
def _prepared() -> Iterator[tuple[Cluster, str, Path | None]]:
    """A migrated database with species and quarters, to be cloned for each round; and the folder of sample data."""
    cluster = Cluster.default()
    cluster.hold()
    sample = Path(os.environ["SAMPLE_DATA"]) if os.environ.get("SAMPLE_DATA") else None
    name = f"geoplatform_bench_{os.getpid()}"
    with _database(cluster, "geoplatform_template_postgis", name) as (
        environment,
        _owner,
        _postmaster,
    ):
        load = [
            "load",
            "species",
            "fixtures/species.csv",
            "--mapping",
            str(MAPPINGS / "species.toml"),
        ]
        steps = [["migrate", "-v0"], load]
        if sample:
            quarters = str(sample / "bonn" / "bonn_ortsteile.geojson")
            steps.append(
                ["load", "quarters", quarters, "--mapping", str(MAPPINGS / "bonn-quarters.toml")]
            )
        else:
            steps.append(["load-fixtures"])
        for step in steps:
            subprocess.run(
                [sys.executable, "manage.py", *step],
                env=environment,
                cwd=PROJECT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        yield cluster, name, sample


@contextmanager
def _database(
    cluster: Cluster, template: str, name: str | None = None
) -> Iterator[tuple[dict[str, str], str, int]]:
    """A clone of `template`, dropped afterwards: environment, the owner's address for libpq, the postmaster's id."""
    name = name or f"geoplatform_bench_{os.getpid()}_round"
    with psycopg.connect(_plain(cluster.url("postgres", "postgres")), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER geoplatform_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        admin.execute("CHECKPOINT")
        row = admin.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        environment = {
            **os.environ,
            "DATABASE_URL": cluster.url("geoplatform_web", name),
            "DATABASE_OWNER_URL": cluster.url("geoplatform_owner", name),
        }
        try:
            yield environment, _plain(cluster.url("geoplatform_owner", name)), _parent(row[0])
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _made_trees(folder: Path) -> Path:
    """A GeoParquet file of trees around Schwerin, from a fixed seed."""
    generator = random.Random(42)
    with (PROJECT / "fixtures" / "species.csv").open(encoding="utf-8") as lines:
        names = [row["botanical_name"] for row in csv.DictReader(lines)]
    points = [
        shapely.Point(11.30 + 0.22 * generator.random(), 53.55 + 0.14 * generator.random())
        for _number in range(ROWS)
    ]
    table = pa.table(
        {
            "key": [f"tree/{number}" for number in range(ROWS)],
            "species": [generator.choice(names) for _number in range(ROWS)],
            "height_m": [round(3 + 20 * generator.random(), 1) for _number in range(ROWS)],
            "geometry": pa.array(shapely.to_wkb(points), pa.binary()),
        }
    )
    column = '{"encoding": "WKB", "geometry_types": ["Point"]}'
    geo = (
        f'{{"version": "1.1.0", "primary_column": "geometry", "columns": {{"geometry": {column}}}}}'
    )
    path = folder / "trees.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": geo}), path)
    return path


def _as_flatgeobuf(path: Path, folder: Path) -> Path:
    table = pq.read_table(path)
    # GDAL's Arrow reader wants plain strings.
    fields = [
        pa.field(each.name, pa.string() if pa.types.is_large_string(each.type) else each.type)
        for each in table.schema
    ]
    target = folder / "trees.fgb"
    pyogrio.write_arrow(
        table.cast(pa.schema(fields)),
        target,
        driver="FlatGeobuf",
        geometry_name="geometry",
        geometry_type="Point",
        crs="EPSG:4326",
    )
    return target
