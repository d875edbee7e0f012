"""However the connection is cut, a contribution arrives exactly once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, expect

from tests.browser.cutting import Wire
from tests.browser.offline.steps import fill, kept_or_done, nothing_waits, opened, press, stored

pytestmark = pytest.mark.browser
ANSWER = 2000  # bytes, about as many as an answer's head and the beginning of its page


def one_try(
    server: str, wire: Wire, kind: BrowserType, profile: Path, chance: random.Random, number: int
) -> tuple[str, int]:
    """Add, the connection cut at some moment; close, open again, network back. How it was cut, and how many trees."""
    print(number, end=" ", flush=True)
    latitude, longitude = 53.001 + number % 9 / 100, 11.101 + number // 9 / 100
    how = chance.choice(("before", "up", "down", "down", "later"))
    with opened(kind, profile) as page:
        page.goto(f"{wire.address}/")
        page.wait_for_selector("#add-form", state="attached")
        fill(page, latitude, longitude)
        if how == "before":
            wire.cut()
        elif how == "up":
            wire.cut_at(up=chance.randrange(1, 1500))
        elif how == "down":
            wire.cut_at(down=chance.randrange(0, ANSWER))
        press(page)
        # It is in this browser's keeping within a moment; from then on, anything may happen.
        kept_or_done(page)
        page.wait_for_timeout(chance.uniform(0, 600))
        if how == "later":
            wire.cut()
    wire.cut()
    with opened(kind, profile) as page:
        if chance.random() < 0.5:
            page.goto(f"{wire.address}/")  # still none
            page.wait_for_selector("#add-form", state="attached")
        wire.mend()
        page.goto(f"{wire.address}/")
        page.wait_for_selector("#add-form", state="attached")
        expect(page.locator("#outbox")).to_be_hidden()
        page.wait_for_timeout(300)
        # Looked at a second time, after all that was begun has ended.
        page.reload()
        page.wait_for_selector("#add-form", state="attached")
        nothing_waits(page)
    return how, len(stored(server, latitude, longitude))


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3))]
)
def test_exactly_once(server: str, wire: Wire, kind: BrowserType, ready: Path, seed: int) -> None:
    how, count = one_try(server, wire, kind, ready, random.Random(seed), 60 + seed)
    assert count == 1, how


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(5))
def test_exactly_once_in_ten_tries(
    server: str, wire: Wire, kind: BrowserType, ready: Path, seed: int
) -> None:
    """Before the request, within it, after it was stored and before the answer was read, within the answer, later."""
    chance = random.Random(20 + seed)
    tries = range(10 * seed, 10 * seed + 10)
    found = [one_try(server, wire, kind, ready, chance, number) for number in tries]
    print(found)
    assert [each for each in found if each[1] != 1] == []
