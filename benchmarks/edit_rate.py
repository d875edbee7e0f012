"""Edits in a second by eight clients: through the API, as raw SQL, and through stock Django REST framework.

Each edit sets the height of one tree. Raw SQL is pgbench on the platform's own table, with all of its triggers. The
peer is Django REST framework with djangorestframework-gis and django-pghistory, on a table of its own in the same
database (peers/drf_history). Both APIs get a token and answer with the feature, served by granian with two workers, and
are asked by wrk. The sides take turns; figures are medians of the rounds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import tree_cpu
from benchmarks.outcome import AT_LEAST, not_run
from benchmarks.peers.servers import BIN
from benchmarks.pgbench import Run, pgbench
from benchmarks.server import free_port, running, server

TREES, CLIENTS, ROUNDS, SECONDS = 20_000, 8, 5, 4
RAW = """\\set n random(1, {count})
UPDATE layers_plant SET height_m = round((3 + 20 * random())::numeric, 1) WHERE fid = {first} + :n - 1;
"""
MAKE = """
from django.contrib.auth.models import User
from geoplatform.contributions.roles import Role, make_token
user = User.objects.create_user("bench")
Role.objects.create(user=user, kind="staff")
print(make_token(user=user, name="bench", layers=[], expires=None)[1])
"""
ASK = """
local ids = {}
for line in io.lines("%(ids)s") do ids[#ids + 1] = line end
function init(args) math.randomseed(os.time()) end
wrk.method = "PATCH"
wrk.headers["Content-Type"] = "%(kind)s"
wrk.headers["Authorization"] = "%(token)s"
function request()
    local body = string.format('{"properties": {"height_m": %%.1f}}', 3 + 20 * math.random())
    return wrk.format(nil, string.format("%(path)s", ids[math.random(#ids)]), nil, body)
end
"""
WHAT = "edits in a second by 8 clients, {}, against raw SQL with all triggers"


def run() -> list[dict[str, Any]]:
    """Two rows: the platform and the peer, each against raw SQL."""
    ours_what, peer_what = (
        WHAT.format("through the API"),
        WHAT.format("stock DRF with django-pghistory"),
    )
    if not shutil.which("wrk"):
        return [not_run(ours_what, "wrk is not installed (Debian: wrk)")]
    if not (BIN / "granian").exists():
        return [not_run(peer_what, "the peers are not installed: .setup/peers installs them")]
    sides: dict[str, list[Run]] = {"raw": [], "ours": [], "peer": []}
    with city(TREES) as made, server(made, workers=2) as (own, port), _peer(made) as peer:
        with psycopg.connect(made.web_url) as session:
            rows = session.execute("SELECT id, fid FROM layers_plant ORDER BY fid").fetchall()
        raw = RAW.format(count=len(rows), first=rows[0][1])
        with tempfile.TemporaryDirectory() as folder:
            ids = Path(folder) / "ids"
            ids.write_text("".join(f"{id}\n" for id, _fid in rows))
            ours_asks, peer_asks = Path(folder) / "ours.lua", Path(folder) / "peer.lua"
            ours_asks.write_text(
                ASK
                % {
                    "ids": ids,
                    "kind": "application/merge-patch+json",
                    "token": f"Bearer {_token(made)}",
                    "path": "/api/collections/trees/items/%s",
                }
            )
            peer_asks.write_text(
                ASK
                % {
                    "ids": ids,
                    "kind": "application/json",
                    "token": f"Token {peer[2]}",
                    "path": "/trees/%s/",
                }
            )
            for number in range(ROUNDS + 1):  # the first one warms up
                found = {
                    "raw": pgbench(made, raw, "-T", str(SECONDS), "-c", str(CLIENTS)),
                    "ours": _wrk(made, own, port, ours_asks),
                    "peer": _wrk(made, peer[0], peer[1], peer_asks),
                }
                for name, each in found.items():
                    if number:
                        sides[name].append(each)
        _edits_were_made(made)
    return [
        _row(ours_what, sides["ours"], sides["raw"], 0.25),
        # What is told for comparison alone holds always.
        _row(peer_what, sides["peer"], sides["raw"], 0.0),
    ]


def _row(what: str, ours: list[Run], raw: list[Run], bound: float) -> dict[str, Any]:
    rates = [a.rate / b.rate for a, b in zip(ours, raw, strict=True)]
    return {
        "what": what,
        "unit": "a second",
        "ours_per_second": median(each.rate for each in ours),
        "peer_per_second": median(each.rate for each in raw),
        "ours_ms": median(1000 * each.cpu / each.transactions for each in ours),
        "peer_ms": median(1000 * each.cpu / each.transactions for each in raw),
        "ratio": median(rates),
        "bound": bound,
        "direction": AT_LEAST,
        "rounds": [round(each, 3) for each in rates],
    }


def _token(made: City) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE],
        env=made.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[-1]


@contextmanager
def _peer(made: City) -> Iterator[tuple[int, int, str]]:
    """Process id, port and token of the peer."""
    url = made.environment["DATABASE_OWNER_URL"]
    environment = {
        **os.environ,
        "PEER_DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "benchmarks.peers.drf_history.settings",
        "PYTHONPATH": str(Path().absolute()),
    }
    prepare = [str(BIN / "python"), "-m", "benchmarks.peers.drf_history.prepare"]
    done = subprocess.run(prepare, env=environment, check=True, capture_output=True, text=True)
    port = free_port()
    command = [str(BIN / "granian"), "benchmarks.peers.drf_history.wsgi:application"]
    command += ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    command += ["--workers", "2", "--blocking-threads", "4", "--log-level", "warning"]
    with running(command, environment, port, "/healthz") as process:
        yield process, port, done.stdout.split()[-1]


def _wrk(made: City, process: int, port: int, script: Path) -> Run:
    """Eight connections that send the next edit as soon as one is answered."""
    before = tree_cpu(process) + tree_cpu(made.postmaster)
    command = ["wrk", "-t", "1", "-c", str(CLIENTS), "-d", f"{SECONDS}s", "--timeout", "60s"]
    done = subprocess.run(
        [*command, "-s", str(script), f"http://127.0.0.1:{port}"],
        capture_output=True,
        text=True,
        check=True,
    )
    used = tree_cpu(process) + tree_cpu(made.postmaster) - before
    if re.search("Non-2xx|Socket errors", done.stdout):
        raise RuntimeError(done.stdout)
    number = re.search(r"(\d+) requests in", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert number, done.stdout
    assert rate, done.stdout
    return Run(used, int(number[1]), float(rate[1]))


def _edits_were_made(made: City) -> None:
    """Every answered edit is a version, on both sides."""
    with psycopg.connect(made.owner_url) as session:
        for table in ("history.layers_plant", "contributions_proposal", "drf_history_treeevent"):
            row = session.execute(f"SELECT count(*) FROM {table}").fetchone()
            if not row or row[0] < 100:
                raise RuntimeError(f"{table} holds {row}")
