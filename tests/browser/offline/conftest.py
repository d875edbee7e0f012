"""A server behind a wire that can be cut, and a browser that was told to work without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, expect

from layers.species import Species
from tests import make
from tests.browser.conftest import _fill, filled_server
from tests.browser.cutting import Wire, wire_to
from tests.browser.offline.steps import opened

VILLAGE = (12.0, 53.5, 12.01, 53.506)  # small enough to be taken along in a moment


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
