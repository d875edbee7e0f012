"""What somebody who only looks leaves behind: nothing in the browser, in the database or in the server's log.

The database is searched row by row as text, with the bytes of binary columns besides; a row written on purpose shows
that the search finds what is there.
"""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, Page, expect
from psycopg import sql

from geoplatform.contributions.models import Contributor, Proposal
from geoplatform.pages.models import LawText
from tests.browser.conftest import SECONDS, _fill
from tests.conftest import Database
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_collected")]

ADDRESS = "203.0.113.77"  # RFC 5737; as a proxy in front of the platform would tell it
HERE = "127.0.0.1"  # what the process itself sees
AGENT = "Nosybrowser/47.11"
STORED = """async () => ({
    cookie: document.cookie,
    local: {...localStorage},
    session: {...sessionStorage},
    databases: (await indexedDB.databases()).map(each => each.name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""
NOTHING: dict[str, Any] = {
    "cookie": "",
    "local": {},
    "session": {},
    "databases": [],
    "caches": [],
    "workers": 0,
}


def told(needles: tuple[str, ...]) -> set[str]:
    """Tables with a row in which one of these texts stands, also as bytes."""
    patterns = [f"%{each}%" for each in needles]
    patterns += [f"%{each.encode().hex()}%" for each in needles]
    found = set()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT table_schema, table_name FROM information_schema.tables
            WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"""
        )
        tables = cursor.fetchall()
        assert len(tables) > 40
        for schema, table in tables:
            statement = sql.SQL("SELECT EXISTS (SELECT FROM {} t WHERE t::text ILIKE ANY (%s))")
            cursor.execute(statement.format(sql.Identifier(schema, table)), [patterns])
            if cursor.fetchone()[0]:
                found.add(f"{schema}.{table}")
    return found


def reader(browser: Browser, address: str) -> tuple[BrowserContext, Page]:
    # `localhost`: a secure context, so that the browser offers all its stores.
    context = browser.new_context(
        base_url=address.replace(HERE, "localhost"),
        user_agent=AGENT,
        extra_http_headers={"X-Forwarded-For": ADDRESS},
    )
    context.set_default_timeout(SECONDS)
    return context, context.new_page()


def read_all(page: Page, tree: str) -> None:
    """Every kind of page and service that readers come to, also what is not there."""
    page.goto("/")
    page.wait_for_selector("html.map-drawn", state="attached")
    page.click("#tab-layers")
    page.click("#tab-add")
    for path in (
        "/en/",
        "/fruit-trees/",
        f"/fruit-trees/{tree}",
        "/fruit-trees/new",
        "/my/",
        "/imprint/",
        "/privacy/",
        "/accessibility/",
        "/terms/",
        "/accounts/password/reset/",
        "/api/",
        "/api/collections/fruit-trees/items",
        f"/api/collections/fruit-trees/items/{tree}",
        "/nothing/",
    ):
        page.goto(path)
    for path in (
        "/tiles/fruit-trees.json",
        "/tiles/fruit-trees/14/8696/5322.mvt",
        "/wms?service=WMS&request=GetCapabilities",
        "/wms?service=WMS&request=GetMap&layers=nothing",
        "/downloads/fruit-trees.geojson",
        "/api/collections/fruit-trees/items?filter=wrong(",
    ):
        page.evaluate(
            "path => fetch(path).then(answer => answer.arrayBuffer()).then(() => 0)", path
        )


def test_who_only_looks_leaves_nothing(
    browser: Browser, fresh_database: Database, tmp_path: Path
) -> None:
    _fill()
    environment = {**fresh_database.environment, "PROXIES": "1", "SECRET_KEY": "a" * 50}
    log = tmp_path / "server.log"
    with log.open("wb") as out, serving(environment, out) as (address, _process):
        with urllib.request.urlopen(f"{address}/api/collections/fruit-trees/items") as answer:
            tree = json.load(answer)["features"][0]["id"]
        context, page = reader(browser, address)
        read_all(page, tree)
        page.goto("/")
        assert page.evaluate("navigator.userAgent") == AGENT
        assert context.cookies() == []
        assert page.evaluate(STORED) == NOTHING
        context.close()
    assert told((ADDRESS, HERE, AGENT)) == set()
    said = log.read_text(errors="replace")
    assert [each for each in (ADDRESS, AGENT) if each in said] == []
    assert not Contributor.objects.exists()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone()[0] == 0
    # What is there is found.
    LawText.objects.create(kind="imprint", language="de", text=f"{AGENT} came from {ADDRESS}")
    assert told((ADDRESS,)) == told((AGENT,)) == {"public.pages_lawtext"}


def test_who_contributes_leaves_a_key_and_no_address(
    browser: Browser, fresh_database: Database, tmp_path: Path
) -> None:
    _fill()
    environment = {**fresh_database.environment, "PROXIES": "1", "SECRET_KEY": "a" * 50}
    log = tmp_path / "server.log"
    with log.open("wb") as out, serving(environment, out) as (address, _process):
        context, page = reader(browser, address)
        page.goto("/#map=18/53.02/11.02")
        page.wait_for_selector("html.map-drawn", state="attached")
        page.click("#tab-add")
        page.click("#place-pin")
        page.fill("#add-form [name=species]", "Apfel (Malus domestica)")
        assert page.evaluate(STORED) == NOTHING
        page.click("#add-form [type=submit]")
        expect(page.locator("#details article")).to_be_visible()
        # From the first contribution on the map works without a network.
        page.wait_for_selector("html.offline-ready", state="attached")
        stored = page.evaluate(STORED)
        kept = {"local": {}, "databases": [], "caches": [], "workers": 0}
        assert {**stored, **kept} == NOTHING
        assert (stored["databases"], stored["workers"]) == (["geoplatform-offline"], 1)
        [key] = stored["local"].values()
        assert len(key) == 43
        assert context.cookies() == []
        _see_and_erase(page)
        while page.evaluate(STORED) != NOTHING:
            page.wait_for_timeout(100)
        context.close()
    # Neither the address nor the key itself: of it there was a hash, and that is gone too.
    assert told((ADDRESS, HERE, AGENT, key)) == set()
    said = log.read_text(errors="replace")
    assert [each for each in (ADDRESS, AGENT, key) if each in said] == []
    proposal = Proposal.objects.get()
    assert (proposal.consent, proposal.state) == ("1.0", "applied")
    assert proposal.author
    assert proposal.author.key_hash is None


def _see_and_erase(page: Page) -> None:
    page.goto("/my/")
    expect(page.locator("#browser li")).to_contain_text("hinzufügen")
    with page.expect_download() as download:
        page.click("text=Alles mitnehmen")
    taken = json.loads(Path(download.value.path()).read_text())
    assert [each["properties"]["action"] for each in taken["proposals"]] == ["create"]
    page.click("summary")
    page.check("[name=sure]")
    page.click("text=Verbindung löschen")
    expect(page.locator("#browser .saved")).to_be_visible()
