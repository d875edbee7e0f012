"""An extract of OpenStreetMap loaded into all layers, against the bare read of the same file by the same reader.

Bare is what any load by pyosmium begins with: each tagged object once, its tags as a dict, its shape as WKB, areas
assembled. Ours is the whole of `manage.py load-osm` in a process that has started: reading, staging, municipality and
quarter of every object, history. Both are CPU of client, reading process and database. The file is
`$SAMPLE_DATA/osm/miraustr.osm.pbf`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.cpu import tree_cpu
from benchmarks.load import PROJECT, _database, _prepared

ROUNDS = 3
BOUND = 3.0
BARE = """
import sys, time, osmium
make = osmium.geom.WKBFactory()
shape = {"n": make.create_point, "w": make.create_linestring, "a": make.create_multipolygon}
for each in osmium.FileProcessor(sys.argv[1]).with_areas().with_filter(osmium.filter.EmptyTagFilter()):
    tags = {tag.k: tag.v for tag in each.tags}
    if each.type_str() != "r":
        try:
            shape[each.type_str()](each)
        except (RuntimeError, osmium.InvalidLocationError):
            pass
print(time.process_time())
"""
# The process tells what it and its children used after all was imported.
OURS = """
import os, sys, time
from geoplatform.formats.startup import without_pandas
without_pandas()
import django
django.setup()
import geoplatform.exchange.osm
from geoplatform.exchange.osm import OsmRequest, load_osm
from django.db import connection
from pathlib import Path
connection.ensure_connection()
started = sum(os.times()[:4])
load_osm(OsmRequest(path=Path(sys.argv[1]), municipality=sys.argv[2]))
print(sum(os.times()[:4]) - started)
"""
TOWN = """
import django
django.setup()
from tests import make
make.municipality("11000000", name="Berlin", outline=make.area(13.2, 52.5, 13.5, 52.7))
"""


def run() -> list[dict[str, Any]]:
    """One row: CPU milliseconds of both sides and their ratio, at most 3."""
    if not os.environ.get("SAMPLE_DATA"):
        raise SystemExit("The benchmark `load_osm` reads $SAMPLE_DATA/osm/miraustr.osm.pbf.")
    path = Path(os.environ["SAMPLE_DATA"]) / "osm" / "miraustr.osm.pbf"
    ours = server = bare = 0.0
    with _prepared() as (cluster, template, _sample):
        for _round in range(ROUNDS):
            bare += float(_python(BARE, str(path), environment=dict(os.environ)))
            with _database(cluster, template) as (environment, _owner, postmaster):
                environment = {
                    **environment,
                    "DJANGO_SETTINGS_MODULE": "geoplatform.settings",
                    "PYTHONPATH": str(PROJECT),
                }
                _python(TOWN, environment=environment)
                before = tree_cpu(postmaster)
                ours += float(_python(OURS, str(path), "11000000", environment=environment))
                time.sleep(1)  # the server's process ends a moment after its client
                server += tree_cpu(postmaster) - before
    ours += server
    return [
        {
            "what": "miraustr.osm.pbf loaded into all layers, against its bare read by pyosmium",
            "ours_ms": 1000 * ours / ROUNDS,
            "peer_ms": 1000 * bare / ROUNDS,
            "ratio": ours / bare,
            "bound": BOUND,
        }
    ]


def _python(code: str, *arguments: str, environment: dict[str, str]) -> str:
    """What a program printed, run by this Python."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout
