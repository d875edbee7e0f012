"""Without a network nothing is lost: the page comes from the browser, contributions wait and are sent exactly once."""

from __future__ import annotations

import json
import os
import random
import shutil
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from layers.species import Species
from tests import make
from tests.browser.conftest import ARGUMENTS, CHROMIUM, SECONDS, _fill, filled_server
from tests.browser.cutting import Wire, wire_to

pytestmark = pytest.mark.browser

VILLAGE = (12.0, 53.5, 12.01, 53.506)  # small enough to be taken along in a moment
ANSWER = 2000  # bytes, about as many as an answer's head and the beginning of its page


@pytest.fixture(scope="module")
def server(
    _collected: None,
    migrated_template: str,
    django_db_setup: None,
    django_db_blocker: pytest.FixtureRequest,
) -> Iterator[str]:
    """One where fifty trees in an hour from one browser are not too many."""
    name = f"gptest_run_{os.getpid()}_offline"

    def fill() -> None:
        _fill()
        village = make.municipality("13004999")
        make.quarter(village, "c", VILLAGE, name="Am Anger")
        tree = Species.objects.get(botanical_name="Malus domestica")
        make.plant(12.005, 53.503, species=tree, cultivar="Gravensteiner")

    rates = "new_at_once=500,new_hourly=500,nobody_at_once=500,nobody_hourly=500"
    with filled_server(
        name, migrated_template, django_db_blocker, fill, CONTRIBUTIONS=rates
    ) as address:
        yield address


@pytest.fixture(scope="module")
def one_wire(server: str) -> Iterator[Wire]:
    with wire_to(server) as made:
        yield made


@pytest.fixture
def wire(one_wire: Wire) -> Wire:
    """The same for all, so that what a browser keeps is of one origin; whole when a test begins."""
    one_wire.mend()
    return one_wire


@pytest.fixture(scope="module")
def kind(browser: Browser) -> BrowserType:
    return browser.browser_type


@pytest.fixture(scope="module")
def readied(one_wire: Wire, kind: BrowserType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The profile of a browser in which somebody has said that the map is to work without a network."""
    profile = tmp_path_factory.mktemp("readied")
    one_wire.mend()
    with opened(kind, profile) as page:
        page.goto(f"{one_wire.address}/")
        page.wait_for_selector("html.map-drawn", state="attached")
        page.click("#tab-layers")
        page.click("#offline-use")
        expect(page.locator("#status")).to_contain_text("ohne Netz")
    return profile


@pytest.fixture
def ready(readied: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    locks = shutil.ignore_patterns("Singleton*")
    return shutil.copytree(readied, tmp_path / "profile", ignore=locks)


@contextmanager
def opened(kind: BrowserType, profile: Path) -> Iterator[Page]:
    """A browser with a profile of its own, which is there again when it is opened once more."""
    context = kind.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=[*ARGUMENTS, "--disable-background-networking"],
        viewport={"width": 700, "height": 500},
        locale="de-DE",
    )
    context.set_default_timeout(SECONDS)
    try:
        yield context.pages[0] if context.pages else context.new_page()
    finally:
        context.close()


def arrive(page: Page, address: str) -> None:
    """On the map, its scripts at work."""
    page.goto(f"{address}/")
    page.wait_for_selector("#tabs[role=tablist]")


def fill(page: Page, latitude: float, longitude: float, species: str = "Apfel") -> None:
    page.click("#tab-add")
    page.fill("#add-form [name=species]", species)
    page.fill("#add-form [name=latitude]", f"{latitude:.6f}")
    page.fill("#add-form [name=longitude]", f"{longitude:.6f}")


def press(page: Page) -> None:
    page.click("#add-form [type=submit]")


def stored(server: str, latitude: float, longitude: float) -> list[dict[str, Any]]:
    """Trees within some five metres."""
    d = 0.00005
    box = f"{longitude - d},{latitude - d},{longitude + d},{latitude + d}"
    with urllib.request.urlopen(f"{server}/api/collections/fruit-trees/items?bbox={box}") as answer:
        return list(json.load(answer)["features"])


def nothing_waits(page: Page) -> None:
    expect(page.locator("#outbox")).to_be_hidden()
    assert page.evaluate(WAITING) == 0


WAITING = """async () => {
    if (!(await indexedDB.databases()).some(each => each.name === "geoplatform-offline")) return 0;
    return new Promise(done => {
        const opening = indexedDB.open("geoplatform-offline");
        opening.onsuccess = () => {
            const asked = opening.result.transaction("outbox").objectStore("outbox").count();
            asked.onsuccess = () => { opening.result.close(); done(asked.result); };
        };
    });
}"""


def kept_or_done(page: Page) -> None:
    """Until it is in this browser's keeping, or the server has said that it is saved."""
    while not page.evaluate(WAITING) and not page.locator("#details article").is_visible():
        page.wait_for_timeout(10)


def test_kept_offline_and_sent_when_the_browser_is_opened_again(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        arrive(page, wire.address)
        wire.cut()
        fill(page, 53.071, 11.021)
        press(page)
        expect(page.locator("#status")).to_contain_text("Kein Netz")
        expect(page.locator("#outbox li")).to_contain_text("Apfel")
    with opened(kind, ready) as page:
        # Still no network: the page comes from the browser, and what waits is there.
        page.goto(f"{wire.address}/")
        expect(page.locator("#outbox li")).to_contain_text("Apfel")
        assert stored(server, 53.071, 11.021) == []
        wire.mend()
        page.click("#outbox-send")
        expect(page.locator("#status")).to_contain_text("ist gesendet")
        nothing_waits(page)
    assert len(stored(server, 53.071, 11.021)) == 1


@pytest.mark.prove
def test_a_plot_is_drawn_without_a_network(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    """The tools to draw with were never asked for before: they are kept all the same."""
    with opened(kind, ready) as page:
        page.goto(f"{wire.address}/#map=17/53.025/11.085")
        page.wait_for_selector("html.map-drawn", state="attached")
        wire.cut()
        page.click("#tab-add")
        page.click('#what a[data-layer="garden-plots"]')
        expect(page.locator('#add-form[data-layer="garden-plots"]')).to_be_visible()
        page.click("#place-draw")
        expect(page.locator("#status")).to_contain_text("Ecke für Ecke")
        page.fill("#add-form [name=shape]", "53.0248, 11.0848\n53.0248, 11.0850\n53.0249, 11.0850")
        page.click("#add-form [type=submit].primary")
        expect(page.locator("#outbox li")).to_have_count(1)
        wire.mend()
        page.click("#outbox-send")
        expect(page.locator("#status")).to_contain_text("gesendet")
        nothing_waits(page)
    with urllib.request.urlopen(f"{server}/api/proposals?limit=100") as answer:
        layers = [each["properties"]["layer"] for each in json.load(answer)["features"]]
    assert layers.count("garden-plots") == 1


def one_try(
    server: str, wire: Wire, kind: BrowserType, profile: Path, chance: random.Random, number: int
) -> tuple[str, int]:
    """Add, the connection cut at some moment; close, open again, network back. How it was cut, and how many trees."""
    print(number, end=" ", flush=True)
    latitude, longitude = 53.001 + number % 9 / 100, 11.101 + number // 9 / 100
    how = chance.choice(("before", "up", "down", "down", "later"))
    with opened(kind, profile) as page:
        page.goto(f"{wire.address}/")
        page.wait_for_selector("#add-form", state="attached")
        fill(page, latitude, longitude)
        if how == "before":
            wire.cut()
        elif how == "up":
            wire.cut_at(up=chance.randrange(1, 1500))
        elif how == "down":
            wire.cut_at(down=chance.randrange(0, ANSWER))
        press(page)
        # It is in this browser's keeping within a moment; from then on, anything may happen.
        kept_or_done(page)
        page.wait_for_timeout(chance.uniform(0, 600))
        if how == "later":
            wire.cut()
    wire.cut()
    with opened(kind, profile) as page:
        if chance.random() < 0.5:
            page.goto(f"{wire.address}/")  # still none
            page.wait_for_selector("#add-form", state="attached")
        wire.mend()
        page.goto(f"{wire.address}/")
        page.wait_for_selector("#add-form", state="attached")
        expect(page.locator("#outbox")).to_be_hidden()
        page.wait_for_timeout(300)
        # Looked at a second time, after all that was begun has ended.
        page.reload()
        page.wait_for_selector("#add-form", state="attached")
        nothing_waits(page)
    return how, len(stored(server, latitude, longitude))


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.prove) for seed in (2, 3))]
)
def test_exactly_once(server: str, wire: Wire, kind: BrowserType, ready: Path, seed: int) -> None:
    how, count = one_try(server, wire, kind, ready, random.Random(seed), 60 + seed)
    assert count == 1, how


def put(page: Page, address: str, **fields: str) -> None:
    """What waits, as a form left it there days ago: with a token that nobody takes any more."""
    page.evaluate(
        """([address, fields]) => new Promise(done => {
            const opening = indexedDB.open("geoplatform-offline");
            opening.onsuccess = () => {
                const entry = {
                    id: fields.id, address, body: Object.entries(fields), title: "Apfel", made: 0, tries: 0,
                    state: "waits", form: `<form method="post" action="${address}"></form>`,
                };
                const acting = opening.result.transaction("outbox", "readwrite");
                acting.objectStore("outbox").put(entry);
                acting.oncomplete = () => { opening.result.close(); done(); };
            };
        })""",
        [address, {"id": str(uuid.uuid4()), "token": "old", "consent": "1.0", **fields}],
    )


def waiting_page(kind: BrowserType, page: Page, wire: Wire) -> None:
    """A page with a database for what waits: one contribution was kept, and taken back."""
    arrive(page, wire.address)
    wire.cut()
    fill(page, 53.0, 11.0)
    press(page)
    expect(page.locator("#outbox li")).to_have_count(1)
    page.click("#outbox button[data-do=delete]")
    page.click("#outbox button[data-do=delete]")
    expect(page.locator("#outbox")).to_be_hidden()


@pytest.mark.prove
def test_days_later_a_token_of_now_is_fetched(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        waiting_page(kind, page, wire)
        put(
            page,
            "/fruit-trees/new",
            species="Apfel",
            access="public",
            latitude="53.072",
            longitude="11.022",
        )
        wire.mend()
        page.reload()
        expect(page.locator("#status")).to_contain_text("ist gesendet")
        nothing_waits(page)
    assert len(stored(server, 53.072, 11.022)) == 1


def test_what_is_refused_comes_back_as_the_form_with_what_was_typed(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        arrive(page, wire.address)
        wire.cut()
        fill(page, 53.073, 11.023, "Quatschbaum <b>")
        press(page)
        expect(page.locator("#outbox li")).to_contain_text("Quatschbaum <b>")
        # What waits can be changed; it waits on, as one.
        page.click("#outbox button[data-do=open]")
        question = page.locator("#outbox-question")
        expect(question.locator("[name=species]")).to_have_value("Quatschbaum <b>")
        question.locator("[name=species]").fill("Unsinnsbaum")
        question.locator("[type=submit]").click()
        expect(page.locator("#outbox li")).to_have_count(1)
        expect(page.locator("#outbox li")).to_contain_text("Unsinnsbaum")
        wire.mend()
        page.click("#outbox-send")
        expect(page.locator("#outbox li .badge")).to_have_text("braucht eine Antwort")
        page.click("#outbox button[data-do=open]")
        species = question.locator("[name=species]")
        expect(species).to_have_value("Unsinnsbaum")
        expect(species).to_have_attribute("aria-invalid", "true")
        expect(species).to_be_focused()
        expect(question.locator("[name=latitude]")).to_have_value("53,073000")
        species.fill("Apfel")
        question.locator("[type=submit]").last.click()
        expect(page.locator("#details h2")).to_contain_text("Apfel")
        nothing_waits(page)
    assert len(stored(server, 53.073, 11.023)) == 1


def test_a_conflict_comes_back_as_a_question_with_both_versions(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        waiting_page(kind, page, wire)
        wire.mend()
        page.reload()
        fill(page, 53.074, 11.024)
        press(page)
        expect(page.locator("#details article")).to_be_visible()
        [tree] = stored(server, 53.074, 11.024)
        address = f"/fruit-trees/{tree['id']}/correct"
        # Corrected once, then once more by somebody who had seen the first version.
        put(page, address, species="Apfel", access="public", version="1", cultivar="Boskoop")
        page.reload()
        nothing_waits_soon(page)
        put(page, address, species="Apfel", access="public", version="1", cultivar="Gravensteiner")
        page.reload()
        expect(page.locator("#outbox li .badge")).to_have_text("braucht eine Antwort")
        page.click("#outbox button[data-do=open]")
        question = page.locator("#outbox-question")
        expect(question).to_contain_text("Boskoop")
        expect(question).to_contain_text("Gravensteiner")
        question.locator("[value=mine]").check()
        question.locator("[type=submit]").click()
        expect(page.locator("#details article")).to_contain_text("Gravensteiner")
        nothing_waits(page)


def nothing_waits_soon(page: Page) -> None:
    page.wait_for_selector("#add-form", state="attached")
    while page.evaluate(WAITING):
        page.wait_for_timeout(50)


@pytest.mark.prove
def test_two_tabs_send_it_once(server: str, wire: Wire, kind: BrowserType, ready: Path) -> None:
    with opened(kind, ready) as page:
        waiting_page(kind, page, wire)
        other = page.context.new_page()
        other.goto(f"{wire.address}/")
        for number in range(5):
            put(
                page,
                "/fruit-trees/new",
                species="Apfel",
                access="public",
                latitude=str(53.01 + number / 100),
                longitude="11.031",
            )
        posts: list[str] = []
        page.context.on(
            "request", lambda each: posts.append(each.url) if each.method == "POST" else None
        )
        wire.mend()
        send = "dispatchEvent(new Event('online'))"
        page.evaluate(send)
        other.evaluate(send)
        nothing_waits_soon(page)
        assert len(posts) == 5
    assert all(len(stored(server, 53.01 + n / 100, 11.031)) == 1 for n in range(5))


def test_a_quarter_is_taken_along(server: str, wire: Wire, kind: BrowserType, ready: Path) -> None:
    with opened(kind, ready) as page:
        page.goto(f"{wire.address}/#map=15/53.503/12.005")
        page.wait_for_selector("html.map-drawn", state="attached")
        page.click("#tab-layers")
        for box in page.locator("#layers input[name=layer]").all():
            box.set_checked(box.get_attribute("value") == "fruit-trees")
        page.click("#offline-take")
        expect(page.locator("#offline-plan")).to_contain_text("höchstens 40 MB")
        page.click("#offline-plan .primary")
        expect(page.locator("#offline-quarters li")).to_contain_text("Am Anger")
        expect(page.locator("#offline-take")).to_be_focused()
    wire.cut()
    with opened(kind, ready) as page:
        page.goto(f"{wire.address}/#map=16/53.503/12.005")
        page.wait_for_selector("html.map-drawn", state="attached")
        expect(page.locator("#list .count")).to_contain_text("Ohne Netz")
        expect(page.locator("#list li").first).to_contain_text("Apfel")
        page.click("#list li a >> nth=0")
        expect(page.locator("#details article")).to_contain_text("Gravensteiner")
        page.click("#details .close")
        drawn = page.evaluate("performance.getEntriesByType('resource').length")
        assert drawn > 0
        wire.mend()
        page.reload()
        page.click("#tab-layers")
        page.click("#offline-quarters button")
        expect(page.locator("#offline-quarters li")).to_have_count(0)
        kept = (
            "caches.open('geoplatform-taken').then(each => each.keys()).then(each => each.length)"
        )
        assert page.evaluate(kept) == 0


@pytest.mark.prove
def test_what_is_personal_is_never_kept(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        arrive(page, wire.address)
        page.reload()
        for path in ("/my/", "/accounts/login/", "/accounts/", "/review/", "/admin/", "/terms/"):
            page.goto(f"{wire.address}{path}")
        page.goto(f"{wire.address}/fruit-trees/")
        page.evaluate("fetch('/api/proposals?author=me', {headers: {}}).catch(() => 0)")
        kept = page.evaluate(
            """async () => {
                const found = [];
                for (const name of await caches.keys())
                    for (const each of await (await caches.open(name)).keys()) found.push(new URL(each.url).pathname);
                return found;
            }"""
        )
        assert "/" in kept
        assert "/fruit-trees/" in kept
        allowed = ("/static/", "/tiles/", "/styles/", "/fruit-trees", "/trees", "/gardens")
        rest = {each for each in kept if not each.startswith(allowed)}
        assert rest <= {"/", "/en/", "/offline", "/en/offline"} | {
            e for e in rest if e.endswith("/new")
        }
        # And what is not kept is said so.
        wire.cut()
        page.goto(f"{wire.address}/fruit-trees/00000000-0000-4000-8000-000000000000")
        expect(page.locator("h1")).to_have_text("Kein Netz")


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(5))
def test_exactly_once_in_ten_tries(
    server: str, wire: Wire, kind: BrowserType, ready: Path, seed: int
) -> None:
    """Before the request, within it, after it was stored and before the answer was read, within the answer, later."""
    chance = random.Random(20 + seed)
    tries = range(10 * seed, 10 * seed + 10)
    found = [one_try(server, wire, kind, ready, chance, number) for number in tries]
    print(found)
    assert [each for each in found if each[1] != 1] == []
