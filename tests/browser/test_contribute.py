"""Contributions as a person makes them: by pointer, on a narrow phone, by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTHS, Visitor
from tests.browser.steps import (
    TREE,
    add_tree,
    focus_by_tab,
    near,
    no_sideways,
    open_details,
    proposals,
    until,
)

pytestmark = pytest.mark.browser


class TestUndo:
    def test_for_ten_seconds_by_pointer(self, visitor: Visitor) -> None:
        visit = visitor()
        page = add_tree(visit, 11.0201, 53.0601)
        strip = page.locator(".undo-strip")
        expect(strip).to_be_visible()
        expect(page.locator("#status")).to_have_text(re.compile("zehn Sekunden"))
        assert len(near(visit, 11.0201, 53.0601)) == 1
        strip.get_by_role("button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        expect(strip).to_have_count(0)
        assert near(visit, 11.0201, 53.0601) == []
        expect(page.locator("#details")).to_be_hidden()
        assert visit.complaints == []

    @pytest.mark.prove
    def test_by_keyboard_and_gone_after_its_time(self, visitor: Visitor) -> None:
        visit = visitor()
        page = add_tree(visit, 11.0203, 53.0603)
        expect(page.locator(".undo-strip")).to_be_visible()
        page.keyboard.press("Control+z")
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        assert near(visit, 11.0203, 53.0603) == []
        page.context.clear_cookies()
        page = add_tree(visit, 11.0203, 53.0603)
        expect(page.locator(".undo-strip button")).to_have_text(re.compile(r"\(\d+ s\)"))
        expect(page.locator(".undo-strip")).to_have_count(0, timeout=60_000)
        assert len(near(visit, 11.0203, 53.0603)) == 1

    @pytest.mark.prove
    def test_whoever_is_on_the_button_has_time(self, visitor: Visitor) -> None:
        visit = visitor()
        page = add_tree(visit, 11.0205, 53.0605)
        button = page.locator(".undo-strip button")
        button.focus()
        before = button.text_content()
        page.wait_for_timeout(2500)
        assert button.text_content() == before

    def test_later_in_my_contributions(self, visitor: Visitor) -> None:
        visit = visitor(width=320)
        page = add_tree(visit, 11.0207, 53.0607)
        expect(page.locator(".undo-strip")).to_be_visible()
        visit.open("/my/")
        page.get_by_role("button", name="Zurückziehen").or_(
            page.locator("button", has_text=re.compile("urück"))
        ).first.click()
        expect(page.locator("#browser .saved")).to_be_visible()
        assert near(visit, 11.0207, 53.0607) == []
        no_sideways(page)

    def test_without_javascript(self, visitor: Visitor) -> None:
        visit = visitor(javascript=False)
        page = visit.open("/fruit-trees/new")
        page.fill("#add-form [name=species]", "Apfel")
        page.fill("[name=latitude]", "53.0609")
        page.fill("[name=longitude]", "11.0209")
        page.click("#add-form [type=submit]")
        page.click("#undo-form button")
        expect(page.locator("#undone")).to_have_text(re.compile("Zurückgenommen"))
        assert near(visit, 11.0209, 53.0609) == []
        assert visit.context.cookies() == []


class TestAlike:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_one_nearby_is_confirmed_instead(self, visitor: Visitor, width: int) -> None:
        visit = visitor(width=width)
        before = len(proposals(visit, action="confirm"))
        page = add_tree(visit, 11.05, 53.05)
        expect(page.locator("#alike")).to_be_focused()
        expect(page.locator("#alike")).to_contain_text("Apfel")
        expect(page.locator("#status")).to_have_text(re.compile("schon auf der Karte"))
        no_sideways(page)
        page.locator("#alike li button").first.click()
        expect(page.locator("#details #waiting")).to_be_visible()
        assert len(proposals(visit, action="confirm")) == before + 1
        assert len(near(visit, 11.05, 53.05)) == 1
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        assert len(proposals(visit, action="confirm")) == before

    @pytest.mark.prove
    def test_or_another_one_is_added_by_keyboard(self, visitor: Visitor) -> None:
        visit = visitor()
        page = add_tree(visit, 11.052, 53.05, "Walnuss")
        expect(page.locator("#alike")).to_be_focused()
        focus_by_tab(page, "#alike button[name=new]")
        page.keyboard.press("Enter")
        expect(page.locator("#details article")).to_be_visible()
        assert len(near(visit, 11.052, 53.05)) == 2
        # What was typed is gone from the form, and the next one is a new one.
        focus_by_tab(page, ".undo-strip button")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        assert len(near(visit, 11.052, 53.05)) == 1
        page.click("#tab-add")
        expect(page.locator("#add-form [name=species]")).to_have_value("")
        expect(page.locator("#add-form [type=submit].primary")).to_be_visible()


class TestOthersTrees:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_still_there_and_ripe(self, visitor: Visitor, width: int) -> None:
        visit = visitor(width=width)
        page = open_details(visit)
        no_sideways(page)
        page.get_by_role("button", name="Heute reif").click()
        expect(page.locator("#details #waiting")).to_be_visible()
        assert proposals(visit, action="confirm", kind="ripe")
        assert visit.context.cookies() == []
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        assert not proposals(visit, action="confirm", kind="ripe")

    @pytest.mark.parametrize("width", WIDTHS)
    def test_correct(self, visitor: Visitor, width: int) -> None:
        visit = visitor(width=width)
        page = open_details(visit)
        page.get_by_role("link", name="Berichtigen").click()
        expect(page.locator("#contribution h1")).to_be_focused()
        no_sideways(page)
        note = "<b>Bank</b> daneben"
        page.fill("#contribution [name=planted_year]", "3000")
        page.fill("#contribution [name=note]", note)
        # A click on the map or Escape does not throw away what was typed.
        page.keyboard.press("Escape")
        expect(page.locator("#contribution [name=note]")).to_have_value(note)
        if width > 320:
            visit.click_middle()
            expect(page.locator("#status")).to_have_text(re.compile("erst speichern"))
        page.click("#contribution [type=submit]")
        year = page.locator("#contribution [name=planted_year]")
        expect(year).to_be_focused()
        expect(year).to_have_accessible_description(re.compile("2100"))
        expect(page.locator("#contribution [name=note]")).to_have_value(note)
        year.fill("1990")
        page.click("#contribution [type=submit]")
        expect(page.locator("#details #waiting")).to_be_visible()
        [found] = proposals(visit, action="change")
        assert found["properties"]["values"] == {"planted_year": 1990, "note": note}
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))

    def test_move_by_keyboard(self, visitor: Visitor) -> None:
        visit = visitor()
        page = visit.open_map(TREE)
        page.locator(".maplibregl-canvas").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#details article")).to_be_visible()
        focus_by_tab(page, ".acts a[href$=move]")
        page.keyboard.press("Enter")
        expect(page.locator("#contribution h1")).to_be_focused()
        focus_by_tab(page, "#place-pin")
        page.keyboard.press("Enter")
        expect(page.locator(".maplibregl-marker")).to_be_focused()
        before = page.input_value("#contribution [name=longitude]")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert page.input_value("#contribution [name=longitude]") > before
        page.locator("#contribution h1").focus()
        focus_by_tab(page, "#contribution [type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#details #waiting")).to_be_visible()
        [found] = proposals(visit, action="move")
        longitude, latitude = found["geometry"]["coordinates"]
        assert longitude > 11.05
        assert latitude == pytest.approx(53.05, abs=1e-4)
        focus_by_tab(page, ".undo-strip button")
        page.keyboard.press("Enter")
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))
        assert not proposals(visit, action="move")
        expect(page.locator(".maplibregl-marker")).to_have_count(0)

    def test_move_by_tap_on_a_phone(self, visitor: Visitor) -> None:
        visit = visitor(width=320)
        page = open_details(visit)
        page.get_by_role("link", name="Verschieben").click()
        expect(page.locator("#contribution h1")).to_be_focused()
        no_sideways(page)
        page.evaluate("window.scrollTo(0, 0)")
        box = page.locator(".map-pane").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2 + 30, box["y"] + box["height"] / 2 + 20)
        page.click("#contribution [type=submit]")
        expect(page.locator("#details #waiting")).to_be_visible()
        assert proposals(visit, action="move")
        page.locator(".undo-strip button").click()
        expect(page.locator("#status")).to_have_text(re.compile("Zurückgenommen"))

    def test_report_by_keyboard_is_marked_on_the_map_for_all(self, visitor: Visitor) -> None:
        visit = visitor()
        page = open_details(visit)
        focus_by_tab(page, ".acts a[href$=report]")
        page.keyboard.press("Enter")
        expect(page.locator("#contribution h1")).to_be_focused()
        focus_by_tab(page, "#contribution [type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#contribution .errorlist")).to_contain_text("auswählen")
        focus_by_tab(page, "#contribution [name=kind]")
        page.keyboard.press("Space")
        focus_by_tab(page, "#contribution [name=reason]")
        page.keyboard.type("gefällt <script>")
        focus_by_tab(page, "#contribution [type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#details #waiting")).to_be_visible()
        [found] = proposals(visit, action="report", kind="gone")
        mark = f'[data-proposal="{found["id"]}"]'
        expect(page.locator(f"{mark} .mine")).to_have_count(1)
        page.click("#details .close")
        expect(page.locator(f"{mark} .mine")).to_be_visible()
        # Another reader sees it, too, as somebody else's.
        other = visitor()
        seen = other.open_map(TREE)
        expect(seen.locator(mark)).to_be_visible()
        expect(seen.locator(f"{mark} .mine")).to_be_hidden()
        until(seen, "() => Number(document.documentElement.dataset.proposals ?? 0) > 0")
        box = seen.locator(".map-pane").bounding_box()
        assert box
        # Its mark stands beside the tree, on the upper right.
        seen.mouse.click(box["x"] + box["width"] / 2 + 14, box["y"] + box["height"] / 2 - 14)
        expect(seen.locator(f"{mark} a")).to_be_focused()
        assert other.context.cookies() == []
        # The browser tells of the form that was sent without a choice.
        assert [each for each in visit.complaints if "422" not in each] == other.complaints == []
        visit.open("/my/")
        page.locator("button", has_text=re.compile("urück")).first.click()
        expect(page.locator("#browser .saved")).to_be_visible()

    def test_without_javascript(self, visitor: Visitor) -> None:
        visit = visitor(width=320, javascript=False)
        tree = near(visit, 11.05, 53.05)[0]["id"]
        page = visit.open(f"/en/fruit-trees/{tree}")
        no_sideways(page)
        page.get_by_role("link", name="Report").click()
        no_sideways(page)
        page.get_by_label("Something else").check()
        page.click("#contribution [type=submit]")
        expect(page.locator("[name=reason]")).to_have_accessible_description(re.compile("say what"))
        page.fill("[name=reason]", "It leans over the path.")
        page.click("#contribution [type=submit]")
        page.click("#undo-form button")
        expect(page.locator("#undone")).to_contain_text("Taken back")


class TestConflict:
    @pytest.mark.parametrize("width", WIDTHS)
    def test_both_versions_side_by_side(self, visitor: Visitor, width: int) -> None:
        """Two tabs of one browser: what one saves, the other has not seen."""
        visit = visitor(width=width)
        place = 53.0711 + width / 1e6
        page = add_tree(visit, 11.0301, place)
        expect(page.locator("#details article")).to_be_visible()
        tree = near(visit, 11.0301, place)[0]["id"]
        page.get_by_role("link", name="Berichtigen").click()
        page.fill("#contribution [name=note]", "meine Notiz")
        second = visit.context.new_page()
        second.goto(f"{visit.address}/#map=18/{place}/11.0301&feature=fruit-trees/{tree}")
        second.get_by_role("link", name="Berichtigen").click()
        second.fill("#contribution [name=note]", "andere Notiz")
        second.click("#contribution [type=submit]")
        expect(second.locator("#details article")).to_contain_text("andere Notiz")
        page.click("#contribution [type=submit]")
        conflict = page.locator("#conflict")
        expect(conflict).to_contain_text("andere Notiz")
        expect(conflict).to_contain_text("meine Notiz")
        no_sideways(page)
        focus_by_tab(page, "#conflict input[type=radio]")
        page.keyboard.press("ArrowDown")
        focus_by_tab(page, "#conflict [type=submit]")
        page.keyboard.press("Enter")
        expect(page.locator("#details article")).to_contain_text("meine Notiz")
        assert not proposals(visit, state="conflict")


@pytest.mark.parametrize("width", WIDTHS)
def test_where_i_am(visitor: Visitor, width: int) -> None:
    visit = visitor(width=width)
    visit.context.grant_permissions(["geolocation"])
    visit.context.set_geolocation({"latitude": 53.0333, "longitude": 11.0444})
    page = visit.open_map()
    page.click("#tab-add")
    page.click("#place-me")
    expect(page.locator("[name=latitude]")).to_have_value("53,033300")
    expect(page.locator("[name=longitude]")).to_have_value("11,044400")


def test_another_layer_in_the_tab(visitor: Visitor) -> None:
    visit = visitor(width=320)
    page = visit.open_map()
    page.click("#tab-add")
    for layer in ("gardens", "streets", "trees"):
        page.click(f'#what a[data-layer="{layer}"]')
        expect(page.locator(f'#add-form[data-layer="{layer}"]')).to_be_visible()
        expect(page.locator("#what [aria-current]")).to_be_focused()
        no_sideways(page)
