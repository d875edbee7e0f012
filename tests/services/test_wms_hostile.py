"""Hostile requests on a real server: refusals that tell nothing of the inside, bounded cost, memory that stays flat."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree

import psycopg
import pytest
from django.db import connection

from benchmarks.cpu import children, cpu, tree_cpu
from tests import make
from tests.clients.conftest import MANY
from tests.conftest import addresses
from tests.services.wms_hostile import Request, hostile, quote
from tests.serving import serving

TREES = 2_000
# Words of our own that no request holds: what an answer must not tell.
INSIDE = re.compile(
    rb"Traceback|site-packages|psycopg|/geoplatform/|layers_|_3857|ST_[A-Z][a-z]+\(|relation \"|LINE 1:|DETAIL:"
    rb"|syntax error at or near|gptest_|\.py\b|File \""
)
MEMORY = 50  # MB more, of all processes of the server
CPU_SECONDS = 1.0
VALID = (
    b"/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&STYLES=&CRS=CRS:84&BBOX=11,53,11.2,53.1&LAYERS=trees"
    b"&WIDTH=256&HEIGHT=128&FORMAT=image/png"
)


LARGEST = VALID.partition(b"&WIDTH")[0] + b",quarters&WIDTH=3072&HEIGHT=3072&FORMAT="


class Wire:
    """One connection, for requests whose bytes no decent library would send."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._at = (parts.hostname, parts.port)
        self._socket: socket.socket | None = None

    def ask(self, request: Request) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if self._socket is None:
            self._socket = socket.create_connection(self._at, timeout=60)
        lines = [f"{name}: {value}" for name, value in (("Host", "localhost"), *request.headers)]
        head = request.method.encode() + b" " + request.target + b" HTTP/1.1\r\n"
        head += "\r\n".join(lines).encode() + b"\r\nContent-Length: 0\r\n\r\n"
        self._socket.sendall(head)
        response = http.client.HTTPResponse(self._socket, method=request.method)
        response.begin()
        body = response.read()
        if response.will_close:
            self._socket.close()
            self._socket = None
        return response.status, response.headers.get("Content-Type", ""), body


@pytest.fixture
def served(fresh_database) -> Iterator[tuple[str, int]]:
    make.town()
    make.species()
    with connection.cursor() as cursor:
        cursor.execute(MANY, [TREES, TREES, TREES])
    connection.close()
    with serving(fresh_database.environment) as (address, process):
        yield address, process


def memory(process: int) -> float:
    """Resident memory of a process and all its children, MB."""
    found = 0
    for each in (process, *children(process)):
        status = Path(f"/proc/{each}/status").read_text()
        found += int(re.findall(r"VmRSS:\s+(\d+)", status)[0])
    return found / 1024


class Cost:
    """CPU of the server and of its own sessions in the database."""

    def __init__(self, process: int, database: str) -> None:
        self._process = process
        self._watch = psycopg.connect(
            addresses(database)["DATABASE_OWNER_URL"].replace("postgis:", "postgresql:"),
            autocommit=True,
        )

    def seconds(self) -> float:
        sessions = self._watch.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return tree_cpu(self._process) + sum(cpu(pid) for (pid,) in sessions)

    def close(self) -> None:
        self._watch.close()


def fault(request: Request, status: int, kind: str, body: bytes) -> str:
    """What is wrong with an answer; nothing, for most."""
    if status >= 500:
        return f"status {status}"
    if told := INSIDE.search(body):
        return f"tells {told.group()!r}"
    if status in (204, 304) or request.method in ("HEAD", "OPTIONS") or not body:
        return ""
    if kind.startswith("image/"):
        begin = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff"}.get(kind.partition(";")[0])
        return "" if begin and body.startswith(begin) else f"no {kind}"
    try:
        if "xml" in kind or "gml" in kind:
            ElementTree.fromstring(body)
        elif "json" in kind:
            json.loads(body)
        else:
            body.decode()
    except (ElementTree.ParseError, ValueError) as error:
        return f"broken {kind}: {error}"
    return ""


def attack(server: tuple[str, int], database: str, seed: int, count: int, warm: int) -> list[float]:
    """Seconds of each request, slowest first, `warm` others before them. Raises AssertionError for a bad answer."""
    address, process = server
    wire, cost = Wire(address), Cost(process, database)
    kinds: Counter[str] = Counter()
    before, took, faults = 0.0, [], []
    try:
        for number, request in enumerate(hostile(seed, warm + count)):
            if number == warm:
                # The allocator keeps the room of one of the largest pictures for the next one, and of no more.
                for kind in ("image/png", "image/png; mode=8bit", "image/jpeg"):
                    wire.ask(Request("GET", LARGEST + quote(kind)))
                before = memory(process)
            spent, started = cost.seconds(), time.monotonic()
            status, kind, body = wire.ask(request)
            seconds = time.monotonic() - started
            spent = cost.seconds() - spent
            if number >= warm:  # the first requests of a process pay for loading its programs
                took.append((seconds, spent, request.target[:300]))
            kinds[f"{status} {kind.partition(';')[0]}"] += 1
            if said := fault(request, status, kind, body):
                faults.append((number, said, request, body[:300]))
            if spent > CPU_SECONDS:
                faults.append((number, f"{spent:.2f} s of CPU", request, b""))
        grown = memory(process) - before
        status, kind, body = wire.ask(Request("GET", VALID))
    finally:
        cost.close()
    took.sort(reverse=True)
    print(dict(kinds), f"{grown:+.0f} MB", "slowest:", *took[:5], sep="\n")
    assert faults == [], f"{len(faults)} of {count}"
    assert (status, kind) == (200, "image/png"), body
    assert grown < MEMORY
    # A generator of nothing but refusals at the door would prove nothing.
    assert kinds["200 image/png"] > count / 20
    return [seconds for seconds, _cpu, _target in took]


def test_some_hostile_requests(served, fresh_database):
    attack(served, fresh_database.name, seed=300, count=300, warm=100)


@pytest.mark.prove
def test_ten_thousand_hostile_requests(served, fresh_database):
    seed = int(os.environ.get("SEED", "10000"))
    took = attack(served, fresh_database.name, seed=seed, count=10_000, warm=500)
    # On a machine that has other things to do, a request waits; what it costs has been looked at in any case.
    busy = os.getloadavg()[1] > (os.cpu_count() or 1)
    assert busy or took[0] <= 1
