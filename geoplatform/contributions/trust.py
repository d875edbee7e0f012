"""Trust: how much of what somebody sends stands on the map at once, and how much of it is taken in an hour.

It grows with work that others accepted and with time, is halved by each open report about what somebody added, and starts
again after a block. The thresholds are settings (`CONTRIBUTIONS`); `in_words` says them to everybody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from django.conf import settings


class Level(IntEnum):
    """How well somebody is known; each has the rights of those before."""

    NOBODY = 0  # no key, no account
    NEW = 1
    KNOWN = 2
    TRUSTED = 3


@dataclass(frozen=True)
class Thresholds:
    """Settings with their defaults: `CONTRIBUTIONS = {"known_accepted": 5, ...}`."""

    known_accepted: int = 5
    known_days: int = 7
    trusted_accepted: int = 25
    trusted_days: int = 30
    confirmations: int = 2  # of independent known contributors
    # New points in an hour that stand on the map at once, by level, and all that is taken in an hour.
    nobody_at_once: int = 20
    nobody_hourly: int = 60
    new_at_once: int = 30
    new_hourly: int = 90
    known_at_once: int = 100
    known_hourly: int = 300
    trusted_at_once: int = 500
    trusted_hourly: int = 1500
    new_links: int = 1  # in the texts of somebody who is not known yet


@cache
def _thresholds(given: tuple[tuple[str, int], ...]) -> Thresholds:
    return Thresholds(**dict(given))


def thresholds() -> Thresholds:
    return _thresholds(tuple(sorted(settings.CONTRIBUTIONS.items())))


@dataclass(frozen=True)
class Standing:
    """What trust rests on, counted since the last block. `blocked_until` only while it lasts."""

    level: Level = Level.NOBODY
    accepted: int = 0
    rejected: int = 0
    days: int = 0
    open_reports: int = 0
    blocked_until: dt.datetime | None = None
