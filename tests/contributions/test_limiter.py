"""The rate limiter forgets addresses, counts by the hour and stays small."""

from __future__ import annotations

import pickle

from geoplatform.contributions import limiter as module
from geoplatform.contributions.limiter import HOUR, Limiter

DAY = 86400


class Clock:
    def __init__(self):
        self.now = 1_800_000_000 // DAY * DAY + 10 * HOUR

    def __call__(self):
        return self.now


def test_counts_slide_over_an_hour():
    clock = Clock()
    limiter = Limiter(clock)
    limiter.use("a", "", "b")
    limiter.use("a")
    assert (limiter.used("a"), limiter.used("b"), limiter.used("")) == (2, 1, 0)
    clock.now += HOUR + HOUR // 2
    assert limiter.used("a") == 1
    limiter.use("a")
    assert limiter.used("a") == 2
    clock.now += 3 * HOUR
    assert limiter.used("a") == 0


def test_nothing_of_an_address_is_kept_and_its_name_changes_every_day():
    clock = Clock()
    limiter = Limiter(clock)
    name = limiter.name_of("192.0.2.7")
    limiter.use(name)
    kept = pickle.dumps((limiter._now, limiter._before))
    assert b"192.0.2.7" not in kept
    assert limiter.name_of("192.0.2.7") == name != limiter.name_of("192.0.2.8")
    clock.now += DAY
    assert limiter.name_of("192.0.2.7") != name
    assert limiter.used(name) == 0
    assert Limiter(clock).name_of("192.0.2.7") != limiter.name_of("192.0.2.7")


def test_a_household_of_ipv6_is_one_and_an_old_address_in_new_form_itself():
    limiter = Limiter(Clock())
    assert limiter.name_of("2001:db8:1:2::1") == limiter.name_of("2001:db8:1:2:ffff::9")
    assert limiter.name_of("2001:db8:1:2::1") != limiter.name_of("2001:db8:1:3::1")
    assert limiter.name_of("::ffff:192.0.2.7") != limiter.name_of("::ffff:192.0.2.8")
    assert limiter.name_of("") == ""
    assert limiter.name_of("unix:") != ""


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST", 10)
    limiter = Limiter(Clock())
    for number in range(1000):
        limiter.use(str(number))
    assert len(limiter._now) + len(limiter._before) <= 20


def test_when_to_come_again():
    clock = Clock()
    clock.now += 3000
    assert Limiter(clock).wait() == 601
