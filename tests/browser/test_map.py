"""Finding things: map, list, layers and details, as a reader with a pointer or a keyboard does it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser
AT_THE_APPLE = "#map=18/53.05/11.05"


def test_nothing_comes_from_elsewhere_and_no_cookie_is_set(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map()
    page.click("#list li:first-child a")
    expect(page.locator("#details article")).to_be_visible()
    assert any(".mvt" in each for each in visit.requests), "vector tiles were asked for"
    assert visit.foreign_requests() == []
    assert visit.context.cookies() == []
    # What the content security policy forbids would stand here.
    assert visit.complaints == []


def test_scripts_are_served_under_hashed_names(visitor: Visitor) -> None:
    """Also those that come later: under another name they would come twice, and be missing without a network."""
    visit = visitor()
    page = visit.open_map()
    page.click("#tab-add")
    page.click('#what a[data-layer="gardens"]')
    page.click("#place-draw")
    expect(page.locator("#status")).to_contain_text("Ecke für Ecke")
    scripts = [each for each in visit.requests if re.search(r"\.m?js$", each)]
    assert len(scripts) > 10
    assert any("terra-draw" in each for each in scripts)
    assert [each for each in scripts if not re.search(r"\.[0-9a-f]{12}\.m?js$", each)] == []


def test_a_click_shows_details_in_plain_words(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"/{AT_THE_APPLE}")
    visit.click_middle()
    details = page.locator("#details")
    expect(details.locator("h2")).to_have_text("Apfel")
    expect(details.locator("i[lang=la]")).to_have_text("Malus domestica")
    expect(details).to_contain_text("Anfang August bis Anfang November")
    expect(details).to_contain_text("Öffentlich: alle dürfen pflücken")
    expect(details).to_contain_text("6,5 m")
    expect(details).to_contain_text("Quarter a")
    # The quarter and the town lie there too.
    expect(details.locator(".also")).to_contain_text("Quarter a")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()
    expect(page.locator("#list")).to_be_visible()


def test_a_click_on_a_plot_opens_the_plot_and_tells_what_lies_beneath(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map("/en/#map=18/53.0251/11.0851")
    visit.click_middle()
    expect(page.locator("#details h2")).to_contain_text("17")
    beneath = page.locator("#details .also li")
    expect(beneath).to_have_text([re.compile("^Am Hang"), re.compile("^Quarter a")])
    # And so does the garden beside its plot.
    page.keyboard.press("Escape")
    page.goto(f"{visit.address}/en/#map=19/53.0257/11.0858")
    page.reload()
    page.wait_for_selector("html.map-drawn", state="attached")
    visit.click_middle()
    expect(page.locator("#details h2")).to_contain_text("Am Hang")


def test_from_afar_a_click_shows_details_too(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map("/#map=11/53.05/11.15")
    visit.click_middle()
    expect(page.locator("#details h2")).to_contain_text("Walnuss")
    assert visit.complaints == []


def test_the_same_by_keyboard(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"/{AT_THE_APPLE}")
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#details h2")).to_have_text("Apfel")
    expect(page.locator("#details")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".maplibregl-canvas")).to_be_focused()


def test_tabs_move_by_arrow_keys(visitor: Visitor) -> None:
    page = visitor().open_map()
    page.locator("#tab-list").focus()
    for tab in ("find", "layers"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#tab-{tab}")).to_be_focused()
        expect(page.locator(f"#{tab}")).to_be_visible()
        expect(page.locator("#list")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#add")).to_be_visible()


def test_the_list_keeps_in_step_with_the_map(visitor: Visitor) -> None:
    page = visitor().open_map(f"/{AT_THE_APPLE}")
    entries = page.locator("#list li")
    expect(entries.first).to_contain_text("Apfel")
    page.locator(".maplibregl-canvas").focus()
    for _press in range(3):
        page.keyboard.press("-")
        page.wait_for_timeout(500)
    # From afar the walnut a hundred metres away comes into view, after what is nearer.
    expect(entries.nth(1)).to_contain_text("Walnuss")
    expect(entries.nth(1)).to_contain_text(re.compile(r"1[34]0 m"))


def test_the_switch_hides_a_layer(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"/{AT_THE_APPLE}")
    page.click("#tab-layers")
    for box in page.locator("#layers input").all():
        box.uncheck()
    visit.click_middle()
    expect(page.locator("#status")).to_have_text("An dieser Stelle ist nichts eingezeichnet.")
    page.locator("#layers input[value=fruit-trees]").check()
    page.wait_for_timeout(500)
    visit.click_middle()
    expect(page.locator("#details h2")).to_have_text("Apfel")


def test_english_under_its_own_address_at_the_same_place(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"/{AT_THE_APPLE}")
    page.click("a.language")
    page.wait_for_selector("html.map-drawn", state="attached")
    assert page.url == f"{visit.address}/en/{AT_THE_APPLE}"
    expect(page.locator("html")).to_have_attribute("lang", "en")
    visit.click_middle()
    expect(page.locator("#details h2")).to_have_text("Apple")
    expect(page.locator("#details")).to_contain_text("early August to early November")


def test_the_bare_address_is_german_whatever_the_browser_prefers(visitor: Visitor) -> None:
    visit = visitor()
    visit.context.set_extra_http_headers({"Accept-Language": "en"})
    page = visit.open("/")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_a_feature_has_a_page_and_a_way_back_to_the_map(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map(f"/{AT_THE_APPLE}")
    visit.click_middle()
    page.click("#details .own-page")
    expect(page.locator("h2")).to_have_text("Apfel")
    page.click("text=Auf der Karte zeigen")
    expect(page.locator("#details h2")).to_have_text("Apfel")


def test_a_link_to_a_feature_opens_it_in_the_window_that_is_open(visitor: Visitor) -> None:
    page = visitor().open_map(f"/{AT_THE_APPLE}")
    entry = page.locator("#list li", has_text="Apfel").first
    expect(entry).to_be_visible()
    linked = f"{AT_THE_APPLE}&feature=fruit-trees/{entry.get_attribute('data-id')}"
    page.evaluate("hash => { location.hash = hash; }", linked)
    expect(page.locator("#details h2")).to_have_text("Apfel")


def test_without_webgl_list_details_and_form_work(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = visit.open("/")
    expect(page.locator("#map-note")).to_contain_text("WebGL")
    expect(page.locator("#list li").first).to_be_visible()
    page.click("#tab-add")
    page.fill("#add-form [name=species]", "Walnuss")
    page.fill("[name=latitude]", "53,06")
    page.fill("[name=longitude]", "11,06")
    page.click("#add-form [type=submit]")
    expect(page.locator("h2")).to_contain_text("Walnuss")
    expect(page.locator(".saved")).to_be_visible()


def test_an_address_for_other_programs_is_copied(visitor: Visitor) -> None:
    visit = visitor()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open_map("/")
    page.click("#tab-layers")
    first = page.locator("#layers .elsewhere").first
    first.locator("summary").click()
    first.locator("button.copy").first.click()
    expect(page.locator("#status")).to_have_text(f"Kopiert: {visit.address}/wms")
    assert page.evaluate("navigator.clipboard.readText()") == f"{visit.address}/wms"


def test_where_nothing_may_copy_the_address_is_marked(visitor: Visitor) -> None:
    visit = visitor()
    visit.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = visit.open_map("/")
    page.click("#tab-layers")
    first = page.locator("#layers .elsewhere").first
    first.locator("summary").click()
    first.locator("button.copy").first.click()
    expect(page.locator("#status")).to_contain_text("markiert")
    assert page.evaluate("String(getSelection())") == f"{visit.address}/wms"
