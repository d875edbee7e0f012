"""What is seen: counts from afar that are true, marks for what is ripe, details, a sheet on one page, and how soon."""

from __future__ import annotations

import os
import re
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browser.conftest import Visitor, filled_server
from tests.mvt import decode

pytestmark = pytest.mark.browser
MEGABYTE = 1_000_000
COUNTS = "fruit-trees-counts"


def _fill() -> None:
    """Forty trees that are always ripe within a few streets, and one that is gone."""
    make.town()
    apple = make.species(fruit_from=1.0, fruit_to=12.5)
    for number in range(40):
        make.plant(11.05 + number % 8 / 900, 53.05 + number // 8 / 1500, species=apple)
    make.plant(11.07, 53.05, species=apple, status="gone")


@pytest.fixture(scope="module")
def orchard(_collected, migrated_template, django_db_setup, django_db_blocker) -> Iterator[str]:
    name = f"gptest_run_{os.getpid()}_orchard"
    with filled_server(name, migrated_template, django_db_blocker, _fill) as address:
        yield address


@pytest.fixture(scope="module")
def demo(_collected, demo_template, django_db_setup, django_db_blocker) -> Iterator[str]:
    """The small Schwerin that `make demo` shows."""
    name = f"gptest_run_{os.getpid()}_demo"

    with filled_server(name, demo_template, django_db_blocker) as address:
        yield address


def test_from_afar_figures_say_how_many_there_are(visitor: Visitor, orchard: str) -> None:
    visit = visitor()
    visit.address = orchard
    page = visit.open_map("/en/#map=13/53.051/11.055")
    assert visit.complaints == []
    expect(page.locator(".count")).to_contain_text("41")
    # The figures that the page's own map was sent, block by block, come to all that there are.
    asked = {each for each in visit.requests if "/tiles/fruit-trees/" in each}
    found = [blocks["n"] for each in asked for _id, blocks in decode(_body(each)).get(COUNTS, [])]
    assert len(found) > 1
    assert sum(found) == 41


def _body(address: str) -> bytes:
    with urllib.request.urlopen(address) as answer:
        return answer.read()


def test_details_are_a_page_of_their_own_without_javascript(visitor: Visitor, orchard: str) -> None:
    visit = visitor(width=320, javascript=False)
    visit.address = orchard
    page = visit.open("/en/fruit-trees/")
    # Said in words, not by its cross alone.
    expect(page.locator("#list-content li", has_text="gone")).to_have_count(1)
    page.click("#list-content li:not(:has(.badge)) a >> nth=0")
    expect(page.locator(".badge.ripe")).to_have_text("ripe now")
    expect(page.get_by_role("img", name=re.compile("all year"))).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("May I pick?")
    page.click("text=What is within 500 m")
    expect(page.locator("h1")).to_contain_text("Within 500 m of Apple")
    expect(page.locator(".near-group li").first.locator(".distance")).to_have_text(
        re.compile(r"^\d+ m$")
    )


def test_the_sheet_is_one_page_of_a4(visitor: Visitor, demo: str) -> None:
    visit = visitor()
    visit.address = demo
    page = visit.open_map("/")
    page.hover("#sheet-link")
    page.click("#sheet-link")
    picture = page.locator(".paper-map img")
    page.wait_for_load_state("load")
    assert picture.evaluate("each => each.naturalWidth") == 1440
    # The whole legend, near by, where every layer is drawn.
    for view in ("", "?bbox=11.40,53.61,11.43,53.63", "?bbox=11.340,53.641,11.344,53.643"):
        page.goto(f"{demo}/sheet{view}")
        made = page.pdf(prefer_css_page_size=True)
        assert re.findall(rb"/Count (\d+)", made) == [b"1"], view
        [box] = {
            tuple(map(float, each.split())) for each in re.findall(rb"/MediaBox \[([^\]]+)\]", made)
        }
        assert box == pytest.approx((0, 0, 595, 842), abs=1.5)


def test_the_first_view_of_the_demo_weighs_less_than_a_megabyte(
    visitor: Visitor, demo: str
) -> None:
    """Bytes over the wire as the browser counts them, compressed; what its worker fetches is fetched again here."""
    visit = visitor(width=1280, height=800)
    visit.address = demo
    session = visit.context.new_cdp_session(visit.page)
    session.send("Network.enable")
    named: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on(
        "Network.requestWillBeSent",
        lambda told: named.setdefault(told["requestId"], told["request"]["url"]),
    )
    session.on(
        "Network.loadingFinished",
        lambda told: sizes.__setitem__(
            named.get(told["requestId"], ""), int(told["encodedDataLength"])
        ),
    )
    visit.open_map("/")
    visit.page.wait_for_timeout(500)
    asked = [each for each in visit.requests if each.startswith(demo)]
    for address in {*asked} - {*sizes}:
        sizes[address] = _weight(address)
    assert visit.foreign_requests() == []
    assert any("maplibre-gl-worker" in each for each in sizes)
    assert any(".mvt" in each for each in sizes)
    total = sum(sizes.values())
    print(f"first view: {total} bytes in {len(sizes)} requests")
    assert total <= MEGABYTE


def _weight(address: str) -> int:
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        return len(answer.read()) + len(str(answer.headers))


def test_the_list_is_useful_before_the_maps_library_comes(visitor: Visitor, demo: str) -> None:
    """The library is asked for and never comes: the list is there, its links lead to the pages of features."""
    visit = visitor()
    visit.address = demo
    # Neither answered nor refused: as on a line that is too slow.
    visit.page.route("**/*.mjs", lambda route: None)
    page = visit.page
    with page.expect_request("**/*.mjs"):
        page.goto(demo + "/", wait_until="commit")
    expect(page.locator("#list .entries li")).to_have_count(50)
    expect(page.locator("#list .entries li").first).to_be_visible()
    page.click("#list li a >> nth=0", no_wait_after=True)
    expect(page.locator("#feature-title")).to_be_visible()
