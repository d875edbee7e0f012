"""The pyramid: a million trees in one tile, "ripe now" among them, and what edits cost that keep it true."""

from __future__ import annotations

import random
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import cpu, tree_cpu
from benchmarks.pgbench import pgbench
from benchmarks.server import get, server
from geoplatform.database.binaries import find_postgres
from tests.mvt import points

SQL = Path(__file__).parent / "sql"
FEW, MANY = 10_000, 1_000_000
TILE = "/tiles/trees/10/544/330.mvt"  # holds the whole city
QUESTIONS = {
    "the whole city": (TILE, SQL / "pyramid_city.sql"),
    "what is ripe in early August": (f"{TILE}?ripe=8.0", SQL / "pyramid_ripe.sql"),
}
REQUESTS = 200
ROUNDS, EDITS = 10, 150
MOVE = "UPDATE layers_plant SET location = ST_SetSRID(ST_MakePoint(%s, %s), 4326) WHERE id = %s"
TRIGGERS = ("insert", "update", "delete")


def run() -> list[dict[str, Any]]:
    """Tiles against raw SQL and against a city of a hundredth; edits and writers against none of the pyramid's work."""
    rows = []
    costs: dict[tuple[str, int], float] = {}
    for trees in (FEW, MANY):
        with city(trees) as made:
            for name, (path, raw) in QUESTIONS.items():
                ours, peer = _tiles(made, path, raw)
                costs[name, trees] = ours
                if trees == MANY:
                    what = f"{name} at z10, {trees:,} trees, against the raw query on the pyramid"
                    rows.append(_row(what, ours, peer, 3))
            # From here on the pyramid is no longer true: some edits are made without it.
            rows.append(_row(f"a tree moved, of {trees:,}, against no pyramid", *_edits(made), 1.3))
            if trees == MANY:
                # At least 0.6 of the rate: at most 1 / 0.6 of the time.
                rows.append(
                    _row(f"8 writers, {trees:,} trees, wall time", *_writers(made), 1 / 0.6)
                )
    for name in QUESTIONS:
        what = f"{name} at z10, {MANY:,} trees against {FEW:,}"
        rows.append(_row(what, costs[name, MANY], costs[name, FEW], 2))
    return rows


def _row(what: str, ours: float, peer: float, bound: float) -> dict[str, Any]:
    """Seconds of both sides as the table of `make bench` wants them."""
    return {
        "what": what,
        "ours_ms": 1000 * ours,
        "peer_ms": 1000 * peer,
        "ratio": ours / peer,
        "bound": bound,
    }


def _tiles(made: City, path: str, raw: Path) -> tuple[float, float]:
    """CPU seconds of a request and of the raw query. An edit in the tile falls before each: nothing stored helps."""
    _fold(made)
    with server(made) as (process, port), _session(made) as session:
        _same_markers(session, get(port, path), raw)
        trees = _some_trees(session)
        pick = random.Random(
            path
        )  # other moves for each question: the same again would change nothing
        for _warm in range(10):
            get(port, path)
        ours = peer = 0.0
        for _half in range(2):
            # Many runs by one backend: a new one loads PostGIS, which costs more than the query.
            peer += pgbench(made, raw.read_text(), "-t", str(REQUESTS // 2)).cpu
            for _request in range(REQUESTS // 2):
                _move(session, trees, pick)
                before = tree_cpu(process) + tree_cpu(made.postmaster)
                get(port, path)
                ours += tree_cpu(process) + tree_cpu(made.postmaster) - before
    return ours / REQUESTS, peer / REQUESTS


def _same_markers(session: psycopg.Connection[Any], tile: bytes, raw: Path) -> None:
    """Both sides say the same, or the comparison means nothing."""
    row = session.execute(raw.read_bytes().rstrip().rstrip(b";")).fetchone()
    assert row is not None

    def markers(content: bytes) -> list[str]:
        return sorted(map(repr, points(content)))

    if markers(row[0]) != markers(tile):
        raise AssertionError(f"the tile and {raw} give different markers")


def _edits(made: City) -> tuple[float, float]:
    """CPU seconds of an edit that moves a tree, with the pyramid's triggers and without: backend and client."""
    with _session(made) as session:
        row = session.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        backend = row[0]
        trees = _some_trees(session)
        pick = random.Random(2)

        def cost() -> float:
            before = cpu(backend) + _own()
            for _number in range(EDITS):
                _move(session, trees, pick)
            return cpu(backend) + _own() - before

        with _without(made):
            cost()
        cost()
        ours = peer = 0.0
        for _round in range(ROUNDS):
            ours += cost()
            with _without(made):
                peer += cost()
    return ours / ROUNDS / EDITS, peer / ROUNDS / EDITS


def _writers(made: City) -> tuple[float, float]:
    """Seconds of an edit, eight writers at once, with the pyramid's triggers and without."""
    text = r"""\set n random(1, 100000)
UPDATE layers_plant SET location = ST_SetSRID(ST_MakePoint(11.30 + 0.22 * random(), 53.55 + 0.14 * random()), 4326)
WHERE fid = (SELECT min(fid) FROM layers_plant) + :n;
"""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(text)
        script.flush()

        def seconds() -> float:
            program = find_postgres().bin / "pgbench"
            command = [str(program), "-n", "-c", "8", "-j", "2", "-t", "100", "-f", script.name]
            done = subprocess.run(
                [*command, made.web_url], capture_output=True, text=True, check=True
            )
            [line] = [each for each in done.stdout.splitlines() if each.startswith("tps")]
            return 1 / float(line.split()[2])

        seconds()
        ours = peer = 0.0
        for _round in range(ROUNDS):
            ours += seconds()
            with _without(made):
                peer += seconds()
    return ours / ROUNDS, peer / ROUNDS


def _some_trees(session: psycopg.Connection[Any]) -> list[Any]:
    return [
        identity
        for (identity,) in session.execute("SELECT id FROM layers_plant ORDER BY id LIMIT 5000")
    ]


def _move(session: psycopg.Connection[Any], trees: list[Any], pick: random.Random) -> None:
    place = [11.30 + 0.22 * pick.random(), 53.55 + 0.14 * pick.random()]
    session.execute(MOVE, [*place, pick.choice(trees)])


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextmanager
def _session(made: City, role: str = "web") -> Iterator[psycopg.Connection[Any]]:
    address = made.web_url.replace("geoplatform_web@", f"geoplatform_{role}@")
    with psycopg.connect(address, autocommit=True) as session:
        yield session


def _as_owner(made: City, *statements: str) -> None:
    with _session(made, "owner") as session:
        for statement in statements:
            session.execute(statement.encode())


@contextmanager
def _without(made: City) -> Iterator[None]:
    """The pyramid's triggers stand aside."""
    alter = "ALTER TABLE layers_plant {} TRIGGER pyramid_{}"
    _as_owner(made, *[alter.format("DISABLE", each) for each in TRIGGERS])
    try:
        yield
    finally:
        _as_owner(made, *[alter.format("ENABLE ALWAYS", each) for each in TRIGGERS])


def _fold(made: City) -> None:
    _as_owner(made, "SELECT geoplatform.fold_layers_plant(1000000)")
