"""A synchronous replica takes over from a primary that is killed: nothing acknowledged is lost."""

from __future__ import annotations

import threading
import time
from http.client import HTTPException

import pytest

from geoplatform.database.reading import HEADER
from geoplatform.database.server import Server
from tests import clusters
from tests.database.conftest import TREES, Pair, ask, until_it_says
from tests.serving import serving

pytestmark = pytest.mark.prove

WRITERS = 8
SECONDS = 6  # of writing before the primary is killed
AFTER = 60  # edits of each writer that are acknowledged by the promoted replica


class Writer(threading.Thread):
    """Makes trees, reads each one after it was acknowledged, and goes on through whatever happens."""

    def __init__(self, address: str, pair: Pair, number: int) -> None:
        super().__init__(daemon=True)
        self.address, self.pair, self.number = address, pair, number
        self.acknowledged: dict[str, str] = {}
        self.missed: list[str] = []
        self.refused = 0
        self.last = b""
        self.enough: int | None = None

    def run(self) -> None:
        n = 0
        while self.enough is None or len(self.acknowledged) < self.enough:
            n += 1
            note = f"writer {self.number}, tree {n}"
            place = [11.4 + self.number / 1000, 53.62 + (n % 1000) / 100_000]
            tree = {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": place},
                "properties": {"note": note, "species": self.pair.species},
            }
            try:
                made = ask(
                    self.address + TREES,
                    "POST",
                    tree,
                    Authorization=f"Bearer {self.pair.token}",
                    Content_Type="application/geo+json",
                )
                if made.status != 201:
                    self.refused += 1
                    self.last = made.body
                    time.sleep(0.1)
                    continue
                id = made.headers["Location"].rstrip("/").rpartition("/")[2]
                self.acknowledged[id] = note
                own = ask(f"{self.address}{TREES}/{id}", Database_Position=made.headers[HEADER])
                if own.status == 404 or (
                    own.status == 200 and own.json["properties"]["note"] != note
                ):
                    self.missed.append(id)
            except (OSError, HTTPException):
                self.refused += 1
                time.sleep(0.1)


def test_nothing_acknowledged_is_lost_when_the_replica_takes_over(pair: Pair) -> None:
    primary = Server(pair.primary.home)
    primary.configure("synchronous_standby_names = 'replica'\n")
    with clusters.connect(pair.primary) as connection:
        connection.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 30
        sync = "SELECT sync_state FROM pg_stat_replication"
        while connection.execute(sync).fetchall() != [("sync",)]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    with serving(pair.environment) as (address, _process):
        until_it_says(address, "replica1: reads")
        writers = [Writer(address, pair, n) for n in range(WRITERS)]
        for each in writers:
            each.start()
        time.sleep(SECONDS)
        with clusters.connect(pair.primary) as connection:
            for _mark in range(50):
                connection.execute("SELECT geoplatform.prune_edits()")
            given = connection.execute(
                "SELECT geoplatform.generation(), pg_current_snapshot()"
            ).fetchone()
        clusters.kill(pair.primary)
        before = sum(len(each.acknowledged) for each in writers)
        clusters.promote(pair.replica)
        for each in writers:
            each.enough = len(each.acknowledged) + AFTER
        for each in writers:
            each.join(120)
            assert not each.is_alive(), each.last
    acknowledged = {id: note for each in writers for id, note in each.acknowledged.items()}
    with clusters.connect(pair.replica) as connection:
        kept = dict(
            connection.execute(
                "SELECT id::text, note FROM layers_plant WHERE note LIKE 'writer %'"
            ).fetchall()
        )
        versions = connection.execute(
            "SELECT count(*) FROM layers_plant WHERE note LIKE 'writer %' AND version = 1"
        ).fetchone()
        for _mark in range(50):
            connection.execute("SELECT geoplatform.prune_edits()")
        held = connection.execute(
            "SELECT held FROM geoplatform.edits_since(%s, %s::pg_snapshot, '{}', 50)", given
        ).fetchone()
    # A cursor of the server that is gone is told for one.
    assert held == (False,)
    assert before > WRITERS
    assert len(acknowledged) >= before + WRITERS * AFTER
    assert {id: kept.get(id) for id in acknowledged} == acknowledged
    assert versions == (len(kept),)
    assert not [id for each in writers for id in each.missed]
    assert sum(each.refused for each in writers) > 0
    print(f"{len(acknowledged)} acknowledged, {before} of them before the primary was killed")
