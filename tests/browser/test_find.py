"""Finding what is ripe or near, as people do it: by pointer, by keyboard alone, on a phone, and without scripts."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
ENTRIES = "#list-content .entries li"


def state(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_what_is_ripe_in_february_stands_in_list_map_and_address(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map()
    expect(page.locator(ENTRIES)).to_have_count(3)
    page.click("#tab-find")
    slider = page.locator("#find input[type=range]")
    slider.fill("12")
    # Who moves the slider chooses by it, and hears what it says.
    expect(page.locator("#find input[value=at]")).to_be_checked()
    expect(slider).to_have_attribute("aria-valuetext", "Anfang Dezember")
    expect(page.locator("#find output").first).to_have_text("Anfang Dezember")
    page.click("#find-form .primary")
    expect(page.locator("#list .filter-on")).to_contain_text("Anfang Dezember")
    expect(page.locator(ENTRIES)).to_have_count(0)
    assert state(page) == {"filter": "A_OVERLAPS(ripe, (12))"}
    page.wait_for_timeout(500)
    tiles = [each for each in visit.requests if "/tiles/fruit-trees/" in each and "filter=" in each]
    assert tiles, "the map asks for what the list shows"
    # The same plants are on the layer of trees.
    assert [each for each in visit.requests if "/tiles/trees/" in each and "filter=" in each]
    page.go_back()
    expect(page.locator(ENTRIES)).to_have_count(3)
    assert visit.complaints == []


def test_a_link_shows_the_same_view_to_another(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.click("#tab-find")
    page.check("#find input[name=access][value=own-property]")
    page.click("#find-form .primary")
    expect(page.locator(ENTRIES)).to_have_count(1)
    address = page.url
    other = visitor()
    there = other.open_map(address.removeprefix(other.address))
    expect(there.locator(ENTRIES)).to_have_count(1)
    expect(there.locator(ENTRIES)).to_contain_text("Walnuss")
    there.click("#tab-find")
    expect(there.locator("#find input[name=access][value=own-property]")).to_be_checked()
    there.click("a.language")
    there.wait_for_selector("html.map-drawn", state="attached")
    expect(there.locator(ENTRIES)).to_have_count(1)
    expect(there.locator(ENTRIES)).to_contain_text("Walnut")
    assert [
        each for each in other.requests if re.search(r"/tiles/fruit-trees/\d+/\d+/\d+\.mvt$", each)
    ] == []


def test_near_a_place_that_is_typed(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.click("#tab-find")
    page.fill("#find-place-name", "quarter b")
    page.select_option("#find [name=within-m]", "1000")
    page.click("#find-form .primary")
    expect(page.locator(ENTRIES)).to_have_count(1)
    expect(page.locator(ENTRIES)).to_contain_text("Walnuss")
    page.click("#list .everything")
    expect(page.locator(ENTRIES)).to_have_count(3)
    # The place stays: the nearest to it comes first.
    expect(page.locator(ENTRIES).first).to_contain_text("Walnuss")


def test_from_where_i_am(visitor: Visitor) -> None:
    visit = visitor()
    visit.context.grant_permissions(["geolocation"])
    visit.context.set_geolocation({"longitude": 11.0521, "latitude": 53.05})
    page = visit.open_map()
    page.click("#tab-find")
    page.click("#from-here")
    expect(page.locator("#status")).to_have_text("Jetzt von Ihrem Standort aus gesehen.")
    page.click("#find-form .primary")
    expect(page.locator(ENTRIES).first).to_contain_text("Walnuss")
    expect(page.locator(f"{ENTRIES} .distance").first).to_contain_text("10 m")


def test_what_is_wrong_is_told_beside_the_field(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.click("#tab-find")
    page.check("#find input[name=access][value=public]")
    page.fill("#find-place-name", "Atlantis")
    page.click("#find-form .primary")
    expect(page.locator("#find .errorlist")).to_contain_text("Atlantis")
    expect(page.locator("#find-place-name")).to_have_value("Atlantis")
    expect(page.locator("#find input[name=access][value=public]")).to_be_checked()
    assert page.evaluate("document.activeElement.closest('#find-form') !== null")


def test_search_by_keyboard_alone(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map()
    page.locator("#search-text").focus()
    page.keyboard.type("quart")
    box = page.locator("#search-text")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#search-list [role=option]")).to_have_count(2)
    expect(page.locator("#status")).to_contain_text("Vorschläge: 2")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#search-list [aria-selected=true]")).to_contain_text("Quarter b")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    expect(box).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#details h2")).to_have_text("Quarter b")
    assert "/53.05" in page.url
    assert "/11.15" in page.url
    assert visit.complaints == []


def test_a_kind_that_is_searched_is_shown_where_it_grows(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.fill("#search-text", "wallnuss")  # with a slip
    page.locator("#search-list [role=option]").first.click()
    expect(page.locator(ENTRIES)).to_have_count(2)
    expect(page.locator("#list .filter-on")).to_contain_text("Walnuss")
    assert state(page) == {"filter": "species = 'Juglans regia'"}


def test_the_form_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.locator("#tab-list").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-find")).to_be_focused()
    page.locator("#find input[type=range]").focus()
    page.keyboard.press("Home")
    expect(page.locator("#find output").first).to_have_text("Anfang Januar")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#find output").first).to_have_text("Ende Januar")
    page.locator("#find-form .primary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#list .filter-on")).to_contain_text("Ende Januar")
    expect(page.locator("#tab-list")).to_be_focused()


def test_without_scripts_the_same_by_pages(visitor: Visitor) -> None:
    visit = visitor(javascript=False)
    page = visit.open("/")
    page.check("#find input[name=access][value=own-property]")
    page.click("#find-form .primary")
    assert urlsplit(page.url).path == "/fruit-trees/"
    expect(page.locator(ENTRIES)).to_have_count(1)
    page.click("summary:has-text('Finden')")
    expect(page.locator("#find-form input[name=access][value=own-property]")).to_be_checked()
    page.fill("#search-text", "quarter a")
    page.click("#search button")
    expect(page.locator("#hits")).to_contain_text("Quarter a")
    page.click("#hits .hit >> nth=0")
    expect(page.locator("h2").first).to_contain_text("Quarter a")


def test_without_webgl_the_form_leads_to_its_page(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = visit.open("/")
    page.click("#tab-find")
    page.check("#find input[name=access][value=public]")
    page.click("#find-form .primary")
    expect(page.locator(ENTRIES)).not_to_have_count(0)
    assert urlsplit(page.url).path == "/fruit-trees/"


PHONE = (
    "/",
    "/fruit-trees/find",
    "/gardens/find",
    "/search?q=quarter",
    "/fruit-trees/?filter=access%20%3D%20%27public%27",
)


@pytest.mark.parametrize("path", PHONE)
def test_no_page_scrolls_sideways_on_a_phone(visitor: Visitor, path: str) -> None:
    page = visitor(width=320, height=640).open(path)
    if path == "/":
        page.click("#tab-find")
        page.fill("#search-text", "quarter")
        expect(page.locator("#search-list [role=option]").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
