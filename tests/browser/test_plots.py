"""Plots as a person draws them: by pointer, corner by corner, and by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Visit, Visitor
from tests.browser.steps import asked, focus_by_tab, no_sideways, proposals, until

pytestmark = pytest.mark.browser
GARDEN = "/#map=17/53.025/11.085"


class TestPlots:
    def open_form(self, visit: Visit) -> Page:
        page = visit.open_map(GARDEN)
        page.click("#tab-add")
        page.click('#what a[data-layer="garden-plots"]')
        expect(page.locator("#add-form [name=shape]")).to_be_visible()
        return page

    def save(self, page: Page) -> None:
        page.click("#add-form [type=submit].primary")
        expect(page.locator("#details #waiting")).to_be_visible()

    def test_drawn_by_pointer_snapping_to_the_garden(self, visitor: Visitor) -> None:
        visit = visitor()
        page = self.open_form(visit)
        with page.expect_response(re.compile("/api/collections/gardens/items")):
            page.click("#place-draw")
        expect(page.locator("#status")).to_have_text(re.compile("Ecke für Ecke"))
        page.wait_for_timeout(500)
        box = page.locator(".map-pane").bounding_box()
        assert box
        # The garden's south-west corner on the screen, and three places to the north and east of it.
        metres = 40075016 * 0.6013 / (512 * 2**17)  # of a pixel there
        east = -0.0005 * 111320 * 0.6013 / metres
        south = 0.0005 * 111320 / metres
        x, y = box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 + south
        for dx, dy in ((4, 5), (60, 6), (60, -60), (5, -60), (4, 5)):
            page.mouse.move(x + dx, y + dy)
            page.wait_for_timeout(120)
            page.mouse.click(x + dx, y + dy)
            page.wait_for_timeout(350)
        lines = page.input_value("[name=shape]").split("\n")
        assert len(lines) == 4
        corners = [tuple(map(float, line.split(", "))) for line in lines]
        # Clicked beside, it lies on the corner and on the fences.
        assert corners[0] == pytest.approx((53.0245, 11.0845), abs=1e-7)
        assert corners[1][0] == pytest.approx(53.0245, abs=1e-7)
        assert corners[3][1] == pytest.approx(11.0845, abs=1e-7)
        # A corner is dragged, and the text follows.
        page.mouse.move(x + 60, y - 60)
        page.mouse.down()
        page.mouse.move(x + 70, y - 70, steps=5)
        page.mouse.up()
        expect(page.locator("[name=shape]")).not_to_have_value("\n".join(lines))
        page.select_option("#add-form [name=state]", "vacant")
        self.save(page)
        [found] = proposals(visit, layer="garden-plots")
        assert found["properties"]["values"]["garden"] == "am-hang"
        assert found["geometry"]["type"] == "Polygon"
        assert visit.complaints == []
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))

    def test_by_keyboard_alone(self, visitor: Visitor) -> None:
        visit = visitor()
        page = self.open_form(visit)
        page.locator("#what [aria-current]").focus()
        focus_by_tab(page, "[name=shape]")
        page.keyboard.type("53.0248, 11.0848\n53.0248, 11.0850\n53.0249, 11.0850")
        focus_by_tab(page, "#add-form [type=submit].primary")
        page.keyboard.press("Enter")
        expect(page.locator("#details #waiting")).to_be_visible()
        assert len(proposals(visit, layer="garden-plots")) == 1
        focus_by_tab(page, ".undo-strip button")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))

    def test_corner_by_corner_from_the_middle_of_the_map(self, visitor: Visitor) -> None:
        visit = visitor(width=320)
        page = self.open_form(visit)
        no_sideways(page)
        for step in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            page.click("#place-corner")
            page.locator(".maplibregl-canvas").focus()
            before = page.evaluate("location.hash")
            page.keyboard.press(step)
            until(page, "before => location.hash !== before", before)
        assert len(page.input_value("[name=shape]").split("\n")) == 3

    @pytest.mark.parametrize("width", WIDTHS)
    def test_mistakes_are_told_beside_the_field(self, visitor: Visitor, width: int) -> None:
        visit = visitor(width=width)
        page = self.open_form(visit)
        shape = page.locator("[name=shape]")
        for wrong, said in (
            ("53.0248, 11.0848\n53.0249, 11.0850\n53.0248, 11.0850\n53.0249, 11.0848", "kreuzt"),
            ("53.0248, 11.0848\n53.0248, 11.0870\n53.0249, 11.0870", "außerhalb von"),
            ("53.0348, 11.0848\n53.0348, 11.0850\n53.0349, 11.0850", "in keinem"),
            ("hier", "Zeile 1"),
        ):
            shape.fill(wrong)
            page.click("#add-form [type=submit].primary")
            expect(shape).to_have_accessible_description(re.compile(said))
            expect(shape).to_be_focused()
            expect(shape).to_have_value(wrong)
        no_sideways(page)
        assert proposals(visit, layer="garden-plots") == []

    @pytest.mark.prove
    def test_an_outline_that_stands_is_drawn_anew(self, visitor: Visitor) -> None:
        visit = visitor()
        [plot] = asked(visit, "/api/collections/garden-plots/items")
        page = visit.open_map(f"/#map=18/53.0251/11.0851&feature=garden-plots/{plot['id']}")
        expect(page.locator("#details h2")).to_contain_text("17")
        page.get_by_role("link", name="Neu zeichnen").click()
        expect(page.locator("#contribution [name=shape]")).to_have_value(
            re.compile("53.025, 11.085")
        )
        shape = page.locator("#contribution [name=shape]")
        shape.fill(shape.input_value().replace("53.0252", "53.0253"))
        page.keyboard.press("Tab")
        page.click("#contribution [type=submit]")
        expect(page.locator("#details #waiting")).to_be_visible()
        [found] = proposals(visit, layer="garden-plots", action="move")
        assert max(each[1] for each in found["geometry"]["coordinates"][0]) == pytest.approx(
            53.0253
        )
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
