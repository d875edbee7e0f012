"""Without a network nothing is lost: the page comes from the browser, contributions wait and are sent exactly once."""

from __future__ import annotations

import json
import random
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, SECONDS
from tests.browser.cutting import Wire, wire_to

pytestmark = pytest.mark.browser

ANSWER = 2000  # bytes, about as many as an answer's head and the beginning of its page


@pytest.fixture
def wire(server: str) -> Iterator[Wire]:
    with wire_to(server) as made:
        yield made


@pytest.fixture
def kind(browser: Browser) -> BrowserType:
    return browser.browser_type


@contextmanager
def opened(kind: BrowserType, profile: Path) -> Iterator[Page]:
    """A browser with a profile of its own, which is there again when it is opened once more."""
    context = kind.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=[*ARGUMENTS, "--disable-background-networking"],
        viewport={"width": 700, "height": 500},
        locale="de-DE",
    )
    context.set_default_timeout(SECONDS)
    try:
        yield context.pages[0] if context.pages else context.new_page()
    finally:
        context.close()


def use_offline(page: Page, address: str) -> None:
    page.goto(f"{address}/")
    page.wait_for_selector("html.map-drawn", state="attached")
    page.click("#tab-layers")
    page.click("#offline-use")
    expect(page.locator("#status")).to_contain_text("ohne Netz")


def fill(page: Page, latitude: float, longitude: float, species: str = "Apfel") -> None:
    page.click("#tab-add")
    page.fill("#add-form [name=species]", species)
    page.fill("#add-form [name=latitude]", f"{latitude:.6f}")
    page.fill("#add-form [name=longitude]", f"{longitude:.6f}")


def press(page: Page) -> None:
    page.click("#add-form [type=submit]")


def stored(server: str, latitude: float, longitude: float) -> list[dict[str, Any]]:
    """Trees within some five metres."""
    d = 0.00005
    box = f"{longitude - d},{latitude - d},{longitude + d},{latitude + d}"
    with urllib.request.urlopen(f"{server}/api/collections/fruit-trees/items?bbox={box}") as answer:
        return list(json.load(answer)["features"])


def nothing_waits(page: Page) -> None:
    expect(page.locator("#outbox")).to_be_hidden()
    assert page.evaluate(WAITING) == 0


WAITING = """async () => {
    if (!(await indexedDB.databases()).some(each => each.name === "geoplatform-offline")) return 0;
    return new Promise(done => {
        const opening = indexedDB.open("geoplatform-offline");
        opening.onsuccess = () => {
            const asked = opening.result.transaction("outbox").objectStore("outbox").count();
            asked.onsuccess = () => { opening.result.close(); done(asked.result); };
        };
    });
}"""


def kept_or_done(page: Page) -> None:
    """Until it is in this browser's keeping, or the server has said that it is saved."""
    while not page.evaluate(WAITING) and not page.locator("#details article").is_visible():
        page.wait_for_timeout(10)


def test_kept_offline_and_sent_when_the_browser_is_opened_again(
    server: str, wire: Wire, kind: BrowserType, tmp_path: Path
) -> None:
    with opened(kind, tmp_path) as page:
        use_offline(page, wire.address)
        wire.cut()
        fill(page, 53.071, 11.021)
        press(page)
        expect(page.locator("#status")).to_contain_text("Kein Netz")
        expect(page.locator("#outbox li")).to_contain_text("Apfel")
    with opened(kind, tmp_path) as page:
        # Still no network: the page comes from the browser, and what waits is there.
        page.goto(f"{wire.address}/")
        expect(page.locator("#outbox li")).to_contain_text("Apfel")
        assert stored(server, 53.071, 11.021) == []
        wire.mend()
        page.click("#outbox-send")
        expect(page.locator("#status")).to_contain_text("ist gesendet")
        nothing_waits(page)
    assert len(stored(server, 53.071, 11.021)) == 1


def one_try(
    server: str, wire: Wire, kind: BrowserType, profile: Path, chance: random.Random, number: int
) -> tuple[str, int]:
    """Add, with the connection cut at some moment; close, open again, network back. What was done, and how many trees."""
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


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exactly_once(
    server: str, wire: Wire, kind: BrowserType, tmp_path: Path, seed: int
) -> None:
    with opened(kind, tmp_path) as page:
        use_offline(page, wire.address)
    how, count = one_try(server, wire, kind, tmp_path, random.Random(seed), 60 + seed)
    assert count == 1, how


@pytest.mark.prove
def test_exactly_once_in_fifty_tries(
    server: str, wire: Wire, kind: BrowserType, tmp_path: Path
) -> None:
    """Before the request, within it, after it was stored and before the answer was read, within the answer, later."""
    chance = random.Random(20)
    with opened(kind, tmp_path) as page:
        use_offline(page, wire.address)
    found = [one_try(server, wire, kind, tmp_path, chance, number) for number in range(50)]
    print(found)
    assert [each for each in found if each[1] != 1] == []
    assert {how for how, _count in found} == {"before", "up", "down", "later"}
