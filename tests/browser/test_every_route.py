"""For everyone: axe-core (WCAG 2.2 AA) on every route of the resolver in both languages, wide and at 320 pixels."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page
from shapely import LineString, box

from geoplatform.analysis.overlay import Overlay, Part
from geoplatform.planning.models import Scenario
from layers.gardens import Garden
from tests import make
from tests.browser.accessible import WIDE, WITHOUT_WEBGL, faults
from tests.browser.conftest import SECONDS, filled_server
from tests.browser.logins import log_in, make_session
from tests.browser.routes import (
    ADMIN,
    API,
    DUPLICATE,
    GARDEN,
    NO_PAGE,
    PROPOSAL,
    READERS,
    SAMPLED,
    SCENARIO,
    STAFF,
    TREE,
    routes,
)
from tests.contributions import people

pytestmark = pytest.mark.browser
SESSION = "e" * 32
LANGUAGES = ("de", "en")


def part_of_path() -> Part:
    """A path in the middle of nowhere, so that its warning is looked at, too."""
    course = LineString([(11.06, 53.06), (11.07, 53.07)])
    return Part(act="add", subject="streets", id="new-2", kind="path", shape=course)


def _fill() -> None:
    """A town with a tree, a garden and proposals that wait, and somebody who may do everything."""
    make.town()
    apple = make.species(flower_from=4.5, flower_to=5.5, fruit_from=1.0, fruit_to=12.5)
    tree = make.plant(11.05, 53.05, id=uuid.UUID(TREE), species=apple, note="Alter Baum am Weg")
    twin = make.plant(11.0501, 53.05, species=apple, status="unconfirmed", access="")
    make.plant(11.051, 53.051, species=apple, status="gone")
    Garden.objects.create(
        id=uuid.UUID(GARDEN), name="Garten am See", kind="community", source=make.source(),
        area=make.area(11.052, 53.05, 11.053, 53.051),
    )  # fmt: skip
    author = people.new()
    people.send("delete", author, id=uuid.UUID(PROPOSAL), feature=tree.id, reason="Gefällt")
    people.send(
        "report", author, id=uuid.UUID(DUPLICATE), feature=twin.id, kind="duplicate",
        duplicate_of=tree.id,
    )  # fmt: skip
    user = User.objects.create_superuser("everybody", password="correct horse battery")
    park = Part(
        act="add", subject="green", id="new-1", kind="park", shape=box(11.06, 53.06, 11.07, 53.07)
    )
    Scenario.objects.create(
        key=uuid.UUID(SCENARIO), name="Park am Hang", author=user, base=timezone.now(),
        overlay=Overlay((part_of_path(), park)).document(), question={}, municipalities=["13004000"],
    )  # fmt: skip
    make_session(user, SESSION)


@pytest.fixture(scope="module")
def whole_server(
    _collected, migrated_template, django_db_setup, django_db_blocker
) -> Iterator[str]:
    name = f"gptest_run_{os.getpid()}_routes"
    # The server must know the session that is made here.
    with filled_server(
        name, migrated_template, django_db_blocker, _fill, SECRET_KEY=settings.SECRET_KEY
    ) as address:
        yield address


@contextmanager
def opened(browser: Browser, server: str, *, staff: bool = False, **options) -> Iterator[Page]:
    context = browser.new_context(base_url=server, **options)
    context.set_default_timeout(SECONDS)
    # The map's own page is looked at in all its states in test_everyone.py, those with small maps in test_walk.py and
    # test_review.py.
    context.add_init_script(WITHOUT_WEBGL)
    if staff:
        log_in(context, server, SESSION)
    try:
        yield context.new_page()
    finally:
        context.close()


KINDS = {"readers": READERS, "programs": API, "staff": STAFF}


def addresses(language: str, kind: str, most: int | None = None) -> Iterator[str]:
    """The samples in a language, of each route at most so many."""
    for path in (each for some in KINDS[kind].values() for each in some[:most]):
        if kind == "programs":
            yield f"{path}?lang={language}"
        else:
            yield path if language == "de" else f"/{language}{path}"


def test_every_route_has_a_sample_or_a_reason() -> None:
    known = {*NO_PAGE, *(pattern for samples in SAMPLED for pattern in samples)}
    found = {each for each in routes() if not each.startswith(ADMIN)}
    assert found - known == set(), "name them in tests/browser/routes.py"
    assert known - found == set(), "these routes are no more"


# A few samples of each route: one in German, whose words are longer, where it is narrow, the next in English where it
# is wide. All samples, both ways in both languages, are proved.
FEW = 2
TURNS = [("de", ("narrow",), 0), ("en", ("wide",), 1)]
ALL = [pytest.param(language, (), None, marks=pytest.mark.prove) for language in LANGUAGES]


@pytest.mark.parametrize("kind", ["readers", "programs", "staff"])
@pytest.mark.parametrize(("language", "looks", "turn"), [*TURNS, *ALL])
def test_axe_finds_nothing_on_any_route(browser, whole_server, language, looks, turn, kind) -> None:
    """Wide by day and at 320 pixels by night, no page sideways; nobody else is asked for anything; nothing that our
    policy forbids, and no script that fails."""
    found: list[str] = []
    seen = list(addresses(language, kind))
    if turn is not None:
        seen = list(addresses(language, kind, FEW))[turn::2]
    assert len(seen) >= 4
    with opened(browser, whole_server, staff=kind == "staff", viewport=WIDE) as page:
        page.on("request", lambda asked: found.extend(_foreign(asked.url, whole_server)))
        page.on("pageerror", lambda error: found.append(f"{page.url}: {error}"))
        page.on("console", lambda said: found.extend(_complaint(said.type, said.text, page.url)))
        for path in seen:
            page.goto(path)
            found.extend(f"{path}: {each}" for each in faults(page, *looks))
    assert not found, "\n".join(found)


def _complaint(kind: str, text: str, address: str) -> list[str]:
    """What a browser says of a page; that an answer was an error is what some samples are about."""
    told = kind == "error" and not text.startswith("Failed to load resource: the server responded")
    return [f"{address}: {text}"] if told else []


def _foreign(address: str, ours: str) -> list[str]:
    return [] if address.startswith((ours, "data:", "blob:")) else [f"asked for {address}"]


def test_pages_of_the_operators_begin_for_everyone(browser, whole_server) -> None:
    """The rest of the administration is Django's own."""
    with opened(browser, whole_server, staff=True) as page:
        page.goto("/admin/")
        assert page.title()
