"""What it costs to take a mistake back: 17,000 trees deleted by one statement, and the undo of that changeset."""

from __future__ import annotations

import os
from typing import Any

import psycopg

from benchmarks.city import city
from benchmarks.edits import nanoseconds

TREES = 60_000
DELETED = 17_000
ROUNDS = 5
DELETE = """DELETE FROM layers_plant WHERE fid IN (SELECT fid FROM layers_plant ORDER BY fid OFFSET %s LIMIT %s)"""


def run() -> list[dict[str, Any]]:
    """CPU of the undo (this process, which composes it, and the backend) against the backend's of the delete."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoplatform.settings")
    import django

    django.setup()
    from django.db import connections

    with city(TREES) as made, psycopg.connect(made.web_url, autocommit=True) as session:
        connection = connections["default"]
        before = connection.settings_dict["NAME"]
        connection.settings_dict["OPTIONS"].pop("pool", None)
        connection.close()
        connection.settings_dict["NAME"] = made.name
        try:
            spent = [_round(session, number * 5000) for number in range(ROUNDS)]
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
    deletes, undos = (sum(column) for column in zip(*spent, strict=True))
    return [
        {
            "what": f"undo of {DELETED:,} deleted trees, against the delete",
            "ours_ms": undos / ROUNDS / 1e6,
            "peer_ms": deletes / ROUNDS / 1e6,
            "ratio": undos / deletes,
            "bound": 3,
            "rounds": [round(undo / delete, 2) for delete, undo in spent],
        }
    ]


def _round(session: psycopg.Connection[Any], offset: int) -> tuple[int, int]:
    """Nanoseconds of a delete and of its undo."""
    from django.db import connection

    from geoplatform.contributions.undo import undo_changesets

    count = "SELECT count(*), sum(hashtext(p::text)) FROM layers_plant p"
    pid = session.info.backend_pid
    there = session.execute(count).fetchone()
    begun = nanoseconds(pid)
    session.execute(DELETE, [offset, DELETED])
    delete = nanoseconds(pid) - begun
    row = session.execute("SELECT max(id) FROM history_changeset").fetchone()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    begun = nanoseconds(backend) + nanoseconds(os.getpid())
    done = undo_changesets(ids=row, actor="benchmark", channel="benchmark")
    undo = nanoseconds(backend) + nanoseconds(os.getpid()) - begun
    assert (done.features, done.conflict_count) == (DELETED, 0)
    after = session.execute(count).fetchone()
    assert there is not None
    assert after is not None
    assert after[0] == there[0]
    return delete, undo
