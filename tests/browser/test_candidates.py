"""Areas that could become parks: several are drawn on a map, and put in order."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.steps import click_around, no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.prove]


def test_two_areas_are_drawn_and_put_in_order(visitor: Visitor) -> None:
    visit = visitor(width=1100, height=900)
    page = visit.open("/en/planning/candidates")
    page.click("#area-draw")
    page.wait_for_selector("html.map-drawn", state="attached")
    # One by pointer.
    click_around(page, (-60, -60), (60, -60), (60, 60), (-60, -60))
    expect(page.locator("#area-status")).to_have_text("3 corners.")
    # One more by keyboard, beside it.
    page.click("#area-next")
    for step in ("ArrowLeft", "ArrowDown", "ArrowRight"):
        page.locator(".maplibregl-canvas").focus()
        for _press in range(2):
            page.keyboard.press(step)
            page.wait_for_timeout(500)
        page.locator("#area-corner").focus()
        page.keyboard.press("Enter")
    expect(page.locator("#area-status")).to_have_text("6 corners.")
    drawn = json.loads(page.input_value("#f-area"))
    assert drawn["type"] == "MultiPolygon"
    assert [len(rings[0]) for rings in drawn["coordinates"]] == [4, 4]
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".answer .facts").first).to_contain_text("drawn areas (2)")
    expect(page.get_by_role("img", name="Map of those without green")).to_be_visible()
    no_sideways(page)
    assert visit.complaints == []
    assert visit.foreign_requests() == []
