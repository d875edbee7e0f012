"""Eight writers and eight readers on a real server: no stale map, no stale 304.

Each writer moves a tree of its own step by step and says so when its commit is acknowledged. A reader notes what was
said before it asks; what it is given must show at least that, whether by 200 or by 304.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from psycopg.conninfo import make_conninfo

from tests import make
from tests.services.map_traffic import ROUNDS, SIZES, fetch, path, place, read, write, wrong
from tests.services.test_tiles_under_writes import serving

WRITERS = READERS = 8


def tree(number, species):
    point = Point(*place(number, 0), srid=3857)
    point.transform(4326)
    return make.plant(point.x, point.y, species=species)


def run(database, rounds):
    species = make.species(german_name="")
    trees = [tree(number, species) for number in range(WRITERS)]
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "host", "port", "password")
    address = make_conninfo(**{n: parameters[n] for n in names if parameters.get(n)})
    connection.close()
    # Processes of their own, not forks: a connection must not be shared.
    context = multiprocessing.get_context("spawn")
    said, counts = context.Array("i", WRITERS), context.Array("i", 2)
    ended, faults = context.Event(), context.Queue()
    with serving(database) as port:
        client = http.client.HTTPConnection("127.0.0.1", port)
        for size in SIZES:
            _status, _etag, body = fetch(client, path(*size), "")
            assert wrong(body, [0] * WRITERS) == ""
        readers = [
            context.Process(target=read, args=(port, said, ended, faults, counts, seed))
            for seed in range(READERS)
        ]
        writers = [
            context.Process(
                target=write, args=(address, number, trees[number].fid, said, rounds, number)
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
        # The first connection has rested for so long that the server may have closed it.
        client = http.client.HTTPConnection("127.0.0.1", port)
        for size in SIZES:
            _status, etag, body = fetch(client, path(*size), "")
            assert wrong(body, [rounds] * WRITERS) == ""
            # At rest, the client need not fetch it again.
            for _again in range(2):
                assert fetch(client, path(*size), etag)[0] == 304
    return counts[0], counts[1]


def test_a_few_writes_and_reads_at_once(fresh_database):
    run(fresh_database, 5)


@pytest.mark.prove
def test_eight_writers_and_eight_readers(fresh_database):
    fresh, held = run(fresh_database, min(int(os.environ.get("ROUNDS", "150")), ROUNDS))
    print(f"{fresh} maps, {held} times 304")
