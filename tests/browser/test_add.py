"""Adding a tree by every road there is, and finding it in the API."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor

pytestmark = pytest.mark.browser


def stored(visit: Visit, longitude: float, latitude: float) -> list[dict[str, Any]]:
    """What the API has within some ten metres of a place."""
    d = 0.0001
    box = f"{longitude - d},{latitude - d},{longitude + d},{latitude + d}"
    address = f"{visit.address}/api/collections/fruit-trees/items?bbox={box}"
    with urllib.request.urlopen(address) as answer:
        return [each["properties"] for each in json.load(answer)["features"]]


def save(page: Page) -> None:
    page.click("#add-form [type=submit]")
    expect(page.locator("#details article")).to_be_visible()
    expect(page.locator("#status")).to_have_text(re.compile("Gespeichert"))


def test_by_click(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map("/#map=18/53.02/11.02")
    page.click("#tab-add")
    page.fill("#add-form [name=species]", "Apfel (Malus domestica)")
    page.select_option("#add-form [name=access]", "public")
    visit.click_middle()
    expect(page.locator("[name=latitude]")).to_have_value(re.compile(r"53,0[12]\d+"))
    save(page)
    [tree] = stored(visit, 11.02, 53.02)
    assert (tree["species"], tree["access"], tree["status"]) == (
        "Malus domestica",
        "public",
        "unconfirmed",
    )
    # It is in the list and on the map at once, for others too.
    page.click("#details .close")
    page.click("#tab-list")
    expect(page.locator("#list li").first).to_contain_text("unbestätigt")
    visit.click_middle()
    expect(page.locator("#details h2")).to_contain_text("Apfel")
    other = visitor()
    other.open_map("/#map=18/53.02/11.02")
    other.click_middle()
    expect(other.page.locator("#details h2")).to_contain_text("Apfel")
    assert visit.context.cookies() == []
    assert visit.complaints == []


def test_by_keyboard(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map("/#map=18/53.03/11.03")
    page.locator("#tab-list").focus()
    page.keyboard.press("End")
    page.locator("#add-form [name=species]").focus()
    page.keyboard.type("walnuss")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#place-pin")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".maplibregl-marker")).to_be_focused()
    before = page.input_value("[name=longitude]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert page.input_value("[name=longitude]") > before
    page.locator("#add-form [name=species]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#details h2")).to_contain_text("Walnuss")
    [tree] = stored(visit, 11.03, 53.03)
    assert tree["species"] == "Juglans regia"


@pytest.mark.parametrize(
    ("typed", "longitude", "latitude"),
    [
        (("53,04", "11,04"), 11.04, 53.04),
        pytest.param(("53.041", "11.041"), 11.041, 53.041, marks=pytest.mark.prove),
        pytest.param(("53.042, 11.042", ""), 11.042, 53.042, marks=pytest.mark.prove),
        (("53,043; 11,043", ""), 11.043, 53.043),
    ],
)
def test_by_coordinates(
    visitor: Visitor, typed: tuple[str, str], longitude: float, latitude: float
) -> None:
    visit = visitor()
    page = visit.open_map()
    page.click("#tab-add")
    page.fill("#add-form [name=species]", "Malus domestica")
    page.fill("[name=latitude]", typed[0])
    page.fill("[name=longitude]", typed[1])
    save(page)
    assert len(stored(visit, longitude, latitude)) == 1


@pytest.mark.parametrize(
    ("prefix", "name"), [("", "Apfel"), ("/en", "Apple"), ("/en", "Malus domestica")]
)
def test_without_javascript(visitor: Visitor, prefix: str, name: str) -> None:
    visit = visitor(javascript=False)
    page = visit.open(f"{prefix}/")
    place = 53.07 + len(prefix + name) / 1000
    page.fill("#add-form [name=species]", name)
    page.fill("[name=latitude]", str(place))
    page.fill("[name=longitude]", "11,07")
    page.click("#add-form [type=submit]")
    expect(page.locator(".saved")).to_be_visible()
    expect(page.locator("h2")).to_contain_text("Apple" if prefix else "Apfel")
    assert len(stored(visit, 11.07, place)) == 1
    assert visit.context.cookies() == []


@pytest.mark.parametrize("javascript", [True, False])
def test_errors_stand_beside_the_field_and_nothing_is_lost(
    visitor: Visitor, javascript: bool
) -> None:
    visit = visitor(javascript=javascript)
    page = visit.open_map() if javascript else visit.open("/")
    if javascript:
        page.click("#tab-add")
    page.fill("#add-form [name=species]", "Quatschbaum <b>")
    page.select_option("#add-form [name=access]", "overhanging")
    page.fill("[name=latitude]", "48,1")
    page.fill("[name=longitude]", "11,5")
    page.click("#add-form [type=submit]")
    species = page.locator("#add-form [name=species]")
    expect(species).to_have_attribute("aria-invalid", "true")
    expect(species).to_have_value("Quatschbaum <b>")
    expect(species).to_have_accessible_description(re.compile("ist hier nicht bekannt"))
    expect(page.locator("[name=latitude]")).to_have_accessible_description(
        re.compile("in keiner Gemeinde")
    )
    expect(page.locator("#add-form [name=access]")).to_have_value("overhanging")
    expect(page.locator("[name=longitude]")).to_have_value(re.compile(r"11,5"))
    if javascript:
        expect(species).to_be_focused()
        # Corrected, it is taken.
        page.fill("#add-form [name=species]", "Apfel")
        page.fill("[name=latitude]", "53,09")
        page.fill("[name=longitude]", "11,09")
        save(page)
        [tree] = stored(visit, 11.09, 53.09)
        assert tree["access"] == "overhanging"


def test_what_is_not_edible_is_no_fruit_tree(visitor: Visitor) -> None:
    visit = visitor(javascript=False)
    page = visit.open("/")
    offered = page.locator("#species-names option").evaluate_all("all => all.map(o => o.value)")
    assert offered == ["Apfel (Malus domestica)", "Walnuss (Juglans regia)"]
    page.fill("#add-form [name=species]", "Winter-Linde")
    page.fill("[name=latitude]", "53.01")
    page.fill("[name=longitude]", "11.01")
    page.click("#add-form [type=submit]")
    expect(page.locator("#add-form [name=species]")).to_have_attribute("aria-invalid", "true")
    assert stored(visit, 11.01, 53.01) == []


def test_no_connection_is_said_and_nothing_is_lost(visitor: Visitor) -> None:
    visit = visitor()
    page = visit.open_map()
    page.click("#tab-add")
    page.fill("#add-form [name=species]", "Apfel")
    page.fill("[name=latitude]", "53.011")
    page.fill("[name=longitude]", "11.011")
    visit.context.set_offline(True)
    page.click("#add-form [type=submit]")
    expect(page.locator("#status")).to_have_text(re.compile("Kein Netz"))
    expect(page.locator("#outbox li")).to_contain_text("Apfel")
    visit.context.set_offline(False)
    expect(page.locator("#status")).to_have_text(re.compile("ist gesendet"))
    expect(page.locator("#outbox")).to_be_hidden()
    assert len(stored(visit, 11.011, 53.011)) == 1
