"""What the edit log adds to an edit: the same edits with its triggers and without them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.city import city

TREES = 10_000
ROUNDS = 40
EDITS = 60  # in a round, each a transaction of its own
UPDATE = "UPDATE layers_plant SET note = %s WHERE id = %s"
INSERT = """INSERT INTO layers_plant
    (id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id, location)
    SELECT gen_random_uuid(), s.id, 'cc-zero', 'confirmed', '', '', 1, %s, species_id, p.location
    FROM catalog_source s, layers_plant p WHERE p.id = %s"""


def run() -> list[dict[str, Any]]:
    """One row for each kind of edit: CPU milliseconds of the backend with the log and without."""
    generator = random.Random(9)
    with city(TREES) as made, psycopg.connect(made.web_url, autocommit=True) as session:
        owner = psycopg.connect(
            made.web_url.replace("geoplatform_web@", "postgres@"), autocommit=True
        )
        backend = session.info.backend_pid
        ids = [id for (id,) in session.execute("SELECT id FROM layers_plant LIMIT 5000")]
        spent: dict[tuple[str, bool], float] = {}
        for number in range(ROUNDS):
            for statement in (UPDATE, INSERT):
                for logged in (False, True) if number % 2 else (True, False):
                    _switch(owner, logged)
                    chosen = generator.sample(ids, EDITS + 5)
                    for each in chosen[:5]:  # plans are made anew after a change of triggers
                        session.execute(statement, [str(generator.random()), each])
                    before = nanoseconds(backend)
                    for each in chosen[5:]:
                        session.execute(statement, [str(generator.random()), each])
                    key = (statement, logged)
                    spent[key] = spent.get(key, 0) + nanoseconds(backend) - before
        owner.close()
    edits = ROUNDS * EDITS
    return [
        {
            "what": f"one {name} of a tree with the edit log, against the same without",
            "ours_ms": spent[statement, True] / edits / 1e6,
            "peer_ms": spent[statement, False] / edits / 1e6,
            "ratio": spent[statement, True] / spent[statement, False],
            "bound": 1.15,
        }
        for name, statement in (("UPDATE", UPDATE), ("INSERT", INSERT))
    ]


def nanoseconds(process: int) -> int:
    """CPU time of a process of one thread (Linux, scheduler statistics): an edit is too short for clock ticks."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0])


def _switch(owner: psycopg.Connection[Any], logged: bool) -> None:
    how = "ENABLE ALWAYS" if logged else "DISABLE"
    for event in ("insert", "update"):
        owner.execute(f"ALTER TABLE layers_plant {how} TRIGGER log_{event}")
