"""However the connection is cut, a contribution arrives exactly once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType

from tests.browser.cutting import Wire
from tests.browser.offline.steps import one_try

pytestmark = pytest.mark.browser


@pytest.mark.prove
@pytest.mark.parametrize("seed", [2, 3])
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
