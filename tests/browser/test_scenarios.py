"""A planner draws what might be: by pointer, by keyboard with coordinates, without a script; keeps it and compares."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import geopandas as gpd
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Dialog, Page, expect
from shapely.geometry import shape

from tests.browser.conftest import Visit, Visitor, filled_server
from tests.browser.logins import log_in, make_session
from tests.browser.steps import asked, click_around, focus_by_tab
from tests.browser.test_everyone import violations, wide

pytestmark = pytest.mark.browser
LIST = "/en/planning/scenarios/"
DRAW = f"{LIST}draw?indicator=green-per-inhabitant"
SESSION = "s" * 32
CORNERS = "53.62, 11.40\n53.62, 11.41\n53.63, 11.41\n53.63, 11.40"


def _fill() -> None:
    make_session(User.objects.create_user("planner"), SESSION)


@pytest.fixture(scope="module")
def schwerin(_collected, demo_template, django_db_setup, django_db_blocker) -> Iterator[str]:
    """A server with the demo's town, and somebody who may keep scenarios."""
    name = f"gptest_run_{os.getpid()}_scenarios"
    with filled_server(
        name, demo_template, django_db_blocker, _fill, SECRET_KEY=settings.SECRET_KEY
    ) as address:
        yield address


@pytest.fixture
def planner(visitor: Visitor, schwerin: str):
    def make(*, known: bool = False, **options) -> Visit:
        visit = visitor(**options)
        visit.address = schwerin
        if known:
            log_in(visit.context, schwerin, SESSION)
        return visit

    return make


def drawn(page: Page) -> list[dict]:
    said = page.input_value("#s-overlay")
    return json.loads(said)["features"] if said else []


def keep(page: Page, name: str) -> str:
    """The address that it is kept at."""
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Keep this scenario").click()
    expect(page.locator("h1")).to_have_text(name)
    return page.url


def test_draw_a_park_read_the_change_keep_compare_export(planner, tmp_path) -> None:
    visit = planner(known=True, width=1100, height=1000)
    page = visit.open(DRAW)
    page.wait_for_selector("html.map-drawn", state="attached")
    page.get_by_role("button", name="Park", exact=True).click()
    click_around(page, (-60, -60), (60, -60), (60, 60), (-60, -60))
    expect(page.locator("#parts li")).to_have_count(1)
    expect(page.locator("#headline")).to_contain_text("Quarters with more:")
    expect(page.locator("#sketch-status")).to_contain_text("Quarters with more:")
    expect(page.locator(".pair .map")).to_have_count(2)
    before = page.locator("#headline").inner_text()
    # One step back nothing is drawn, one step on it is again.
    page.get_by_role("button", name="Step back").click()
    expect(page.locator("#parts li")).to_have_count(0)
    page.get_by_role("button", name="Step on").click()
    expect(page.locator("#headline")).to_have_text(before)
    small = keep(page, "Small")
    # A second one beside it: by keyboard, with coordinates.
    page = visit.open(DRAW)
    by_keyboard(page)
    large = keep(page, "Other")
    page = visit.open(LIST)
    for each in page.get_by_label("compare").all():
        each.check()
    page.get_by_role("button", name="Compare those ticked").click()
    expect(page.locator(".multiples .map")).to_have_count(3)
    for name in ("Small", "Other"):
        expect(page.locator("thead")).to_contain_text(name)
    assert violations(page) == []
    page = visit.open(small.removeprefix(visit.address))
    assert large != small
    with page.expect_download() as download:
        page.get_by_role("link", name="GeoPackage").click()
    download.value.save_as(tmp_path / "small.gpkg")
    assert len(gpd.read_file(tmp_path / "small.gpkg", layer="areas")) == 1
    page.get_by_role("link", name="Report to print").click()
    expect(page.locator(".paper h1")).to_have_text("Small")
    assert visit.complaints == []
    assert visit.foreign_requests() == []


def by_keyboard(page: Page) -> None:
    """A park by its corners, without a pointer."""
    focus_by_tab(page, "[data-tool='green-spaces']")
    page.keyboard.press("Enter")
    expect(page.locator("#corners-text")).to_be_focused()
    page.keyboard.insert_text(CORNERS)
    focus_by_tab(page, "#corners-done")
    page.keyboard.press("Enter")
    expect(page.locator("#parts li")).to_have_count(1)
    expect(page.locator("#headline")).to_contain_text("Quarters with more:")
    (part,) = drawn(page)
    assert part["geometry"]["coordinates"][0][0] == [11.40, 53.62]


@pytest.mark.prove
def test_whoever_has_no_account_draws_without_a_cookie(planner) -> None:
    visit = planner(width=320)
    page = visit.open(DRAW)
    by_keyboard(page)
    # What is there is looked up by keyboard, too, and taken away.
    (there, *_more) = asked(visit, "/api/collections/green-spaces/items?limit=1")
    longitude, latitude = shape(there["geometry"]).representative_point().coords[0]
    focus_by_tab(page, "[data-tool='there']")
    page.keyboard.press("Enter")
    page.keyboard.insert_text(f"{latitude}, {longitude}")
    focus_by_tab(page, "#corners-done")
    page.keyboard.press("Enter")
    expect(page.locator("#found li").first).to_be_visible()
    focus_by_tab(page, "#found button")
    page.keyboard.press("Enter")
    expect(page.locator("#parts li")).to_have_count(2)
    expect(page.locator("#headline")).not_to_contain_text("with less: 0")
    assert drawn(page)[1]["id"] == there["id"]
    assert violations(page) == []
    assert wide(page) <= 320
    # Whoever goes without keeping it is asked first.
    asked_to_stay: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked_to_stay.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.locator("header a[hreflang=de]").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert asked_to_stay == ["beforeunload"]
    assert visit.context.cookies() == []
    assert visit.complaints == []


@pytest.mark.prove
def test_without_a_script_the_same(planner) -> None:
    visit = planner(width=320, javascript=False)
    page = visit.open(DRAW)
    ring = [[11.40, 53.62], [11.41, 53.62], [11.41, 53.63], [11.40, 53.62]]
    park = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    page.fill("#s-overlay", json.dumps({"type": "FeatureCollection", "features": [park]}))
    page.get_by_role("button", name="Show the figures").click()
    expect(page.locator("#headline")).to_contain_text("Quarters with more:")
    assert drawn(page) == [park]
    assert wide(page) <= 320
    assert visit.context.cookies() == []
