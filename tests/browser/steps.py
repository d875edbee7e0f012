"""What a person does on the map, and what the server then says."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.chromium import SECONDS

TREE = "/#map=18/53.05/11.05"


def asked(visit: Visit, path: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(visit.address + path) as answer:
        return json.load(answer)["features"]


def proposals(visit: Visit, **wanted: str) -> list[dict[str, Any]]:
    """What waits, as everybody sees it."""
    found = asked(visit, "/api/proposals?limit=1000")
    return [
        each
        for each in found
        if all(each["properties"][name] == value for name, value in wanted.items())
    ]


def near(visit: Visit, longitude: float, latitude: float) -> list[dict[str, Any]]:
    d = 0.00005
    box = f"{longitude - d},{latitude - d},{longitude + d},{latitude + d}"
    return asked(visit, f"/api/collections/fruit-trees/items?bbox={box}")


def add_tree(visit: Visit, longitude: float, latitude: float, species: str = "Apfel") -> Page:
    page = visit.open_map(f"/#map=18/{latitude}/{longitude}")
    page.click("#tab-add")
    page.fill("#add-form [name=species]", species)
    page.fill("[name=latitude]", str(latitude))
    page.fill("[name=longitude]", str(longitude))
    page.click("#add-form [type=submit].primary")
    return page


def open_details(visit: Visit, path: str = TREE) -> Page:
    page = visit.open_map(path)
    visit.click_middle()
    expect(page.locator("#details article")).to_be_visible()
    return page


def focus_by_tab(page: Page, selector: str, most: int = 120) -> None:
    """To an element by the Tab key alone."""
    for _each in range(most):
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def until(page: Page, holds: str, arg: Any = None) -> None:
    """Wait until a function, written in JavaScript, says so. Playwright's own wait evaluates text in the page at each
    look after the first, which our pages forbid."""
    said = page.evaluate(
        f"""async arg => {{
            const holds = {holds}, end = performance.now() + {SECONDS};
            while (!holds(arg) && performance.now() < end) await new Promise(requestAnimationFrame);
            return Boolean(holds(arg));
        }}""",
        arg,
    )
    assert said, holds


def no_sideways(page: Page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0


def click_around(page: Page, *corners: tuple[int, int]) -> None:
    """Corners in pixels from the middle of the map."""
    box = page.locator("#map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for dx, dy in corners:
        page.mouse.move(x + dx, y + dy)
        page.wait_for_timeout(120)
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(350)
