"""A real streaming replica: what is read there is the same, and nobody misses what they wrote."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from geoplatform.catalog import registry
from geoplatform.catalog.properties import property_by_name
from geoplatform.database.reading import COOKIE, HEADER, NEWEST
from geoplatform.database.server import Server
from tests import clusters
from tests.database.conftest import TREES, Pair, ask, until_it_says
from tests.serving import serving

pytestmark = pytest.mark.prove

NOW = re.compile(rb'"timeStamp": ?"[^"]*"')
EDITS = 300


def readings(address: str) -> Iterator[str]:
    """Everything that is read of each layer."""
    yield from ("/catalogue.ttl", "/api/collections", "/wms?SERVICE=WMS&REQUEST=GetCapabilities")
    for layer in registry.layers():
        items = f"/api/collections/{layer.name}/items"
        found = ask(f"{address}{items}?limit=3", Database_Position=str(NEWEST)).json
        yield f"{items}?limit=3"
        name = next(iter(property_by_name(layer)))
        yield f"{items}?limit=3&filter={name}%20IS%20NOT%20NULL"
        for feature in found["features"][:1]:
            yield f"{items}/{feature['id']}"
            yield f"{items}/{feature['id']}/history"
            yield f"/{layer.name}/{feature['id']}"
        yield f"/api/collections/{layer.name}"
        yield f"/downloads/{layer.name}.geojson"
        yield f"/downloads/{layer.name}.csv"
        if layer.geometry:
            yield f"{items}?limit=3&crs=http://www.opengis.net/def/crs/EPSG/0/25833"
            yield f"/tiles/{layer.name}.json"
            yield (
                "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&STYLES=&SRS=EPSG:4326&BBOX=11.3,53.5,11.6,53.8"
                f"&WIDTH=200&HEIGHT=200&FORMAT=image/png&LAYERS={layer.name}"
            )
            yield (
                "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfo&STYLES=&SRS=EPSG:4326&BBOX=11.3,53.5,11.6,53.8"
                f"&WIDTH=200&HEIGHT=200&LAYERS={layer.name}&QUERY_LAYERS={layer.name}&X=100&Y=100"
                "&INFO_FORMAT=application/json"
            )
    yield "/api/proposals"


def test_everything_that_is_read_comes_from_the_replica_and_is_the_same(pair: Pair) -> None:
    """The primary is stopped: what is answered then was read without it."""
    with serving(pair.environment) as (address, _process):
        until_it_says(address, "replica1: reads")
        of_primary = {
            each: ask(address + each, Database_Position=str(NEWEST)) for each in readings(address)
        }
        assert not {path: each.body for path, each in of_primary.items() if each.status != 200}
        Server(pair.primary.home).stop()
        # Only the primary knows what is new: maps ask again, tiles are looked up there, sorted pages ask for its time.
        for path in ("/changes", "/tiles/fruit-trees/12/2179/1337.mvt", f"{TREES}?sortby=note"):
            assert ask(address + path).status == 503, path
        for path, there in of_primary.items():
            here = ask(address + path)
            assert here.status == 200, path
            if not here.headers["Content-Type"].startswith(
                "text/html"
            ):  # pages hold signatures of the moment
                assert NOW.sub(b"", here.body) == NOW.sub(b"", there.body), path
        tree = json.loads(of_primary[f"{TREES}?limit=3"].body)["features"][0]["id"]
        who = {
            "Authorization": f"Bearer {pair.token}",
            "Content_Type": "application/merge-patch+json",
        }
        refused = ask(f"{address}{TREES}/{tree}", "PATCH", {"properties": {"note": "x"}}, **who)
        assert refused.status == 503
        clusters.start(pair.primary)
        deadline = time.monotonic() + 30
        while ask(f"{address}/changes").status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_nobody_misses_what_they_wrote_however_far_the_replica_is_behind(pair: Pair) -> None:
    pair.lag(2)
    stale, missed = 0, []
    who = {"Authorization": f"Bearer {pair.token}", "Content_Type": "application/merge-patch+json"}
    with serving(pair.environment) as (address, _process):
        until_it_says(address, "replica1: reads")
        id = ask(f"{address}{TREES}?limit=1").json["features"][0]["id"]
        tree = f"{address}{TREES}/{id}"
        for n in range(EDITS):
            height = 3 + n / 10
            done = ask(tree, "PATCH", {"properties": {"height_m": height}}, **who)
            assert done.status == 200, done.body
            # They read without saying who they are: by the header that programs get, or the cookie of browsers.
            position = done.headers[HEADER]
            own = {"Database_Position": position} if n % 2 else {"Cookie": f"{COOKIE}={position}"}
            filtered = f"{address}{TREES}?limit=1&filter=id='{id}'%20AND%20height_m={height}"
            for seen in (ask(tree, **own).json, *ask(filtered, **own).json["features"]):
                if seen["properties"]["height_m"] != height:
                    missed.append((n, seen))
            stale += ask(tree).json["properties"]["height_m"] != height
        assert not missed
        # Without a position the replica answered, which is behind: else this would show nothing.
        assert stale > EDITS / 2
        # What reads the primary's log beside is never behind: a cursor, and tiles made after it.
        assert ask(f"{address}/changes").json["cursor"]
        # Too far behind: the primary serves in its place, until it has caught up.
        pair.lag(30)
        ask(tree, "PATCH", {"properties": {"height_m": 77}}, **who)
        until_it_says(address, "replica1: left out")
        assert ask(tree).json["properties"]["height_m"] == 77
        pair.lag(0)
        until_it_says(address, "replica1: reads")


def test_pictures_and_tiles_are_never_older_than_their_validators_say(pair: Pair) -> None:
    """A snapshot of a replica tells no running transaction; one that commits later must not count as seen."""
    pair.lag(0.3)
    with serving(pair.environment) as (address, _process):
        until_it_says(address, "replica1: reads")
        tree = ask(f"{address}{TREES}?limit=1").json["features"][0]
        x, y = tree["geometry"]["coordinates"]
        column, row = (int(each) for each in mercator(x, y, 2**16))
        tile = f"{address}/tiles/fruit-trees/16/{column}/{row}.mvt"
        box = f"{x - 0.001},{y - 0.001},{x + 0.001},{y + 0.001}"
        drawn = (
            f"{address}/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetMap&STYLES=&SRS=EPSG:4326&BBOX={box}"
            "&WIDTH=200&HEIGHT=200&FORMAT=image/png&LAYERS=fruit-trees"
        )
        with clusters.connect(pair.primary) as slow, clusters.connect(pair.primary) as other:
            other.execute("SELECT geoplatform.prune_tiles()")
            for n in range(20):
                slow.autocommit = False
                slow.execute(
                    "UPDATE layers_plant SET location = ST_Translate(location, %s, 0) WHERE id = %s",
                    [0.0004 if n % 2 == 0 else -0.0004, tree["id"]],
                )
                # Others write on, so that the number of the slow one lies below what the snapshot ends with.
                for _each in range(3):
                    other.execute("SELECT pg_current_xact_id()")
                caught_up(pair)
                before = ask(drawn)
                assert ask(drawn, If_None_Match=before.headers["ETag"]).status == 304
                kept = ask(tile).body
                slow.commit()
                # A tile has what was committed at once, whoever made it: its look-up is the primary's.
                assert ask(tile).body != kept
                caught_up(pair)
                after = ask(drawn, If_None_Match=before.headers["ETag"])
                assert after.status == 200
                assert after.body != before.body
                # The tag of the one holds at the other.
                tag = {"If_None_Match": after.headers["ETag"]}
                assert ask(drawn, **tag, Database_Position=str(NEWEST)).status == 304
            seen = (
                "SELECT pg_visible_in_snapshot({0}, pg_current_snapshot()),"
                " pg_visible_in_snapshot({0}, geoplatform.seen_now())"
            )
            slow.execute("SELECT 1")
            (running,) = slow.execute("SELECT pg_current_xact_id()").fetchone() or ()
            for _each in range(3):
                other.execute("SELECT pg_current_xact_id()")
            other.execute("SELECT geoplatform.prune_tiles()")
            caught_up(pair)
            with clusters.connect(pair.replica) as replica:
                told = replica.execute(seen.format(f"'{running}'::xid8")).fetchone()
            # PostgreSQL's own snapshot on a replica takes a running transaction for an ended one; ours does not.
            assert told == (True, False)


def mercator(x: float, y: float, tiles: int) -> tuple[float, float]:
    """Degrees as columns and rows of web mercator."""
    north = math.asinh(math.tan(math.radians(y)))
    return (x / 360 + 0.5) * tiles, (0.5 - north / (2 * math.pi)) * tiles


def caught_up(pair: Pair) -> None:
    """Wait until the replica has replayed what the primary has written."""
    with clusters.connect(pair.primary) as primary, clusters.connect(pair.replica) as replica:
        written = primary.execute("SELECT pg_current_wal_flush_lsn()::text").fetchone()
        deadline = time.monotonic() + 30
        while replica.execute("SELECT pg_last_wal_replay_lsn() >= %s", written).fetchone() != (
            True,
        ):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.browser
@pytest.mark.usefixtures("_collected")
def test_a_browser_finds_what_it_has_sent(pair: Pair, browser: Browser) -> None:
    """Its own scripts ask without cookies, so they carry the position themselves."""
    pair.lag(30)
    with serving({**pair.environment, "REPLICA_LAG_SECONDS": "200"}) as (address, _process):
        until_it_says(address, "replica1: reads")
        own, other = browser.new_context(), browser.new_context()
        page = own.new_page()
        page.goto(f"{address}/#map=18/53.63/11.41")
        page.wait_for_selector("html.map-drawn", state="attached", timeout=60_000)
        assert own.cookies() == []
        page.click("#tab-add")
        page.fill("#add-form [name=species]", "Apfel (Malus domestica)")
        page.select_option("#add-form [name=access]", "public")
        page.fill("#add-form [name=latitude]", "53.63")
        page.fill("#add-form [name=longitude]", "11.41")
        page.click("#add-form [type=submit]")
        expect(page.locator("#details article")).to_be_visible(timeout=30_000)
        assert [each["name"] for each in own.cookies()] == [COOKIE]
        with clusters.connect(pair.primary) as connection:
            (id,) = (
                connection.execute(
                    "SELECT id::text FROM layers_plant ORDER BY fid DESC LIMIT 1"
                ).fetchone()
                or ()
            )
        path = f"/fruit-trees/{id}"
        script = "address => import('/static/webmap/pages.js').then(m => m.fetchPage(address)).then(f => f.status)"
        assert page.evaluate(script, path) == 200
        assert other.new_page().goto(address + path).status == 404
        assert page.goto(address + path).status == 200
        for each in (own, other):
            each.close()
