"""The pages of the API in a browser: the small map draws, leads to rows, and asks nobody else."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
ITEMS = "/api/collections/fruit-trees/items"


@pytest.mark.parametrize(
    "path", [ITEMS, "/api/collections/fruit-trees", "/api/collections/quarters/items"]
)
def test_the_small_map_draws_and_asks_nobody_else(visitor: Visitor, path: str) -> None:
    visit = visitor()
    page = visit.open_map(path)
    expect(page.locator(".maplibregl-canvas")).to_be_visible()
    assert visit.foreign_requests() == []
    assert visit.complaints == []
    assert visit.context.cookies() == []


def test_the_features_of_the_table_are_on_the_map(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"{ITEMS}?limit=1&bbox=11.0499,53.0499,11.0501,53.0501")
    expect(page.locator("tbody tr")).to_have_count(1)
    map_ = page.locator("#map")
    map_.scroll_into_view_if_needed()
    box = map_.bounding_box()
    assert box
    # One point alone lies in the middle; a click on it leads to its row.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("tr:target")).to_contain_text("Apfel")
    expect(page.locator("tr:target a").first).to_be_focused()


def test_the_view_of_the_map_becomes_the_box(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"{ITEMS}?bbox=11.0499,53.0499,11.0501,53.0501")
    for _press in range(5):
        page.locator(".maplibregl-ctrl-zoom-out").click()
        page.wait_for_timeout(500)
    page.click("#map-view")
    page.wait_for_url(re.compile("bbox=1"))
    # The walnut a hundred metres away is in view now.
    expect(page.locator("tbody")).to_contain_text("Walnuss")
    expect(page.locator(".conditions li")).to_contain_text("bbox")


def test_a_command_is_copied_or_selected(visitor: Visitor) -> None:
    visit = visitor()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open("/api/?lang=de")
    page.locator(".copy").first.click()
    expect(page.locator(".copy").first).to_have_text("Kopiert")
    assert page.evaluate("navigator.clipboard.readText()") == f"{visit.address}/api/"


def test_without_javascript_the_table_and_the_form_work(visitor: Visitor) -> None:
    visit = visitor(javascript=False)
    page = visit.open(f"{ITEMS}?lang=de")
    expect(page.locator("#map")).to_be_hidden()
    page.click("summary")
    page.select_option("[name=category]", "nut")
    page.click(".ask [type=submit], .ask button")
    expect(page.locator("tbody tr").first).to_contain_text("Walnuss")
    expect(page.locator(".conditions")).to_contain_text("Kategorie: Nuss")


def test_without_webgl_the_table_stays(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = visit.open(ITEMS)
    expect(page.locator("#map")).to_be_hidden()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert visit.complaints == []
