"""What history as a whole adds to an edit: changeset, version and closed version, against the same edit without."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any

import psycopg

from benchmarks.city import city
from benchmarks.edits import INSERT, UPDATE, nanoseconds

TREES = 10_000
ROUNDS = 30
EDITS = 60  # in a round, each a transaction of its own
DELETE = "DELETE FROM layers_plant WHERE id = %s"
ARCHIVE = ("archive_update", "archive_delete", "no_fork")


def run() -> list[dict[str, Any]]:
    """One row for each kind of edit: CPU milliseconds of the backend with history and without."""
    generator = random.Random(11)
    with (
        city(TREES) as made,
        psycopg.connect(made.web_url, autocommit=True) as session,
        psycopg.connect(made.owner_url, autocommit=True) as owner,
    ):
        switch = _switch(owner)
        backend = session.info.backend_pid
        ids = [id for (id,) in session.execute("SELECT id FROM layers_plant ORDER BY fid")]
        spent: dict[tuple[str, bool], float] = {}
        for number in range(ROUNDS):
            for statement in (UPDATE, INSERT, DELETE):
                for kept in (False, True) if number % 2 else (True, False):
                    switch(kept)
                    chosen = generator.sample(ids, EDITS + 5)
                    if statement == DELETE:
                        ids = [each for each in ids if each not in set(chosen)]
                    for each in chosen[:5]:  # plans are made anew after a change of triggers
                        session.execute(statement, _values(statement, each, generator))
                    before = nanoseconds(backend)
                    for each in chosen[5:]:
                        session.execute(statement, _values(statement, each, generator))
                    key = (statement, kept)
                    spent[key] = spent.get(key, 0) + nanoseconds(backend) - before
    edits = ROUNDS * EDITS
    return [
        {
            "what": f"one {name} of a tree with history, against the same without",
            "ours_ms": spent[statement, True] / edits / 1e6,
            "peer_ms": spent[statement, False] / edits / 1e6,
            "ratio": spent[statement, True] / spent[statement, False],
            "bound": 1.3,
        }
        for name, statement in (("UPDATE", UPDATE), ("INSERT", INSERT), ("DELETE", DELETE))
    ]


def _values(statement: str, id: Any, generator: random.Random) -> list[Any]:
    return [id] if statement == DELETE else [str(generator.random()), id]


def _switch(owner: psycopg.Connection[Any]) -> Callable[[bool], None]:
    """A function that puts history on or off. Off, the row trigger still derives, checks and numbers as before."""
    row = owner.execute(
        "SELECT pg_get_functiondef('geoplatform.keep_layers_plant'::regproc)"
    ).fetchone()
    assert row is not None
    kept = row[0]
    plain = kept.replace("geoplatform.changeset()", "0")
    plain, found = re.subn(
        r"SELECT \* INTO past FROM history\.\w+ WHERE [^;]+;",
        "SELECT 1 INTO past WHERE false;",
        plain,
    )
    assert found == 1
    assert plain.count(":= 0;") == 2

    def switch(on: bool) -> None:
        owner.execute(kept if on else plain)
        for trigger in ARCHIVE:
            how = "ENABLE ALWAYS" if on else "DISABLE"
            owner.execute(f"ALTER TABLE layers_plant {how} TRIGGER {trigger}")

    return switch
