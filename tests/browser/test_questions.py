"""From a question of features to its file, without any script; an area that is drawn on a map."""

import csv
import io
import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.steps import click_around, focus_by_tab, no_sideways

pytestmark = pytest.mark.browser


def test_from_the_form_to_the_file(visitor: Visitor) -> None:
    visit = visitor(width=320, javascript=False)
    page = visit.open("/en/planning/questions")
    page.get_by_label("Features", exact=True).select_option("fruit-trees")
    page.get_by_label("What is told").select_option("mean")
    page.get_by_label("Number").select_option("height_m")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mean: height")
    assert "sent=" not in page.url
    row = page.get_by_role("row").filter(has_text="Quarter a")
    expect(row).to_contain_text("6.5")
    # What was asked stands in the form again.
    assert page.get_by_label("Number").input_value() == "height_m"
    address = page.get_by_role("link", name="CSV").get_attribute("href")
    assert address is not None
    text = page.request.get(visit.address + address).text()
    rows = {each["key"]: each for each in csv.DictReader(io.StringIO(text))}
    assert rows["a"]["value"] == "6.5"
    assert "number=height_m" in rows["a"]["parameters"]
    assert visit.foreign_requests() == []
    no_sideways(page)


def test_a_filter_that_means_nothing_is_told_beside_what_was_written(visitor: Visitor) -> None:
    page = visitor(javascript=False).open(
        "/planning/questions?layer=fruit-trees&filter=taste+%3E+3"
    )
    expect(page.get_by_role("alert")).to_contain_text("taste")
    assert page.locator("#f-filter").input_value() == "taste > 3"


def by_area(page: Page, corners: int) -> None:
    """The area has so many corners, is what is asked for, and is answered."""
    ring = json.loads(page.input_value("#f-area"))["coordinates"][0]
    assert len(ring) == corners + 1
    assert ring[0] == ring[-1]
    assert page.input_value("#f-per") == "area"
    page.select_option("#f-layer", "fruit-trees")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("Drawn area")


@pytest.mark.prove
def test_an_area_is_drawn_by_pointer(visitor: Visitor) -> None:
    visit = visitor(width=1100, height=900)
    page = visit.open("/en/planning/questions")
    assert not any("maplibre-gl" in each and each.endswith(".mjs") for each in visit.requests)
    page.get_by_text("Drawn area, earlier day").click()
    page.click("#area-draw")
    expect(page.locator("#area-status")).to_contain_text("corner by corner")
    page.wait_for_selector("html.map-drawn", state="attached")
    click_around(page, (-60, -60), (60, -60), (60, 60), (-60, -60))
    expect(page.locator("#area-status")).to_have_text("3 corners.")
    by_area(page, 3)
    assert visit.complaints == []
    assert visit.foreign_requests() == []


def test_an_area_is_drawn_by_keyboard_on_a_phone(visitor: Visitor) -> None:
    visit = visitor(width=320)
    page = visit.open("/en/planning/questions")
    focus_by_tab(page, ".ask details:has(#f-area) summary")
    page.keyboard.press("Enter")
    focus_by_tab(page, "#area-draw")
    page.keyboard.press("Enter")
    page.wait_for_selector("html.map-drawn", state="attached")
    no_sideways(page)
    for step in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.locator(".maplibregl-canvas").focus()
        page.keyboard.press(step)
        page.wait_for_timeout(500)
        focus_by_tab(page, "#area-corner")
        page.keyboard.press("Enter")
    by_area(page, 3)
    # What was drawn stands on the map of the answer's form again, and can be begun anew.
    page.click("#area-draw")
    expect(page.locator("#area-clear")).to_be_visible()
    page.click("#area-clear")
    assert page.input_value("#f-area") == ""
