"""Whole layers as files: headers, refusals, packing, and that a few downloads do not take everything."""

import gc
import gzip
import io
import json
import sqlite3
import zipfile

import brotli
import pytest
import zstandard
from django.core.cache import cache
from django.db import connection
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.models import Source
from geoplatform.formats.writers import WRITERS
from geoplatform.services import sending
from tests import make

FILES = [name for name, form in WRITERS.items() if not form.streams]
UNPACK = {
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "br": brotli.decompress,
    "gzip": gzip.decompress,
}


@pytest.fixture(autouse=True)
def nothing_remembered():
    cache.clear()


@pytest.fixture
def tree(db):
    return make.plant(own_growth_form="tree")


def get(path, data=None, **headers):
    return Client().get(path, data, headers=headers)


def problem(response, status):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


@pytest.mark.parametrize("form", WRITERS)
def test_headers(tree, form):
    response = get(f"/downloads/trees.{form}")
    assert response.headers["Content-Type"] == WRITERS[form].media_type
    assert response.headers["Content-Disposition"] == f'attachment; filename="trees.{form}"'
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Link"] == '<http://dcat-ap.de/def/licenses/cc-zero>; rel="license"'
    assert not response.cookies
    told = Client().head(f"/downloads/trees.{form}")
    assert told.getvalue() == b""
    assert dict(told.headers) == dict(response.headers)
    assert response.getvalue()


@pytest.mark.parametrize("form", WRITERS)
def test_an_archive_holds_the_same_file_and_its_licences(tree, form):
    response = get(f"/downloads/trees.{form}.zip", **{"Accept-Language": "en"})
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == f'attachment; filename="trees.{form}.zip"'
    assert "Content-Encoding" not in response.headers
    told = Client().head(f"/downloads/trees.{form}.zip", headers={"Accept-Language": "en"})
    assert told.getvalue() == b""
    assert dict(told.headers) == dict(response.headers)
    with zipfile.ZipFile(io.BytesIO(response.getvalue())) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["LICENCE.txt", f"trees.{form}"]
        held = archive.read(f"trees.{form}")
        text = archive.read("LICENCE.txt").decode()
    plain = get(f"/downloads/trees.{form}", **{"Accept-Language": "en"}).getvalue()
    assert held[:16] == plain[:16] if form == "gpkg" else held == plain
    assert "CC0 1.0: http://dcat-ap.de/def/licenses/cc-zero (1 feature)" in text
    assert "- Source test" in text


def cadastre_and_osm() -> None:
    """Two trees of two licences and sources."""
    cadastre = Source.objects.create(
        name="cadastre", title="Baumkataster", licence="cc-by/4.0", attribution="Stadt Schwerin"
    )
    osm = Source.objects.create(
        name="osm", title="OpenStreetMap", licence="odbl", attribution="© OSM"
    )
    make.plant(own_growth_form="tree", licence="cc-by/4.0", source=cadastre, height_m=3)
    make.plant(own_growth_form="tree", licence="odbl", source=osm, height_m=30)


@pytest.mark.django_db
def test_only_licences_and_sources_of_what_was_chosen_are_named(tmp_path):
    cadastre_and_osm()
    chosen = {"filter": "height_m > 10"}
    licence = '<http://dcat-ap.de/def/licenses/odbl>; rel="license"'
    assert Client().head("/downloads/trees.csv", chosen).headers["Link"] == licence
    content = get("/downloads/trees.csv.zip", chosen).getvalue()
    text = zipfile.ZipFile(io.BytesIO(content)).read("LICENCE.txt").decode()
    assert "odbl" in text
    assert "© OSM" in text
    assert "cc-by" not in text
    assert "Schwerin" not in text
    path = tmp_path / "trees.gpkg"
    path.write_bytes(get("/downloads/trees.gpkg", chosen).getvalue())
    with sqlite3.connect(path) as file:
        [(told,)] = file.execute("SELECT metadata FROM gpkg_metadata").fetchall()
    assert "© OSM" in told
    assert "Schwerin" not in told


@pytest.mark.django_db
def test_what_is_nothing_names_no_licence():
    cadastre_and_osm()
    nothing = {"filter": "height_m > 100"}
    assert "Link" not in Client().head("/downloads/trees.csv", nothing).headers
    content = get("/downloads/trees.csv.zip", nothing).getvalue()
    text = zipfile.ZipFile(io.BytesIO(content)).read("LICENCE.txt").decode()
    assert "licenses" not in text


@pytest.mark.django_db
def test_the_list_names_every_file_and_each_answers():
    cadastre_and_osm()
    found = json.loads(get("/downloads/").content)["layers"]
    assert {each["name"] for each in found} == {each.name for each in registry.layers()}
    [trees] = [each for each in found if each["name"] == "trees"]
    assert trees["count"] == 2
    assert {each["label"] for each in trees["licences"]} == {"CC BY 4.0", "ODbL 1.0"}
    for each in found:
        assert [file["name"] for file in each["files"]] == list(WRITERS)
        for file in each["files"]:
            for address in (file["address"], file["archive"]):
                told = Client().head(address.removeprefix("http://testserver"))
                assert told.status_code == 200, address


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "word"), [("de", "Ganze Ebenen"), ("en", "Whole layers")])
def test_the_list_is_a_page_too(language, word):
    page = get("/downloads/", {"lang": language}, Accept="text/html").content.decode()
    assert word in page
    for layer in registry.layers():
        assert f"/downloads/{layer.name}.gpkg.zip" in page
    problem(get("/downloads/", {"x": "1"}), 400)
    problem(get("/downloads/", Accept="image/png"), 406)


def test_each_licence_is_named(tree):
    make.plant(own_growth_form="tree", licence="odbl")
    assert Client().head("/downloads/trees.csv").headers["Link"] == (
        '<http://dcat-ap.de/def/licenses/cc-zero>; rel="license",'
        ' <http://dcat-ap.de/def/licenses/odbl>; rel="license"'
    )


@pytest.mark.parametrize(
    "path",
    [
        *(
            "forests.csv",
            "trees",
            "trees.shp",
            "trees.CSV",
            ".csv",
            "trees.csv.gz",
            "trees.",
            "..csv",
        ),
        *("trees.zip", ".zip", "trees.csv.zip.zip", "trees.shp.zip"),
    ],
)
def test_no_such_file_says_which_there_are(db, path):
    told = problem(get(f"/downloads/{path}", **{"Accept-Language": "en"}), 404)["detail"]
    assert "fruit-trees" in told
    assert "parquet" in told


def test_parameters_are_refused(tree):
    assert problem(get("/downloads/trees.csv", {"bbox": "1,2,3,4"}), 400)["errors"]
    assert problem(get("/downloads/trees.csv", {"limit": "5"}), 400)


def test_only_reading():
    response = Client().post("/downloads/trees.csv")
    assert problem(response, 405)
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("form", [name for name, form in WRITERS.items() if not form.packed])
@pytest.mark.parametrize("coding", UNPACK)
def test_packed_as_the_reader_likes(tree, form, coding):
    plain = get(f"/downloads/trees.{form}").getvalue()
    if form == "gpkg":
        plain = plain[:16]  # each one tells when it was made
    response = get(f"/downloads/trees.{form}", **{"Accept-Encoding": coding})
    assert response.headers["Content-Encoding"] == coding
    assert "Accept-Encoding" in response.headers["Vary"]
    assert UNPACK[coding](response.getvalue()).startswith(plain)


def test_what_is_packed_is_not_packed_again(tree):
    response = get("/downloads/trees.parquet", **{"Accept-Encoding": "zstd"})
    assert "Content-Encoding" not in response.headers
    assert response.getvalue().startswith(b"PAR1")


def test_no_coding_will_do(tree):
    for _try in range(5):
        problem(get("/downloads/trees.csv", **{"Accept-Encoding": "identity;q=0"}), 406)


def test_too_many_at_once_are_sent_away_and_places_come_back(fresh_database, settings):
    make.plant(own_growth_form="tree")

    def taken() -> int:
        """How many places are taken, found out by taking the others."""
        found = []
        while sending.free.acquire(blocking=False):
            found.append(True)
        for _each in found:
            sending.free.release()
        return settings.DOWNLOADS_AT_ONCE - len(found)

    for form in WRITERS:
        get(f"/downloads/trees.{form}").getvalue()
        get(f"/downloads/trees.{form}", **{"Accept-Encoding": "br"}).getvalue()
        Client().head(f"/downloads/trees.{form}")
        assert taken() == 0
        abandoned = get(f"/downloads/trees.{form}")
        assert taken() == 1
        abandoned.close()
        assert taken() == 0
        get(f"/downloads/trees.{form}")  # and dropped
        gc.collect()  # the test client ties its answers into knots
        assert taken() == 0
    settings.DOWNLOAD_FILE_BYTES = 10
    for form in FILES:
        told = problem(get(f"/downloads/trees.{form}", **{"Accept-Language": "en"}), 507)
        assert "CSV" in told["detail"]
        assert taken() == 0
    for _place in range(settings.DOWNLOADS_AT_ONCE):
        sending.free.acquire()
    try:
        response = get("/downloads/trees.csv")
        problem(response, 503)
        assert response.headers["Retry-After"] == "30"
        assert get("/api/collections/trees/items").status_code == 200, "the map goes on"
    finally:
        sending.free.release(settings.DOWNLOADS_AT_ONCE)


@pytest.mark.parametrize("form", FILES)
def test_slow_reader_of_a_file_keeps_no_connection(fresh_database, form):
    make.plant(own_growth_form="tree")
    response = get(f"/downloads/trees.{form}")
    assert connection.connection is None
    assert len(response.getvalue()) > 1000


def test_html_entities_and_odd_names_are_no_error(db):
    for path in ("%00.csv", "tr%C3%A4.csv", "trees.csv%20", "'%3B--.csv"):
        assert get(f"/downloads/{path}").status_code == 404
