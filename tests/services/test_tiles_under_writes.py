"""Eight writers and eight readers on a real server: no stale tile, no stale 304.

Each writer raises a number on a tree of its own and says so when its commit is acknowledged. A reader notes what was
said before it asks; what it is given must show at least that, whether by 200 or by 304.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from tests import make
from tests.conftest import PROJECT
from tests.mvt import tile_of
from tests.services.tile_traffic import PLACE, fetch, read, write, wrong

WRITERS = READERS = 8


@contextmanager
def serving(database):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", "2"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=database.environment, stdout=subprocess.DEVNULL
    )
    try:
        for _attempt in range(600):
            try:
                fetch(http.client.HTTPConnection("127.0.0.1", port), "/healthz", "")
                break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def run(database, rounds):
    species = make.species(german_name="Name 0")
    trees = [make.plant(*PLACE, species=species) for _writer in range(WRITERS)]
    fids = [tree.fid for tree in trees]
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    address = make_conninfo(**{n: parameters[n] for n in names if parameters.get(n)})
    connection.close()
    # Processes of their own, not forks: a connection must not be shared.
    context = multiprocessing.get_context("spawn")
    said, counts = context.Array("i", WRITERS), context.Array("i", 2)
    ended, faults = context.Event(), context.Queue()
    with serving(database) as port:
        readers = [
            context.Process(target=read, args=(port, fids, said, ended, faults, counts, seed))
            for seed in range(READERS)
        ]
        writers = [
            context.Process(
                target=write, args=(address, number, fids[number], said, rounds, number)
            )
            for number in range(WRITERS)
        ]
        for process in readers + writers:
            process.start()
        for process in writers:
            process.join()
        ended.set()
        for process in readers:
            process.join()
        found = [faults.get() for _fault in range(faults.qsize())]
        assert [process.exitcode for process in readers + writers] == [0] * (READERS + WRITERS)
        assert found == []
        assert list(said) == [rounds] * WRITERS
        assert counts[0] > 0
        client = http.client.HTTPConnection("127.0.0.1", port)
        for z in (17, 18):
            x, y = tile_of(*PLACE, z)
            _status, etag, body = fetch(client, f"/tiles/trees/{z}/{x}/{y}.mvt", "")
            assert wrong(body, fids, [rounds] * WRITERS) == ""
            # At rest, the tile comes from the store, and the client need not fetch it again.
            for _again in range(2):
                assert fetch(client, f"/tiles/trees/{z}/{x}/{y}.mvt", etag)[0] == 304
    return counts[0], counts[1]


def test_a_few_writes_and_reads_at_once(fresh_database):
    run(fresh_database, 5)


@pytest.mark.prove
def test_eight_writers_and_eight_readers(fresh_database):
    fresh, held = run(fresh_database, int(os.environ.get("ROUNDS", "150")))
    print(f"{fresh} tiles, {held} times 304")
