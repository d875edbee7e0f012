"""The review in a browser: by keyboard alone, without JavaScript, on a phone, for everyone."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.gis.geos import Point
from playwright.sync_api import Browser, BrowserContext, Page, expect

from geoplatform.contributions.models import Contributor, Role
from geoplatform.contributions.services import ANYBODY
from tests import make
from tests.browser.accessible import WITHOUT_WEBGL, faults
from tests.browser.conftest import SECONDS, filled_server
from tests.browser.logins import log_in, make_session
from tests.contributions import people

pytestmark = pytest.mark.browser
SESSION = "reviewer0of0browser0tests0000000"
# One proposal for each test that decides: the database is shared.
KEYS, PARTS, PLAIN, MOVE, AREA, CONFLICT, DELETE, TWIN, PHONE = (
    uuid.UUID(int=n) for n in range(1, 10)
)


def _fill() -> None:
    make.town()
    apple = make.species()
    pear = make.species("Pyrus communis", german_name="Birne", english_name="Pear")
    author = people.new()
    Contributor.objects.filter(pk=author.contributor.pk).update(accepted=7, rejected=1)

    def tree(number: int, **values):
        return make.plant(
            11.03 + number / 200,
            53.05 + (number % 3) / 400,
            **{"species": apple, "note": "Alter Baum am Weg", **values},
        )

    def change(id: uuid.UUID, target, **values) -> None:
        people.send(
            "change", author, id=id, feature=target.id, values=values, reason="Ich war heute da."
        )

    change(KEYS, tree(1), note="Zwei Stämme", height_m=4.5)
    change(PARTS, tree(2, species=pear), cultivar="Köstliche aus Charneux", height_m=6.0)
    change(PLAIN, tree(3), note="Trägt viel")
    moved = tree(4)
    people.send(
        "move", author, id=MOVE, feature=moved.id, geometry=Point(11.0512, 53.0533, srid=4326)
    )
    people.send(
        "create", author, id=AREA, layer=people.layer("gardens"),
        geometry=make.area(11.06, 53.051, 11.0615, 53.052),
        values={"name": "Garten am See", "kind": "community"},
    )  # fmt: skip
    fought = tree(6)
    change(CONFLICT, fought, note="Krank", height_m=7.0)
    people.send("change", people.reviewer(), feature=fought.id, values={"note": "Gesund, geprüft"})
    people.send("delete", ANYBODY, id=DELETE, feature=tree(7).id, reason="Gefällt")
    one, two = (
        tree(8),
        make.plant(11.0702, 53.0551, species=apple, note="Doppelt", cultivar="Boskoop"),
    )
    people.send("report", author, id=TWIN, feature=two.id, kind="duplicate", duplicate_of=one.id)
    change(PHONE, tree(9), note="Vom Telefon")
    user = User.objects.create_user("reviewer")
    Role.objects.create(user=user, kind="reviewer")
    make_session(user, SESSION)


@pytest.fixture(scope="module")
def review_server(
    _collected, migrated_template, django_db_setup, django_db_blocker
) -> Iterator[str]:
    name = f"gptest_run_{os.getpid()}_review"
    # The server must know the sessions that are made here.
    with filled_server(
        name, migrated_template, django_db_blocker, _fill, SECRET_KEY=settings.SECRET_KEY
    ) as address:
        yield address


@pytest.fixture
def desk(browser: Browser, review_server: str) -> Iterator[Callable[..., Page]]:
    """Pages of a reviewer who is logged in: `desk(width=320, javascript=False)`."""
    contexts: list[BrowserContext] = []

    def open_page(width: int = 1280, height: int = 900, javascript: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            base_url=review_server,
            locale="de-DE",
        )
        contexts.append(context)
        context.set_default_timeout(SECONDS)
        log_in(context, review_server, SESSION)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


def focused(page: Page) -> str:
    """Id of the line of the queue that holds the focus."""
    return page.evaluate("document.activeElement.closest('li[data-id]')?.dataset.id ?? ''")


def to_line(page: Page, id: uuid.UUID) -> None:
    for _n in range(12):
        page.keyboard.press("k")
    for _n in range(12):
        if focused(page) == str(id):
            return
        page.keyboard.press("j")
    raise AssertionError(f"{id} is not in the list")


def test_the_queue_by_keyboard_alone(desk):
    page = desk()
    page.goto("/review/?layer=fruit-trees")
    page.wait_for_selector("html.map-drawn", state="attached")
    page.keyboard.press("j")
    first = focused(page)
    page.keyboard.press("j")
    assert focused(page) != first
    page.keyboard.press("k")
    assert focused(page) == first
    # List and map are in step.
    expect(page.locator(".map-mark.current")).to_have_count(1)
    to_line(page, KEYS)
    page.keyboard.press("x")
    expect(page.locator(f"#p-{KEYS} input[name=chosen]")).to_be_checked()
    expect(page.locator("#chosen-count")).to_have_text("(1)")
    page.keyboard.press("x")
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "m-reason"
    # A letter that is typed is a letter.
    page.keyboard.type("ja")
    expect(page.locator("#m-reason")).to_have_value("ja")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    to_line(page, KEYS)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/review/{KEYS}"))
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "r-reason"
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".saved")).to_have_text("Angenommen.")
    # The next one of the same queue lies open.
    assert re.search(r"/review/[0-9a-f-]{36}\?layer=fruit-trees$", page.url)


def test_shortcuts_can_be_switched_off(desk):
    page = desk()
    page.goto("/review/")
    page.uncheck("#keys-on")
    page.reload()
    expect(page.locator("#keys-on")).not_to_be_checked()
    page.keyboard.press("j")
    assert focused(page) == ""


def test_part_and_edit(desk, review_server):
    page = desk()
    page.goto(f"/review/{PARTS}")
    page.uncheck("input[name=part][value=height_m]")
    page.click("summary:has-text('Vor dem Annehmen bearbeiten')")
    page.fill("[name=v-note]", "Am Ufer")
    page.click("#accept-button")
    expect(page.locator(".saved")).to_have_text("Mit Ihren Änderungen angenommen.")
    page.goto(f"/proposals/{PARTS}")
    feature = page.get_by_role("link", name="Das Objekt, wie es dort steht").get_attribute("href")
    page.goto(feature)
    expect(page.locator("article")).to_contain_text("Köstliche aus Charneux")
    expect(page.locator("article")).to_contain_text("Am Ufer")
    expect(page.locator("article")).not_to_contain_text("6 m")


def test_before_and_after_on_the_map(desk):
    page = desk()
    page.goto(f"/review/{MOVE}")
    page.wait_for_selector("html.map-drawn", state="attached")
    # Told apart by shape, not by colour alone.
    assert page.locator(".map-mark .mark.before circle").count() == 2
    assert page.locator(".map-mark .mark.after path").count() == 1
    boxes = [page.locator(f".map-mark .mark.{kind}").bounding_box() for kind in ("before", "after")]
    assert abs(boxes[0]["x"] - boxes[1]["x"]) > 20
    # The proposed mark is moved by hand, and the fields say so.
    box = boxes[1]
    page.mouse.move(box["x"] + 12, box["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] - 40, box["y"] + 40, steps=5)
    page.mouse.up()
    latitude = page.locator("[name=v-latitude]").input_value()
    assert latitude.startswith("53,05")
    assert latitude != page.locator("[name=initial-v-latitude]").input_value()


def test_without_javascript_everything_is_a_form(desk):
    page = desk(javascript=False)
    page.goto("/review/")
    page.select_option("#f-layer", "fruit-trees")
    page.click("text=Zeigen")
    page.click(f"#p-{PLAIN} a.open")
    page.select_option("#r-template", index=2)
    page.fill("#r-reason", "Bitte noch einmal hinsehen.")
    page.click("#reject .danger")
    expect(page.locator(".saved")).to_have_text("Abgelehnt, mit Ihrer Begründung.")
    page.goto(f"/proposals/{PLAIN}")
    expect(page.locator("main")).to_contain_text("Bitte noch einmal hinsehen.")


# What the queue and a proposal look like in their several states; each route has test_every_route.py.
STATES = [
    "/review/?state=conflict&page=9", f"/review/{CONFLICT}", f"/review/{AREA}", f"/review/{DELETE}", f"/review/{TWIN}",
    f"/proposals/{CONFLICT}",
]  # fmt: skip


@pytest.mark.parametrize(
    "prefix", [pytest.param("", marks=pytest.mark.prove), "/en"], ids=["de", "en"]
)
def test_for_everyone(desk, prefix):
    page = desk()
    page.add_init_script(WITHOUT_WEBGL)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    for path in STATES:
        page.goto(prefix + path)
        found = list(faults(page))
        assert not found, "\n".join([path, *found])
        # Every control has a name, and what changes something is a button.
        for control in page.locator("input:not([type=hidden]), select, textarea, button").all():
            assert control.evaluate(
                "e => (e.labels?.[0]?.textContent || e.ariaLabel || e.textContent).trim()"
            ), path
    assert complaints == []


def test_with_its_map_for_everyone(desk):
    page = desk()
    page.goto(f"/review/{AREA}")
    page.wait_for_selector("html.map-drawn", state="attached")
    assert list(faults(page)) == []


def test_duplicates_side_by_side(desk):
    page = desk()
    page.goto(f"/review/{TWIN}")
    page.click("text=Beide nebeneinanderlegen")
    page.check("[name=take-species][value=other]")
    page.click("text=Aus beiden eines machen")
    expect(page.locator("article")).to_contain_text("Boskoop")
    expect(page.locator("article")).to_contain_text("Alter Baum am Weg")
