"""A planner: from a question to a report and a file, by keyboard, without a script, at 320 pixels, by day and night."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, Visitor, filled_server
from tests.browser.steps import focus_by_tab
from tests.browser.test_everyone import violations, wide

pytestmark = pytest.mark.browser
WALK = "/en/planning/?indicator=green-within-a-walk"
FULL = f"{WALK}&since=2026-01-01&against=green-per-inhabitant"


@pytest.fixture(scope="module")
def schwerin(_collected, demo_template, django_db_setup, django_db_blocker) -> Iterator[str]:
    """A server with the demo's town."""
    name = f"gptest_run_{os.getpid()}_planning"

    with filled_server(name, demo_template, django_db_blocker) as address:
        yield address


@pytest.fixture
def planner(visitor: Visitor, schwerin: str):
    def make(**options) -> Visit:
        visit = visitor(**options)
        visit.address = schwerin
        return visit

    return make


def test_from_the_map_to_the_report_by_keyboard_alone(planner) -> None:
    visit = planner(width=1100, height=800)
    page = visit.open("/en/")
    focus_by_tab(page, ".top-links a[href='/en/planning/']")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Questions asked of quarters")
    focus_by_tab(page, "#ask-indicator")
    page.keyboard.type("Green within a")
    focus_by_tab(page, ".ask .primary")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Green within a walk")
    assert "of=" not in page.url
    # Parameters: opened, changed, asked again.
    focus_by_tab(page, ".ask summary")
    page.keyboard.press("Enter")
    focus_by_tab(page, "#p-limit")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("400")
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_contain_text("limit 400 m instead of 300")
    assert "limit=400" in page.url
    focus_by_tab(page, ".take .main-button")
    page.keyboard.press("Enter")
    expect(page.locator("#citation")).to_contain_text("limit 400 m")
    expect(page.locator(".paper .map .area")).to_have_count(26)
    expect(page.locator(".paper tbody tr")).to_have_count(26)
    expect(page.locator("#print")).to_be_visible()
    assert visit.complaints == []
    assert visit.foreign_requests() == []
    assert visit.context.cookies() == []


def test_the_report_is_printed_upright_on_a4(planner, tmp_path) -> None:
    visit = planner()
    page = visit.open(FULL.replace("?", "report?"))
    page.emulate_media(media="print")
    for hidden in (".top", ".trail", ".sheet-bar", ".foot"):
        expect(page.locator(hidden).first).to_be_hidden()
    # 180 mm between the margins: nothing is cut off at the right.
    page.set_viewport_size({"width": 680, "height": 960})
    table = page.locator(".ranked").bounding_box()
    assert table
    assert table["x"] + table["width"] <= 680
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_without_a_script_the_same(planner) -> None:
    visit = planner(width=320, javascript=False)
    page = visit.open("/en/planning/")
    page.click("text=Green within a walk >> nth=-1")
    expect(page.locator(".answer .map .area")).to_have_count(26)
    page.click(".to-form")
    page.click("text=The map >> nth=0")
    page.select_option("#ask-classes", "equal")
    page.click(".ask .primary")
    assert "classes=equal" in page.url
    expect(page.locator("text=Equal intervals").first).to_be_visible()
    with page.expect_download() as download:
        page.click("text=GeoPackage")
    assert download.value.suggested_filename == "green-within-a-walk.gpkg"
    assert wide(page) <= 320


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1100, "light"),
        (320, "dark"),
        pytest.param(1100, "dark", marks=pytest.mark.prove),
        pytest.param(320, "light", marks=pytest.mark.prove),
    ],
)
def test_axe_finds_nothing_with_everything_shown(planner, width, scheme) -> None:
    visit = planner(width=width)
    for address in ("/en/planning/", FULL, FULL.replace("?", "report?"), f"{WALK}&limit=1"):
        page = visit.page
        page.emulate_media(color_scheme=scheme)
        visit.open(address)
        assert violations(page) == [], address
        assert wide(page) <= width, address


def test_a_quarter_pointed_at_on_the_map_is_marked_in_the_table(planner) -> None:
    visit = planner(width=1100, height=900)
    page = visit.open(WALK)
    area = page.locator(".answer .map .area").nth(3)
    row = area.get_attribute("data-row")
    area.hover()
    expect(page.locator(f"#q-{row}")).to_have_class("marked")
    area.click()
    expect(page.locator(f"#q-{row}")).to_be_in_viewport()
    assert visit.complaints == []


def test_a_wrong_parameter_is_said_at_the_form(planner) -> None:
    page = planner().open(f"{WALK}&limit=9999")
    expect(page.locator("[role=alert]")).to_contain_text("limit is a number from 50 to 1500 m")
    expect(page.locator("#p-limit")).to_be_visible()
    expect(page.locator("#p-limit")).to_have_value("9999")
