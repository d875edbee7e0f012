"""The real server with a database of its own, and the system's Chromium in front of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import DjangoDbBlocker

from tests import make
from tests.chromium import ARGUMENTS, CHROMIUM, SECONDS
from tests.conftest import _admin, _create, _drop, _point_at, addresses, audit_now
from tests.services.edit_traffic import UNLIMITED
from tests.serving import serving

__all__ = ["ARGUMENTS", "CHROMIUM", "SECONDS"]
# A map drawn without a graphics card takes seconds: what works on a phone is proved to work on a screen.
WIDTHS = [320, pytest.param(900, marks=pytest.mark.prove)]


def _fill() -> None:
    """A town of two quarters with three kinds of edible plants around 53.05 N, 11.05 E."""
    make.town()
    apple = make.species()
    walnut = make.species(
        "Juglans regia", german_name="Walnuss", english_name="Walnut", category="nut"
    )
    make.species("Tilia cordata", german_name="Winter-Linde", english_name="Lime", edible=False)
    make.plant(11.05, 53.05, species=apple, cultivar="Gravensteiner", height_m=6.5)
    make.plant(11.052, 53.05, species=walnut, access="own-property")
    make.plant(11.15, 53.05, species=walnut, status="unconfirmed")
    site = make.garden("Am Hang", (11.0845, 53.0245, 11.086, 53.026), source_key="am-hang")
    make.plot(site, (11.085, 53.025, 11.0852, 53.0252), number="17", state="vacant")


@contextmanager
def filled_server(
    name: str,
    template: str,
    blocker: DjangoDbBlocker,
    fill: Callable[[], None] = lambda: None,
    **environment: str,
) -> Iterator[str]:
    """Address of a server whose database is its own, filled once; its history is audited in the end."""
    before = connections["default"].settings_dict["NAME"]
    with _admin() as admin:
        _drop(admin, name)
        _create(admin, name, template)
        _point_at(name)
        with blocker.unblock():
            fill()
        _point_at(before)
        try:
            with serving({**os.environ, **addresses(name), **environment}) as (address, _process):
                yield address
            _point_at(name)
            with blocker.unblock():
                audit_now()
        finally:
            _point_at(before)
            _drop(admin, name)


@pytest.fixture(scope="module")
def server_database() -> str:
    """Name of the database behind `server`."""
    return f"gptest_run_{os.getpid()}_browser"


@pytest.fixture(scope="module")
def server(
    server_database: str,
    _collected: None,
    migrated_template: str,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """A server for readers; all tests of a file share it, so they only add."""
    with filled_server(
        server_database, migrated_template, django_db_blocker, _fill, CONTRIBUTIONS=UNLIMITED
    ) as address:
        yield address


@dataclass
class Visit:
    """One reader: a page, and what happened behind it."""

    page: Page
    context: BrowserContext
    address: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        self.page.goto(self.address + path)
        return self.page

    def open_map(self, path: str = "/") -> Page:
        """Open a page with the map and wait until it is drawn."""
        self.open(path)
        self.page.wait_for_selector("html.map-drawn", state="attached")
        return self.page

    def click_middle(self) -> None:
        """Click into the middle of the map."""
        box = self.page.locator(".map-pane").bounding_box()
        assert box
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def foreign_requests(self) -> list[str]:
        ours = urlsplit(self.address).netloc
        return [each for each in self.requests if urlsplit(each).netloc != ours]


Visitor = Callable[..., Visit]


@pytest.fixture
def visitor(browser: Browser, server: str) -> Iterator[Visitor]:
    """Makes readers: `visitor(width=320, javascript=False)`."""
    contexts: list[BrowserContext] = []

    def make_visit(width: int = 900, height: int = 640, javascript: bool = True) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",  # fewer pictures to draw on the way to the same map
            device_scale_factor=0.5,  # a quarter of the pixels: they are drawn without a graphics card
        )
        contexts.append(context)
        context.set_default_timeout(SECONDS)
        visit = Visit(context.new_page(), context, server)
        visit.page.on("request", lambda request: visit.requests.append(request.url))
        visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
        visit.page.on(
            "console",
            lambda said: visit.complaints.append(said.text) if said.type == "error" else None,
        )
        return visit

    yield make_visit
    for context in contexts:
        context.close()
