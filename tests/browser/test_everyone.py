"""For everyone: WCAG 2.2 by axe-core in every state of the map, no sideways scrolling, calm, contrast, first view.

Every route has test_every_route.py.
"""

from __future__ import annotations

import json
import urllib.request
from typing import Literal

import pytest

from tests.browser.accessible import violations, wide
from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser
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
LANGUAGES = pytest.mark.parametrize(
    "prefix", ["", pytest.param("/en", marks=pytest.mark.prove)], ids=["de", "en"]
)


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


@pytest.mark.parametrize(
    ("prefix", "scheme"),
    [("", "light"), pytest.param("/en", "dark", marks=pytest.mark.prove)],
)
def test_axe_finds_nothing_in_any_state_of_the_map(
    visitor: Visitor, prefix: str, scheme: Literal["light", "dark"]
) -> None:
    """One language by day, the other one by night: what depends on one does not depend on the other."""
    visit = visitor()
    # Or colours are read while they change.
    visit.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page = visit.open_map(f"{prefix}/#map=18/53.0{41 if prefix else 43}/11.031")
    for tab in ("find", "layers", "add"):
        page.click(f"#tab-{tab}")
        assert violations(page) == [], tab
    visit.click_middle()
    page.click("#add-form [type=submit]")
    page.wait_for_selector("[aria-invalid]")
    assert violations(page) == [], "form with errors"
    page.fill("#add-form [name=species]", "Malus domestica")
    page.click("#add-form [type=submit]")
    page.wait_for_selector(".undo-strip")
    assert violations(page) == [], "saved, details"
    page.click("#details .acts a[href$=report]")
    page.wait_for_selector("#contribution")
    assert violations(page) == [], "report"
    page.check("#contribution [name=kind] >> nth=0")
    page.click("#contribution [type=submit]")
    page.wait_for_selector("#details #waiting")
    assert violations(page) == [], "it waits"
    page.click("#details .close")
    page.click("#tab-list")
    page.wait_for_selector("#pending li")
    assert violations(page) == [], "list, and what is proposed"


@LANGUAGES
def test_no_page_scrolls_sideways_at_320_pixels_without_javascript(
    visitor: Visitor, prefix: str
) -> None:
    """With it, test_every_route.py looks."""
    visit = visitor(width=320, height=640, javascript=False)
    for path in paths(visit, prefix):
        assert wide(visit.open(path)) <= 320, path


@LANGUAGES
def test_no_tab_scrolls_sideways_at_320_pixels(visitor: Visitor, prefix: str) -> None:
    page = visitor(width=320, height=640).open(f"{prefix}/")
    for tab in page.locator("#tabs a").all():
        tab.click()
        assert wide(page) <= 320, tab.inner_text()


@pytest.mark.prove
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


def test_who_asks_for_calm_sees_nothing_move(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.emulate_media(reduced_motion="reduce")
    page = visit.open("/")
    moving = """() => [...document.querySelectorAll('*')].filter(each => {
        const { transitionDuration, animationDuration } = getComputedStyle(each);
        return [transitionDuration, animationDuration].some(text =>
            text.split(',').some(part => parseFloat(part) > 0.001));
    }).map(each => each.outerHTML.slice(0, 120))"""
    assert page.evaluate(moving) == []


@pytest.mark.prove
def test_in_the_systems_own_colours_states_are_still_told(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.emulate_media(forced_colors="active")
    page = visit.open("/fruit-trees/")
    assert violations(page) == []
    # What a ground alone would tell has an edge.
    edge = page.locator(".badge").first.evaluate("each => getComputedStyle(each).borderTopStyle")
    assert edge == "solid"


@pytest.mark.parametrize("percent", [200, 400])
def test_enlarged_the_list_and_the_details_are_read_without_scrolling_sideways(
    visitor: Visitor, percent: int
) -> None:
    # As browsers zoom: the same window has fewer CSS pixels.
    visit = visitor(width=1280 * 100 // percent, height=1024 * 100 // percent)
    page = visit.open("/fruit-trees/")
    assert wide(page) <= 1280 * 100 // percent
    page.click("#list-content li a")
    assert wide(page) <= 1280 * 100 // percent
    assert page.locator("#feature-title").is_visible()
