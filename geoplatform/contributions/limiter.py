"""How often somebody sends: counted in the memory of this process, for an hour, without keeping an address.

An address is hashed with a salt that is random, never written down, and thrown away every day together with all counts.
IPv6 addresses count by their /64, which one household has. Several web processes count each for itself: the true limit
is between one and that many times the stated one.
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
import time
from collections.abc import Callable

HOUR = 3600
MOST = 100_000  # names that are remembered; beyond, the oldest hour is forgotten early


class Limiter:
    """Counts by name over the last hour: two fixed hours, the earlier one weighed by what of it is left."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._day = self._hour = -1
        self._salt = b""
        self._now: dict[str, int] = {}
        self._before: dict[str, int] = {}
        self.forget()

    def forget(self) -> None:
        """Throw away the salt and all counts."""
        with self._lock:
            self._start_day(self._today())

    def name_of(self, address: str) -> str:
        """What stands for an address today; empty for none."""
        if not address:
            return ""
        try:
            known = ipaddress.ip_address(address)
            if known.version == 6 and known.ipv4_mapped is None:
                known = ipaddress.ip_network((known, 64), strict=False).network_address
            packed = known.packed
        except ValueError:
            packed = address.encode(errors="replace")
        with self._lock:
            self._turn()
            return hashlib.blake2b(packed, key=self._salt, digest_size=12).hexdigest()

    def used(self, name: str) -> float:
        """How often in the last hour."""
        with self._lock:
            self._turn()
            return self._used(name)

    def use(self, *names: str) -> None:
        """Count once more for each name; empty ones are passed over."""
        with self._lock:
            self._turn()
            for name in filter(None, names):
                if len(self._now) >= MOST and name not in self._now:
                    self._before, self._now = self._now, {}
                self._now[name] = self._now.get(name, 0) + 1

    def wait(self) -> int:
        """Seconds until the hour turns: by then half of what was used up is free again, at least."""
        return int(HOUR - self._clock() % HOUR) + 1

    def _used(self, name: str) -> float:
        left = 1 - self._clock() % HOUR / HOUR
        return self._now.get(name, 0) + self._before.get(name, 0) * left

    def _today(self) -> int:
        return int(self._clock() // 86400)

    def _start_day(self, day: int) -> None:
        self._day, self._hour = day, int(self._clock() // HOUR)
        self._salt = secrets.token_bytes(32)
        self._now, self._before = {}, {}

    def _turn(self) -> None:
        if self._today() != self._day:
            self._start_day(self._today())
        hour = int(self._clock() // HOUR)
        if hour != self._hour:
            self._before = self._now if hour == self._hour + 1 else {}
            self._now, self._hour = {}, hour


# The one of this process.
limiter = Limiter()
