"""Watches the replicas: which of them answer, and how far each is behind the primary.

How far is told by one clock, this process's: when had the primary written what the replica has replayed by now? So an
idle primary does not look like a delay, and clocks of machines may differ.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg.conninfo import make_conninfo

from geoplatform.database.unavailable import UNAVAILABLE

EVERY = 0.5  # seconds between two looks
REMEMBERED = 1200  # looks at the primary: ten minutes
STALE = 5.0  # seconds after which a look says nothing any more: whoever looks hangs
# Positions of the log: bytes since the cluster began.
WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
# A replica that was promoted says what it has written itself.
REPLAYED = """SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END
    - '0/0'::pg_lsn)::bigint"""
# Whoever looks must not hang on a machine that is gone without a word.
PATIENCE = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,
    "options": "-c statement_timeout=2s",
    "application_name": "geoplatform watch",
}

ADDRESS = ("host", "port", "user", "password", "dbname", "target_session_attrs")

log = logging.getLogger(__name__)


@dataclass
class Seen:
    """What was seen of a replica last. `lag` in seconds; None: it does not answer, or nothing is known yet."""

    lag: float | None = None
    at: float = 0.0


class Watch(threading.Thread):
    """Looks twice a second, over connections of its own."""

    def __init__(self, names: list[str], bound: float) -> None:
        super().__init__(name="replicas", daemon=True)
        self.bound = bound
        self._seen = {name: Seen() for name in names}
        self._written: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        self._sessions: dict[str, psycopg.Connection[Any]] = {}
        self._turn = count()
        self._stopped = threading.Event()

    def fit(self) -> list[str]:
        """The replicas that may serve, each time another one first."""
        now = time.monotonic()
        found = [name for name, seen in self._seen.items() if self._is_fit(seen, now)]
        turn = next(self._turn) % len(found) if found else 0
        return found[turn:] + found[:turn]

    def leave_out(self, name: str) -> None:
        """Until it is seen again: somebody could not reach it."""
        self._seen[name] = Seen()

    def told(self) -> list[str]:
        """A line for each replica, for whoever looks after the platform; no address."""
        now = time.monotonic()
        lines = []
        for name, seen in self._seen.items():
            if seen.lag is None or now - seen.at > STALE:
                lines.append(f"{name}: left out, does not answer")
            elif seen.lag > self.bound:
                lines.append(f"{name}: left out, {seen.lag:.0f} s behind")
            else:
                lines.append(f"{name}: reads, {seen.lag:.1f} s behind")
        return lines

    def run(self) -> None:
        while not self._stopped.is_set():
            self.look()
            self._stopped.wait(EVERY)
        self.disconnect()

    def stop(self) -> None:
        self._stopped.set()

    def disconnect(self) -> None:
        """The next look connects anew."""
        for session in self._sessions.values():
            session.close()
        self._sessions = {}

    def look(self) -> None:
        """Ask everybody once."""
        # Where the primary does not answer nobody writes, and a replica stays as old as it was.
        written = self._ask(DEFAULT_DB_ALIAS, WRITTEN)
        if written is not None:
            self._written.append((time.monotonic(), written))
        for name, before in list(self._seen.items()):
            replayed = self._ask(name, REPLAYED)
            seen = Seen() if replayed is None else Seen(self._lag(replayed), time.monotonic())
            self._seen[name] = seen
            if before.lag is not None and seen.lag is None:
                log.warning("%s does not answer; others read in its place", name)

    def _is_fit(self, seen: Seen, now: float) -> bool:
        return seen.lag is not None and seen.lag <= self.bound and now - seen.at <= STALE

    def _lag(self, replayed: int) -> float | None:
        """Seconds between the newest look at the primary and the newest that the replica has caught up with."""
        if not self._written:
            return None
        newest = self._written[-1][0]
        for at, written in reversed(self._written):
            if written <= replayed:
                return newest - at
        # It has not replayed what stood there when the watch began, however long ago that is.
        return newest - self._written[0][0] + self.bound + 1

    def _ask(self, name: str, statement: str) -> int | None:
        try:
            session = self._sessions.get(name) or self._connected(name)
            row = session.execute(statement).fetchone()
        except UNAVAILABLE:
            broken = self._sessions.pop(name, None)
            if broken is not None:
                broken.close()
            return None
        assert row is not None
        return int(row[0])

    def _connected(self, name: str) -> psycopg.Connection[Any]:
        parameters = connections[name].get_connection_params()
        known = {
            key: value for key, value in parameters.items() if key in ADDRESS or key[:3] == "ssl"
        }
        session = psycopg.connect(make_conninfo("", **{**known, **PATIENCE}), autocommit=True)
        self._sessions[name] = session
        return session


_lock = threading.Lock()
_watch: Watch | None = None


def watch() -> Watch:
    """The watch of this process, which begins when it is first asked for."""
    global _watch
    with _lock:
        if _watch is None:
            _watch = Watch(names(), settings.REPLICA_LAG_SECONDS)
            _watch.start()
        return _watch


def forget() -> None:
    """The next one begins anew."""
    global _watch
    with _lock:
        _watch = None


def names() -> list[str]:
    """Aliases of the replicas."""
    return [name for name, each in connections.settings.items() if each.get("REPLICA")]
