"""For everyone: WCAG 2.2 by axe-core on every page in both languages, and no sideways scrolling at 320 px."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visit, Visitor
from tests.conftest import PROJECT

pytestmark = pytest.mark.browser
AXE = PROJECT / "geoplatform/pages/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
API = (
    "/api/",
    "/api/collections",
    "/api/collections/fruit-trees",
    "/api/collections/fruit-trees/items",
    "/api/collections/species/items",
    "/api/conformance",
    "/api/openapi",
    "/api/nothing",
)
LANGUAGES = pytest.mark.parametrize("prefix", ["", "/en"], ids=["de", "en"])


def paths(visit: Visit, prefix: str) -> list[str]:
    """Every kind of page that readers see."""
    with urllib.request.urlopen(f"{visit.address}/api/collections/fruit-trees/items") as answer:
        tree = json.load(answer)["features"][0]["id"]
    return [
        f"{prefix}/",
        f"{prefix}/fruit-trees/",
        f"{prefix}/fruit-trees/new",
        f"{prefix}/offline",
        f"{prefix}/fruit-trees/{tree}",
        f"{prefix}/fruit-trees/00000000-0000-0000-0000-000000000000",
        *(f"{path}?lang={prefix[1:] or 'de'}" for path in API),
    ]


def violations(page: Page) -> list[str]:
    # Not by a script element, which our policy forbids.
    page.evaluate(AXE.read_text())
    found: Any = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
    )
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes']][:3]}"
        for each in found["violations"]
    ]


@LANGUAGES
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing_on_any_page(visitor: Visitor, prefix: str, width: int) -> None:
    visit = visitor(width=width, height=640 if width == 320 else 800)
    for path in paths(visit, prefix):
        page = visit.open_map(path) if path == f"{prefix}/" else visit.open(path)
        assert violations(page) == [], path


@LANGUAGES
def test_axe_finds_nothing_in_any_state_of_the_map(visitor: Visitor, prefix: str) -> None:
    visit = visitor()
    page = visit.open_map(f"{prefix}/#map=18/53.05/11.05")
    page.click("#tab-layers")
    assert violations(page) == [], "layers"
    page.click("#tab-add")
    visit.click_middle()
    assert violations(page) == [], "form"
    page.click("#add-form [type=submit]")
    page.wait_for_selector("[aria-invalid]")
    assert violations(page) == [], "form with errors"
    page.click("#tab-list")
    visit.click_middle()
    page.wait_for_selector("#details article")
    assert violations(page) == [], "details"


@LANGUAGES
@pytest.mark.parametrize("javascript", [True, False])
def test_no_page_scrolls_sideways_at_320_pixels(
    visitor: Visitor, prefix: str, javascript: bool
) -> None:
    visit = visitor(width=320, height=640, javascript=javascript)
    for path in paths(visit, prefix):
        page = visit.open(path)
        for tab in page.locator("#tabs a").all() if javascript else []:
            tab.click()
            assert wide(page) <= 320, (path, tab.inner_text())
        assert wide(page) <= 320, path


def wide(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_at_400_percent_everything_is_reachable(visitor: Visitor) -> None:
    visit = visitor(width=320, height=256)
    page = visit.open("/")
    page.click("#tab-add")
    page.locator("#add-form [type=submit]").scroll_into_view_if_needed()
    assert wide(page) <= 320


def test_the_map_is_useful_before_its_library_comes(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.route("**/*.mjs", lambda route: route.abort())
    page = visit.open("/")
    assert page.locator("#list li").first.inner_text()
    page.click("#tabs a >> nth=1")
    assert page.locator("#layers").is_visible()
