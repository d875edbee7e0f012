"""What a person does with a map that works without a network."""

from __future__ import annotations

import json
import random
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserType, Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, SECONDS
from tests.browser.cutting import Wire

ANSWER = 2000  # bytes, about as many as an answer's head and the beginning of its page


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


def arrive(page: Page, address: str) -> None:
    """On the map, its scripts at work."""
    page.goto(f"{address}/")
    page.wait_for_selector("#tabs[role=tablist]")


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


def waiting_page(page: Page, wire: Wire) -> None:
    """A page with a database for what waits: one contribution was kept, and taken back."""
    arrive(page, wire.address)
    wire.cut()
    fill(page, 53.0, 11.0)
    press(page)
    expect(page.locator("#outbox li")).to_have_count(1)
    page.click("#outbox button[data-do=delete]")
    page.click("#outbox button[data-do=delete]")
    expect(page.locator("#outbox")).to_be_hidden()


def put(page: Page, address: str, **fields: str) -> None:
    """What waits, as a form left it there days ago: with a token that nobody takes any more."""
    page.evaluate(
        """([address, fields]) => new Promise(done => {
            const opening = indexedDB.open("geoplatform-offline");
            opening.onsuccess = () => {
                const entry = {
                    id: fields.id, address, body: Object.entries(fields), title: "Apfel", made: 0, tries: 0,
                    state: "waits", form: `<form method="post" action="${address}"></form>`,
                };
                const acting = opening.result.transaction("outbox", "readwrite");
                acting.objectStore("outbox").put(entry);
                acting.oncomplete = () => { opening.result.close(); done(); };
            };
        })""",
        [address, {"id": str(uuid.uuid4()), "token": "old", "consent": "1.0", **fields}],
    )


def nothing_waits_soon(page: Page) -> None:
    page.wait_for_selector("#add-form", state="attached")
    while page.evaluate(WAITING):
        page.wait_for_timeout(50)


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
