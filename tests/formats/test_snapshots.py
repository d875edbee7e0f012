"""Snapshots: whole or not there, with the checksum they say, as many as are wanted, found by their name alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time

import pyogrio
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from rdflib import RDF, XSD, Graph, Literal, URIRef
from rdflib.namespace import DCAT, DCTERMS

from geoplatform.catalog import registry
from geoplatform.formats import snapshots as kept
from geoplatform.formats.snapshots import SnapshotError, find, keep, snapshots
from geoplatform.formats.writers import WRITERS
from geoplatform.services import sending
from tests import make
from tests.conftest import PROJECT

SPDX = "http://spdx.org/rdf/terms#"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    cache.clear()
    settings.SNAPSHOT_FOLDER = str(tmp_path / "kept")
    return tmp_path / "kept"


@pytest.fixture
def trees(db):
    """One tree in each of two municipalities."""
    for ags, box in (("13004000", make.WEST_BOX), ("13003000", make.EAST_BOX)):
        town = make.municipality(ags, outline=make.area(*box))
        make.plant(box[0] + 0.05, 53.05, own_growth_form="tree", municipality=town)
    return registry.get("trees")


def on(monkeypatch, day: str) -> None:
    """As if it were that day."""
    monkeypatch.setattr(kept, "localdate", lambda: dt.date.fromisoformat(day))


def run(*layers) -> list[tuple[str, bool]]:
    told = []
    keep(layers, lambda snapshot, made: told.append((snapshot.file, made)))
    return told


def is_whole(snapshot) -> bool:
    content = snapshot.path.read_bytes()
    return hashlib.sha256(content).hexdigest() == snapshot.sha256 and len(content) == snapshot.bytes


def test_each_municipality_has_a_file_of_its_own_with_its_checksum(trees, monkeypatch, folder):
    on(monkeypatch, "2026-11-23")
    names = ["trees.13003000.2026-11-23.gpkg", "trees.13004000.2026-11-23.gpkg"]
    assert run(trees) == [(name, True) for name in names]
    assert sorted(each.file for each in snapshots()) == names
    for each in snapshots():
        assert is_whole(each)
        assert each.licence == "cc-zero"
        table = pyogrio.read_dataframe(each.path)
        assert list(table["municipality"]) == [each.part]
    assert sorted(
        path.name for path in folder.iterdir() if not path.name.startswith(".")
    ) == sorted([*names, *(f"{name}.json" for name in names)])


def test_what_is_there_stays_as_it_is(trees, monkeypatch):
    on(monkeypatch, "2026-11-23")
    run(trees)
    before = {each.file: each.path.stat().st_mtime_ns for each in snapshots()}
    make.plant(11.05, 53.05, own_growth_form="tree")
    assert run(trees) == []
    assert {each.file: each.path.stat().st_mtime_ns for each in snapshots()} == before


def test_the_oldest_go_by_number_and_by_time_and_the_newest_stays(trees, monkeypatch, settings):
    settings.SNAPSHOT_KEEP = 2
    for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
        on(monkeypatch, day)
        run(trees)
    assert {each.day for each in snapshots()} == {"2026-02-01", "2026-03-01"}
    settings.SNAPSHOT_DAYS = 20
    on(monkeypatch, "2026-03-02")
    dropped = [name for name, made in run() if not made]
    assert dropped == ["trees.13004000.2026-02-01.gpkg", "trees.13003000.2026-02-01.gpkg"]
    on(monkeypatch, "2027-01-01")
    assert run() == [], "the newest of each stays, however old"


def test_all_together_are_held_to_a_size_and_nothing_is_left(trees, settings, folder):
    run(trees)
    size = sum(each.bytes for each in snapshots())
    settings.SNAPSHOT_BYTES = size + 1000
    with pytest.raises(SnapshotError, match="SNAPSHOT_BYTES"):
        run(registry.get("municipalities"))
    assert len(snapshots()) == 2
    assert not list(folder.glob(".*.part"))
    assert not list(folder.glob("municipalities*"))


def test_what_a_cut_run_left_is_no_snapshot_and_is_swept_away(trees, folder):
    run(trees)
    [one, other] = snapshots()
    one.path.unlink()  # a description whose data never came
    other.path.write_bytes(other.path.read_bytes()[:-1])  # data cut short
    (folder / ".trees.13004000.2026-01-01.gpkg.part").write_bytes(b"half")
    assert snapshots() == []
    assert find(one.file) is None
    run(trees)
    assert len(snapshots()) == 2
    assert all(map(is_whole, snapshots()))
    assert not list(folder.glob(".*.part"))


def test_one_run_at_a_time(trees, folder):
    folder.mkdir()
    with kept._alone(), pytest.raises(SnapshotError, match=r"another run|anderer Lauf"):
        run(trees)


@pytest.mark.parametrize(
    "name",
    [
        "../../settings.py",
        "..%2f..%2fsettings.py",
        "trees.13004000.2026-11-23.gpkg.json",
        ".lock",
        "/etc/passwd",
        "trees.../x.2026-11-23.gpkg",
        "trees.13004000.2026-11-24.gpkg",
        "%00",
    ],
)
def test_a_name_leads_nowhere_else(trees, monkeypatch, name):
    on(monkeypatch, "2026-11-23")
    run(trees)
    assert find(name) is None
    for address in (name, f"{name}.sha256"):
        assert Client().get(f"/downloads/snapshots/{address}").status_code in {400, 404}


def test_a_description_that_was_tampered_with_leads_nowhere_else(trees, folder, tmp_path):
    run(trees)
    (tmp_path / "secret").write_bytes(b"x")
    told = json.loads(next(folder.glob("*.json")).read_text())
    for path in folder.glob("*.json"):
        path.write_text(json.dumps({**told, "file": "../secret", "bytes": 1}))
    assert snapshots() == []


def test_it_is_sent_whole_and_never_changes(trees, monkeypatch):
    on(monkeypatch, "2026-11-23")
    run(trees)
    each = snapshots()[0]
    response = Client().get(f"/downloads/snapshots/{each.file}")
    content = response.getvalue()
    assert content == each.path.read_bytes()
    assert response.headers["Content-Type"] == WRITERS["gpkg"].media_type
    assert int(response.headers["Content-Length"]) == len(content) == each.bytes
    assert "immutable" in response.headers["Cache-Control"]
    again = Client().get(
        f"/downloads/snapshots/{each.file}", headers={"If-None-Match": response.headers["ETag"]}
    )
    assert again.status_code == 304
    told = Client().head(f"/downloads/snapshots/{each.file}")
    assert told.getvalue() == b""
    assert dict(told.headers) == dict(response.headers)
    line = Client().get(f"/downloads/snapshots/{each.file}.sha256").content.decode()
    assert line == f"{hashlib.sha256(content).hexdigest()}  {each.file}\n"


def test_a_slow_reader_takes_a_place_among_the_downloads(trees, settings):
    run(trees)
    address = f"/downloads/snapshots/{snapshots()[0].file}"
    held = [Client().get(address) for _place in range(settings.DOWNLOADS_AT_ONCE)]
    refused = Client().get(address)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    for each in held:
        each.close()
    assert Client().get(address).getvalue()
    assert sending.free.acquire(blocking=False)
    sending.free.release()


def test_page_and_list_name_them(trees, monkeypatch):
    on(monkeypatch, "2026-11-23")
    run(trees)
    found = json.loads(Client().get("/downloads/").content)["snapshots"]
    assert {each["part"] for each in found} == {"13003000", "13004000"}
    page = Client().get("/downloads/", headers={"Accept": "text/html"}).content.decode()
    for each in found:
        assert each["address"] in page
        assert each["checksum"] in page


def test_the_catalogue_lists_each_with_its_checksum(trees, monkeypatch):
    on(monkeypatch, "2026-11-23")
    run(trees)
    graph = Graph().parse(data=Client().get("/catalogue.ttl").content, format="turtle")
    for each in snapshots():
        dataset = URIRef(f"http://testserver/api/collections/trees#{each.part}")
        part = URIRef(f"{dataset}-2026-11-23-gpkg")
        assert (dataset, DCAT.distribution, part) in graph
        address = URIRef(f"http://testserver/downloads/snapshots/{each.file}")
        assert (part, DCAT.downloadURL, address) in graph
        assert (part, DCTERMS.issued, Literal("2026-11-23", datatype=XSD.date)) in graph
        [size] = graph.objects(part, DCAT.byteSize)
        assert int(size) == each.bytes
        [checksum] = graph.objects(part, URIRef(f"{SPDX}checksum"))
        assert (checksum, RDF.type, URIRef(f"{SPDX}Checksum")) in graph
        [value] = graph.objects(checksum, URIRef(f"{SPDX}checksumValue"))
        assert str(value) == each.sha256
        [licence] = graph.objects(part, DCTERMS.license)
        assert str(licence).endswith("/cc-zero")


def test_the_command_says_what_it_made_and_what_is_wrong(trees, settings, capsys):
    call_command("snapshot", "trees")
    assert "trees.13004000." in capsys.readouterr().out
    with pytest.raises(CommandError, match="forests"):
        call_command("snapshot", "forests")
    settings.SNAPSHOT_FORMAT = "shp"
    with pytest.raises(CommandError, match="gpkg"):
        call_command("snapshot", "trees")
    settings.SNAPSHOT_FORMAT, settings.SNAPSHOT_FOLDER = "gpkg", ""
    with pytest.raises(CommandError, match="SNAPSHOT_FOLDER"):
        call_command("snapshot")
    assert snapshots() == []
    assert Client().get("/downloads/snapshots/trees.13004000.2026-11-23.gpkg").status_code == 404


@pytest.mark.prove
def test_killed_at_any_moment_it_leaves_whole_snapshots_alone(fresh_database, folder):
    """`kill -9` at twenty moments of a run: what is listed is whole, and the next run completes it."""
    town = make.municipality("13004000", outline=make.area(*make.WEST_BOX))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO layers_plant (id, location, source_id, licence, status, cultivar, access, number_of_plants,"
            " note, own_growth_form, own_edible) SELECT gen_random_uuid(),"
            " ST_SetSRID(ST_MakePoint(11 + n * 1e-6, 53.05), 4326), %s,"
            " 'cc-zero', 'confirmed', '', '', 1, '', 'tree', true FROM generate_series(1, 20000) n",
            [make.source().id],
        )
    assert town.pk
    environment = {**fresh_database.environment, "SNAPSHOT_FOLDER": str(folder)}
    command = [sys.executable, "manage.py", "snapshot", "trees", "fruit-trees"]
    started = time.monotonic()
    subprocess.run(command, env=environment, cwd=PROJECT, check=True)
    whole = time.monotonic() - started
    dice = random.Random("cut")
    for _try in range(20):
        for path in folder.iterdir():
            path.unlink()
        process = subprocess.Popen(command, env=environment, cwd=PROJECT)
        time.sleep(whole * dice.uniform(0.3, 1.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert all(map(is_whole, snapshots()))
        named = {path.name for path in folder.glob("*.gpkg") if not path.name.startswith(".")}
        assert named == {each.file for each in snapshots()}
    subprocess.run(command, env=environment, cwd=PROJECT, check=True)
    assert len(snapshots()) == 2
    assert all(map(is_whole, snapshots()))
    assert not list(folder.glob(".*.part"))
    assert os.listdir(folder)
