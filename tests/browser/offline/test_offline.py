"""Without a network nothing is lost: the page comes from the browser, contributions wait and are sent."""

from __future__ import annotations

import json
import random
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, expect

from tests.browser.cutting import Wire
from tests.browser.offline.steps import (
    arrive,
    fill,
    nothing_waits,
    nothing_waits_soon,
    one_try,
    opened,
    press,
    put,
    stored,
    waiting_page,
)

pytestmark = pytest.mark.browser


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


def test_exactly_once(server: str, wire: Wire, kind: BrowserType, ready: Path) -> None:
    """One of the tries of test_exactly_once.py."""
    how, count = one_try(server, wire, kind, ready, random.Random(1), 61)
    assert count == 1, how


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


@pytest.mark.prove
def test_days_later_a_token_of_now_is_fetched(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        waiting_page(page, wire)
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


@pytest.mark.prove
def test_a_conflict_comes_back_as_a_question_with_both_versions(
    server: str, wire: Wire, kind: BrowserType, ready: Path
) -> None:
    with opened(kind, ready) as page:
        waiting_page(page, wire)
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


@pytest.mark.prove
def test_two_tabs_send_it_once(server: str, wire: Wire, kind: BrowserType, ready: Path) -> None:
    with opened(kind, ready) as page:
        waiting_page(page, wire)
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
