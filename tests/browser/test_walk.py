"""A walk as a person makes one: stops chosen in the list and the details, seen on the map, opened, taken along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import violations, wide
from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
HERE = "/en/#map=16/53.05/11.051"
NUMBERS = ".walk-number"


def test_stops_are_chosen_in_the_list_and_stand_in_the_address(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(HERE)
    add = page.locator("#list .walk-add")
    expect(add.first).to_have_accessible_name(re.compile("^Add to my walk: "))
    add.nth(0).click()
    expect(page.locator("#status")).to_contain_text("is on your walk")
    add.nth(1).click()
    expect(page.locator("#walk-length")).to_contain_text("2 stops, 130 m as the crow flies")
    expect(page.locator(NUMBERS)).to_have_count(2)
    assert page.url.count("fruit-trees/") == 2
    # A link shows the same walk to another, and no cookie was needed.
    other = visitor()
    other.open_map(page.url.removeprefix(visit.address))
    expect(other.page.locator("#walk-length")).to_contain_text("2 stops")
    expect(other.page.locator(NUMBERS)).to_have_count(2)
    assert visit.context.cookies() == other.context.cookies() == []
    assert visit.foreign_requests() == []
    assert visit.complaints == []


def test_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor().open_map(HERE)
    expect(page.locator("#list .walk-add").first).to_be_visible()
    page.locator("#list li a").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#walk-bar")).to_be_visible()
    # The focus stays where it was, on the same button, which now takes it off again.
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused).startswith("Take off my walk: ")
    page.keyboard.press("Enter")
    expect(page.locator("#walk-bar")).to_be_hidden()


def test_from_the_details_to_the_walks_own_page_and_gpx(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(HERE)
    # The list of the view, in which alone these buttons are; until it has come that of the whole town stands there.
    expect(page.locator("#list .walk-add").first).to_be_visible()
    page.click("#list li a >> nth=0")
    page.click("#details .walk-add")
    expect(page.locator("#details .walk-add")).to_have_text("Take off my walk")
    page.click("#details .close")
    page.click("#list .walk-add >> nth=1")
    expect(page.locator("#walk-length")).to_contain_text("2 stops")
    page.click("#walk-open")
    expect(page.locator(".stops > li")).to_have_count(2)
    page.wait_for_selector("html.map-drawn", state="attached")
    expect(page.locator(NUMBERS)).to_have_count(2)
    assert violations(page) == []
    with page.expect_download() as download:
        page.click("text=GPX for my phone")
    assert download.value.suggested_filename == "walk.gpx"
    page.click("text=Show on the map")
    expect(page.locator("#walk-length")).to_contain_text("2 stops")
    assert visit.complaints == []


def test_without_javascript_a_walk_is_made_of_links(visitor: Visitor) -> None:
    visit = visitor(width=320, javascript=False)
    page = visit.open("/en/fruit-trees/")
    page.click("#list-content li a >> nth=0")
    page.click("text=Add to my walk")
    expect(page.locator(".stops > li")).to_have_count(1)
    page.click(".take-on >> nth=0")
    expect(page.locator(".stops > li")).to_have_count(2)
    expect(page.locator("#walk-summary")).to_contain_text("as the crow flies")
    assert wide(page) <= 320
    page.click(".take-off >> nth=0")
    expect(page.locator(".stops > li")).to_have_count(1)
