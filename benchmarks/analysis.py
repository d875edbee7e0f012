"""What questions of quarters cost: Cologne out of its files, after one edit, and a million trees by what is stored.

The first two read `$SAMPLE_DATA/cologne`; without it they count as not run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
from scipy.sparse.csgraph import dijkstra

from benchmarks import cologne
from benchmarks.city import City, _plant, city
from benchmarks.edits import nanoseconds
from benchmarks.outcome import costs, not_run

ROUNDS = 3
TREES = 60_000  # made ones, for Cologne's files have none
MILLION = 1_000_000
BOX = (6.80, 50.85, 7.10, 51.05)
LOADED = (
    ("quarters", "cologne-quarters", "cologne_districts_polygons.geojson"),
    ("green-spaces", "cologne-green-spaces", "osm_green_spaces_leisure.geojson.gz"),
    ("green-spaces", "cologne-green-spaces", "osm_green_spaces_agriculture.geojson.gz"),
    ("gardens", "cologne-allotments", "osm_green_spaces_agriculture.geojson.gz"),
    ("streets", "cologne-streets", "osm_highway.geojson.gz"),
)
ASKED = ("green-within-300-m", "green-within-a-walk")
# What the stored quarter and flags of each tree spare.
JOIN = """
SELECT q.id::text, sum(p.number_of_plants) AS trees,
    sum(p.number_of_plants) FILTER (WHERE p.edible AND p.access IN ('public', 'owner-permits')) AS edible
FROM layers_quarter q
JOIN layers_plant p ON ST_Intersects(q.outline, p.location)
WHERE p.growth_form = 'tree' AND p.status <> 'gone'
GROUP BY q.id
"""


def run() -> list[dict[str, Any]]:
    rows = []
    folder = os.environ.get("SAMPLE_DATA")
    parts: list[Callable[[Path], list[dict[str, Any]]]] = [_files, _edits]
    for part in parts:
        if folder:
            rows += part(Path(folder))
        else:
            rows.append(not_run(f"analysis: Cologne{part.__name__}", "SAMPLE_DATA is not set"))
    return rows + _million()


def _files(folder: Path) -> list[dict[str, Any]]:
    """Straight within 300 m and walking within 300 and 500 m for 86 quarters, against reading and one bare Dijkstra."""
    from geoplatform.analysis import registry

    ours, floor = [], []
    ready = cologne.city(cologne.files(folder))
    doors = ready.entrances("public", 25).of(ready.large("public", 20, 5000))
    nodes, links = np.unique(doors.node), ready.network.links
    for _round in range(ROUNDS):
        begun = time.process_time()
        read = cologne.files(folder)
        dijkstra(links, indices=nodes, min_only=True)
        floor.append(time.process_time() - begun)
        del read
        begun = time.process_time()
        made = cologne.city(cologne.files(folder))
        for id in ASKED:
            indicator = registry.get(id)
            assert indicator.compute is not None
            rows = indicator.compute(made, indicator.values())
            assert rows.iloc[:, 0].notna().sum() == 86
        ours.append(time.process_time() - begun)
    what = f"Cologne's 86 quarters, straight and walking, over {len(ready.network.x):,} nodes, from files"
    return [costs(f"{what}, against reading them and one bare Dijkstra", ours, floor, 3)]


def _edits(folder: Path) -> list[dict[str, Any]]:
    """All indicators of Cologne after one edit, against computing all of them from the database anew."""
    with city(1) as made:
        _load(made, folder)
        with _connected(made):
            return _after_edits()


def _load(made: City, folder: Path) -> None:
    for layer, mapping, file in LOADED:
        command = [sys.executable, "manage.py", "load", layer, str(folder / "cologne" / file)]
        command += ["--mapping", f"fixtures/mappings/{mapping}.toml"]
        done = subprocess.run(command, env=made.environment, capture_output=True, check=False)
        assert done.returncode in (0, 3), done.stderr.decode()
    _plant(made.owner_url, TREES, BOX)
    with psycopg.connect(made.owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _after_edits() -> list[dict[str, Any]]:
    from django.contrib.gis.geos import MultiPolygon, Polygon
    from django.db import connection

    from geoplatform.analysis import keeping, registry
    from geoplatform.catalog.models import Source
    from geoplatform.catalog.registry import get

    ags = "05315000"
    computed = [each for each in registry.indicators() if each.compute is not None]
    green, trees = get("green-spaces"), get("trees")
    assert green is not None
    assert trees is not None
    parks: Any = green.model._default_manager
    source = Source.objects.get(name="cologne-osm")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]

    def everything() -> tuple[dict[str, pd.DataFrame], float]:
        begun = nanoseconds(backend) + nanoseconds(os.getpid())
        kept = keeping.current(ags)
        found = {each.id: keeping.figures(kept, each, each.values()) for each in computed}
        return found, (nanoseconds(backend) + nanoseconds(os.getpid()) - begun) / 1e9

    def park(number: int) -> None:
        x, y = 6.93 + 0.02 * number, 50.92 + 0.015 * number
        outline = Polygon.from_bbox((x, y, x + 0.002, y + 0.0012))
        parks.create(kind="park", source=source, area=MultiPolygon(outline, srid=4326))

    def tree(number: int) -> None:
        trees.model.objects.filter(municipality__ags=ags).order_by("fid")[number * 1000].delete()

    rows = []
    for what, edit in (("a park added", park), ("a tree felled", tree)):
        again, full = [], []
        keeping.forget()
        everything()
        for number in range(ROUNDS):
            edit(number)
            now, spent = everything()
            again.append(spent)
            keeping.forget()
            anew, spent = everything()
            full.append(spent)
            for id, frame in anew.items():
                pd.testing.assert_frame_equal(now[id], frame, check_exact=True)
        label = f"all {len(computed)} indicators of Cologne after {what}"
        rows.append(costs(f"{label}, against computing them anew", again, full, 0.1))
    return rows


def _million() -> list[dict[str, Any]]:
    """Trees and public edible trees of each quarter by what is kept of a tree, against joining them to the quarters."""
    with city(MILLION) as made, _connected(made):
        from django.db import connection

        from geoplatform.analysis import reading
        from geoplatform.analysis.indicators.edible_trees import PUBLIC
        from geoplatform.catalog import registry

        quarters = [
            str(id) for id in registry.by_role("quarter").model.objects.values_list("id", flat=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
            ours, peer = [], []
            for _round in range(ROUNDS):
                begun = nanoseconds(backend) + nanoseconds(os.getpid())
                found = reading.trees(quarters)
                all_ = found.groupby("quarter")["number"].sum()
                edible = found[
                    (found["edible"].fillna(False) & found["access"].isin(PUBLIC)).to_numpy(bool)
                ]
                some = edible.groupby("quarter")["number"].sum()
                ours.append((nanoseconds(backend) + nanoseconds(os.getpid()) - begun) / 1e9)
                begun = nanoseconds(backend) + nanoseconds(os.getpid())
                cursor.execute(JOIN)
                rows = cursor.fetchall()
                peer.append((nanoseconds(backend) + nanoseconds(os.getpid()) - begun) / 1e9)
                # On a border that two quarters share the join counts a tree twice.
                assert sum(abs(all_[id] - trees) for id, trees, _edible in rows) <= 2
                assert sum(abs(some[id] - fruit) for id, _trees, fruit in rows) <= 2
    what = f"{MILLION:,} trees by quarter and public edible ones, against a spatial join"
    return [costs(what, ours, peer, 0.1)]


@contextmanager
def _connected(made: City) -> Iterator[None]:
    """Django's connection is to this city meanwhile."""
    from django.db import connections

    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    pool = connection.settings_dict["OPTIONS"].pop("pool", None)
    connection.close()
    connection.settings_dict["NAME"] = made.name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        if pool is not None:
            connection.settings_dict["OPTIONS"]["pool"] = pool
