"""Tiles, TileJSON and styles as clients meet them: headers, refusals, and clients themselves."""

from __future__ import annotations

import gzip
import json
import subprocess

import pyogrio
import pytest
from django.core.cache import cache
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.catalog.facets import has_pyramid
from geoplatform.query.mvt import counts_of, has_names, names_of
from geoplatform.query.mvt import tile as make_tile
from layers.plants import Plant
from tests import make
from tests.conftest import PROJECT
from tests.contracts import samples
from tests.mvt import decode, tile_of
from tests.services.test_tiles_under_writes import serving

VALIDATOR = PROJECT / (
    "geoplatform/pages/node_modules/@maplibre/maplibre-gl-style-spec/dist/gl-style-validate.mjs"
)


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Extents are remembered for a minute, across tests too."""
    cache.clear()


@pytest.fixture
def address(db):
    make.plant(11.05, 53.05, species=make.species(), note="n")
    x, y = tile_of(11.05, 53.05, 16)
    return f"/tiles/trees/16/{x}/{y}.mvt"


def get(path, method="get", **headers):
    return getattr(Client(), method)(path, headers=headers)


def body(response):
    return json.loads(response.content)


# -- one tile ------------------------------------------------------------------------------------


def test_who_takes_gzip_is_sent_gzip(address):
    plain, packed = get(address), get(address, **{"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.content) == plain.content != b""
    # One weak tag for both: they say the same in other bytes.
    assert plain.headers["ETag"] == packed.headers["ETag"]
    assert plain.headers["ETag"].startswith('W/"')
    for response in (plain, packed):
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Cache-Control"] == "no-cache"
        assert response.headers["Content-Type"] == "application/vnd.mapbox-vector-tile"
        assert response.headers["Content-Length"] == str(len(response.content))
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert not response.cookies


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("identity, *;q=0", False),
    ],
)
def test_codings_are_chosen_by_weight(address, accepted, packed):
    response = get(address, **{"Accept-Encoding": accepted})
    assert ("Content-Encoding" in response.headers) == packed


@pytest.mark.parametrize("held", ["{}", '"older", {}', '{} , W/"other"', "*", "strong"])
def test_who_has_it_is_told_so(address, held):
    etag = get(address).headers["ETag"]
    # Compared weakly: the strong form of the tag is the same tile.
    header = etag.removeprefix("W/") if held == "strong" else held.format(etag)
    for method in ("get", "head"):
        response = get(address, method, **{"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["ETag"] == etag
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("held", ['"other"', "W/", "nonsense", '""'])
def test_who_has_another_one_is_sent_it(address, held):
    assert get(address, **{"If-None-Match": held}).status_code == 200


def test_head_is_get_without_the_body(address):
    full, head = get(address), get(address, "head")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == full.headers["ETag"]
    assert head.headers["Content-Length"] == full.headers["Content-Length"]


def test_an_empty_tile_is_an_empty_answer(address):
    response = get("/tiles/trees/16/0/0.mvt", **{"Accept-Encoding": "gzip"})
    assert (response.status_code, response.content) == (200, b"")
    assert "Content-Encoding" not in response.headers
    held = {"If-None-Match": response.headers["ETag"]}
    assert get("/tiles/trees/16/0/0.mvt", **held).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/trees/23/0/0.mvt", 404),
        ("/tiles/trees/2/4/0.mvt", 404),
        ("/tiles/trees/99999999999999999999/0/0.mvt", 404),
        ("/tiles/trees/2/0/99999999999999999999.mvt", 404),
        ("/tiles/trees/-1/0/0.mvt", 404),
        ("/tiles/nothing/2/0/0.mvt", 404),
        ("/tiles/species/2/0/0.mvt", 404),
        ("/tiles/species.json", 404),
        ("/tiles/", 404),
        ("/styles/nothing.json", 404),
        ("/tiles/trees/2/0/0.mvt?colour=red", 400),
        ("/tiles/trees/2/0/0.mvt?%00=%00", 400),
        ("/tiles/trees.json?a=b", 400),
        ("/styles/trees.json?a=b", 400),
        ("/styles/geoplatform.json?a=b", 400),
    ],
)
@pytest.mark.django_db
def test_refusals_are_problem_details(path, status):
    response = get(path)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body(response)["status"] == status
    assert not response.cookies


@pytest.mark.django_db
def test_other_methods_are_refused():
    response = get("/tiles/trees/2/0/0.mvt", "post")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert get("/tiles/trees/2/0/0.mvt", "options").status_code == 204


@pytest.mark.django_db
def test_a_foreign_host_is_refused_where_addresses_are_told():
    response = Client().get("/tiles/trees.json", HTTP_HOST="elsewhere.example")
    assert response.status_code == 400
    assert "elsewhere" not in response.content.decode()


# -- TileJSON and styles ---------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("layer", registry.map_layers(), ids=lambda layer: layer.name)
def test_tilejson_tells_the_truth(layer):
    make.town()
    made = samples.feature(layer)
    point = made.__dict__[layer.geometry].point_on_surface
    told = body(get(f"/tiles/{layer.name}.json"))
    assert told["tilejson"] == "3.0.0"
    west, south, east, north = told["bounds"]
    assert west <= point.x <= east
    assert south <= point.y <= north
    longitude, latitude, zoom = told["center"]
    assert west <= longitude <= east
    assert south <= latitude <= north
    assert layer.zooms[0] == told["minzoom"] <= zoom <= told["maxzoom"] <= layer.zooms[1]
    fields = {each["id"]: set(each["fields"]) for each in told["vector_layers"]}
    besides = [names_of(layer)] if has_names(layer) else []
    besides += [counts_of(layer)] if has_pyramid(layer) else []
    assert set(fields) == {layer.name, *besides}
    shown: dict[str, set[str]] = {name: set() for name in fields}
    for z in range(told["minzoom"], told["maxzoom"] + 1):
        place = tile_of(point.x, point.y, z)
        for name, features in decode(make_tile(layer, z, *place)).items():
            for _fid, attributes in features:
                shown[name] |= set(attributes)
                for key in attributes:
                    text = str(
                        next(v["fields"][key] for v in told["vector_layers"] if v["id"] == name)
                    )
                    first = int(text.rpartition(" ")[2].rstrip(")")) if "Zoomstufe" in text else 0
                    assert z >= first, key
    for name, attributes in shown.items():
        assert attributes <= fields[name]
    # What has no value in a feature is left out of its tile; the rest is all there.
    for each in fields[layer.name] - shown[layer.name]:
        assert getattr(made, each, None) in (None, "") or "__" in each


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/tiles/trees.json", "/styles/trees.json", "/styles/geoplatform.json"]
)
def test_documents_are_revalidated(path):
    first = get(path)
    again = get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    english = get(path, **{"If-None-Match": first.headers["ETag"], "Accept-Language": "en"})
    assert english.status_code == 200
    other = Client().get(
        path, HTTP_HOST="localhost", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200
    assert "http://localhost/" in other.content.decode()


@pytest.mark.django_db
def test_styles_are_valid_by_the_specification(tmp_path):
    if not VALIDATOR.exists():
        pytest.skip("the browser libraries are not installed: .setup/install")
    files = []
    for name in ("geoplatform", *(layer.name for layer in registry.map_layers())):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_bytes(get(f"/styles/{name}.json").content)
    for file in files:
        done = subprocess.run(
            [PROJECT / ".setup/node", "node", VALIDATOR, file], capture_output=True, text=True
        )
        assert (done.returncode, done.stdout + done.stderr) == (0, ""), file.name
    broken = json.loads(files[0].read_text())
    broken["layers"][1]["type"] = "no such type"
    files[0].write_text(json.dumps(broken))
    done = subprocess.run(
        [PROJECT / ".setup/node", "node", VALIDATOR, files[0]], capture_output=True
    )
    assert done.returncode != 0, "the validator finds what is wrong"


# -- a client: GDAL ----------------------------------------------------------------------------------


@pytest.mark.skipif("MVT" not in pyogrio.list_drivers(), reason="GDAL without its MVT driver")
def test_gdal_reads_tiles_through_tilejson(fresh_database):
    species = make.species()
    # Close together, and one far off: between them lie empty tiles.
    places = [*((11.05 + n / 10_000, 53.05) for n in range(19)), (11.09, 53.06)]
    for place in places:
        make.plant(*place, species=species, note="Größe")
    assert Plant.objects.count() == 20
    with serving(fresh_database) as port:
        for _from_the_store in range(2):
            found = pyogrio.read_dataframe(
                f"MVT:http://127.0.0.1:{port}/tiles/trees/16",
                METADATA_FILE=f"http://127.0.0.1:{port}/tiles/trees.json",
                TILE_EXTENSION="mvt",
                layer="trees",
            )
            assert found.crs == "EPSG:3857"
            assert len(set(found["mvt_id"])) == 20
            assert set(found["note"]) == {"Größe"}
            assert set(found["species_de"]) == {"Apfel"}
            wgs84 = found.to_crs(4326).geometry
            assert wgs84.x.min() == pytest.approx(places[0][0], abs=1e-5)
            assert wgs84.x.max() == pytest.approx(places[-1][0], abs=1e-5)
