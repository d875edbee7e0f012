"""The read side of the API: paging, boxes, filters, and what bad input gets."""

import json
import runpy
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from geoplatform.query.feature_query import MAX_LIMIT
from geoplatform.services.features.formats import ITEMS
from tests import make

pytestmark = pytest.mark.django_db
TREES = "/api/collections/fruit-trees/items"


@pytest.fixture
def trees():
    make.town()
    apple = make.species()
    pear = make.species("Pyrus communis", german_name="Birne", fruit_to=11.5)
    return [
        make.plant(
            11.01 + n / 100,
            53.05,
            species=apple if n % 2 else pear,
            height_m=n or None,
            note=f"Nr. {n}",
        )
        for n in range(7)
    ]


def get(path, data=None, **headers):
    return Client().get(path, data, headers=headers)


def body(response):
    return json.loads(response.getvalue())


def problem(response, status=400):
    assert response.status_code == status, response.getvalue()
    assert response.headers["Content-Type"] == "application/problem+json"
    found = json.loads(response.content)
    assert found["status"] == status
    assert {"type", "title", "detail", "instance"} <= set(found)
    return found


def test_next_leads_through_all_features_once(trees):
    path, seen, pages = f"{TREES}?limit=3", [], 0
    while path:
        page = body(get(path))
        seen += [each["id"] for each in page["features"]]
        pages += 1
        assert page["numberMatched"] == 7
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        assert all(each.startswith("http://testserver/") for each in following), "absolute"
        parts = urlsplit(following[0]) if following else None
        path = f"{parts.path}?{parts.query}" if parts else None
    assert (seen, pages) == ([str(tree.id) for tree in trees], 3)


def test_next_keeps_the_question(trees):
    page = body(get(TREES, {"limit": 1, "species_de": "Apfel", "bbox": "11,53,11.2,53.1"}))
    assert page["numberMatched"] == 3
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert "species_de=Apfel" in following
    assert "bbox=11%2C53%2C11.2%2C53.1" in following


def test_bbox_is_exact_at_its_edge(trees):
    # As float32, the edge and the tree beyond it fall together.
    west = 11.01 - 1e-9
    found = body(get(TREES, {"bbox": f"{west},53,{11.01},54"}))
    assert found["numberMatched"] == 1
    assert body(get(TREES, {"bbox": f"11,53,{west},54"}))["numberMatched"] == 0


def test_bbox_across_the_antimeridian(trees):
    assert body(get(TREES, {"bbox": "11.035,53,-170,54"}))["numberMatched"] == 4


def test_bbox_with_heights_and_limit_beyond_the_cap(trees):
    assert (
        body(get(TREES, {"bbox": "11,53,0,12,54,100", "limit": MAX_LIMIT * 10}))["numberReturned"]
        == 7
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"after": "-1"}, "after"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "a,b,c,d"}, "bbox"),
        ({"bbox": "nan,1,2,3"}, "bbox"),
        ({"bbox": "1,2,inf,3"}, "bbox"),
        ({"bbox": "1,54,2,53"}, "bbox"),
        ({"bbox": "500,1,600,2"}, "bbox"),
        ({"bbox": ""}, "bbox"),
        ({"colour": "red"}, "colour"),
        ({"source_id": "1"}, "source_id"),
        ({"species__edible": "true"}, "species__edible"),
        ({"height_m": "high"}, "height_m"),
        ({"height_m": "nan"}, "height_m"),
        ({"edible": "perhaps"}, "edible"),
        ({"number_of_plants": "9" * 30}, "number_of_plants"),
        ({"last_confirmed": "yesterday"}, "last_confirmed"),
        ({"species_de": "x" * 5000}, "species_de"),
        ({"species_de": "a\x00b"}, "species_de"),
        ({"datetime": ""}, "datetime"),
        ({"datetime": "yesterday"}, "datetime"),
        ({"datetime": "2026-05-01"}, "datetime"),
        ({"datetime": "2026-05-01T00:00:00"}, "datetime"),
        ({"datetime": "2026-02-29T00:00:00Z"}, "datetime"),
        ({"datetime": "2026-05-01T24:00:00Z"}, "datetime"),
        ({"datetime": "2026-05-01T00:00:00+25:00"}, "datetime"),
        ({"datetime": "٢٠٢٦-05-01T00:00:00Z"}, "datetime"),
        ({"datetime": "2026-05-02T00:00:00Z/2026-05-01T00:00:00Z"}, "datetime"),
        ({"datetime": "2026-05-01T00:00:00Z/2026-05-02T00:00:00Z/.."}, "datetime"),
        ({"datetime": "../.."}, "datetime"),
        ({"datetime": "/"}, "datetime"),
        ({"datetime": ".."}, "datetime"),
    ],
)
def test_bad_parameters_get_a_problem_that_names_them(trees, data, field):
    assert problem(get(TREES, data))["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "value",
    [
        "2016-12-31T00:00:00Z/..",
        "2026-05-01t00:00:00.123456789+02:00/",
        "0000-01-01T00:00:00Z/9999-12-31T23:59:59Z",
        "0000-02-29T00:00:00+14:00/9999-12-31T23:59:59.999-12:00",
    ],
)
def test_a_time_without_end_means_today(trees, value):
    page = body(get(TREES, {"datetime": value, "limit": 3}))
    assert page["numberMatched"] == 7
    assert "asOf" not in page
    following = next(link["href"] for link in page["links"] if link["rel"] == "next")
    assert body(get(following))["numberReturned"] == 3


@pytest.mark.parametrize(
    "value",
    [
        "2016-12-31T23:59:60Z",
        "/2016-05-01T00:00:00Z",
        "2016-05-01T01:00:00+01:00/2016-05-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
    ],
)
def test_before_the_first_feature_there_was_none(trees, value):
    page = body(get(TREES, {"datetime": value}))
    assert (page["numberMatched"], page["features"]) == (0, [])
    assert page["asOf"] <= "2017"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/conformance",
        "/api/openapi",
        "/api/collections",
        "/api/collections/fruit-trees",
        f"{TREES}/ID",
    ],
)
def test_unknown_parameters_are_refused_everywhere(trees, path):
    path = path.replace("ID", str(trees[0].id))
    response = get(path, {"f": "json"})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    for data in ({"colour": "red"}, {"limit": "1"}):
        assert problem(get(path, data))["errors"][0]["field"] in data
    problem(get(path, {"f": "exe"}))


def test_nul_is_called_by_its_name(trees):
    assert "NUL" in problem(get(TREES, {"note": "\x00"}))["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/collections",
        "/api/collections/quarters/items/00000000-0000-0000-0000-000000000000",
        "/tiles/fruit-trees.json",
        "/tiles/fruit-trees/1/0/0.mvt",
        "/styles/geoplatform.json",
    ],
)
def test_other_methods_get_a_problem(path, method):
    refused = Client(enforce_csrf_checks=True).generic(method, path, "{}")
    problem(refused, 405)
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_items_say_whether_they_take_features():
    def options(name):
        return Client().options(f"/api/collections/{name}/items")

    assert options("quarters").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert options("fruit-trees").headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    problem(options("unicorns"), 404)
    refused = Client(enforce_csrf_checks=True).post("/api/collections/quarters/items")
    problem(refused, 405)
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_foreign_host_name_gets_a_problem():
    problem(get("/api/collections", Host="evil.example"))


def test_addresses_are_of_the_scheme_that_was_asked(monkeypatch):
    links = body(get("/api/", **{"X-Forwarded-Proto": "https"}))["links"]
    assert all(link["href"].startswith("http://") for link in links)
    file = Path(settings.BASE_DIR) / "geoplatform/settings.py"
    for address, header in (
        ("https://map.example", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("http://map.example", None),
    ):
        monkeypatch.setenv("PUBLIC_URL", address)
        assert runpy.run_path(str(file))["SECURE_PROXY_SSL_HEADER"] == header


def test_a_parameter_twice_and_a_strange_format(trees):
    problem(get(f"{TREES}?limit=1&limit=2"))
    problem(get(f"{TREES}?f=exe"))


def test_the_message_follows_the_readers_language(trees):
    english = problem(get(TREES, {"limit": "0"}, **{"Accept-Language": "en"}))["detail"]
    german = problem(get(TREES, {"limit": "0"}, **{"Accept-Language": "de"}))["detail"]
    assert english == "limit is a whole number of at least 1."
    assert german == "limit ist eine ganze Zahl, mindestens 1."


def test_not_found_and_not_allowed(trees):
    assert "fruit-trees" in problem(get("/api/collections/unicorns"), 404)["detail"]
    problem(get(f"{TREES}/not-a-uuid"), 404)
    problem(get(f"{TREES}/00000000-0000-0000-0000-000000000000"), 404)
    problem(get("/api/nothing"), 404)
    refused = Client().delete("/api/collections")
    problem(refused, 405)
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"
    options = Client().options(TREES)
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")


def test_a_fruit_tree_outside_its_layer_is_not_found_there(trees):
    lime = make.plant(
        species=make.species("Tilia cordata", edible=False, fruit_from=None, fruit_to=None)
    )
    problem(get(f"{TREES}/{lime.id}"), 404)
    assert get(f"/api/collections/trees/items/{lime.id}").status_code == 200


def test_fresh_numbers_are_floats_and_nulls(trees):
    first, second = body(get(TREES, {"limit": 2}))["features"]
    assert first["properties"]["height_m"] is None
    assert second["properties"]["height_m"] == 1
    assert second["geometry"] == {"type": "Point", "coordinates": [11.02, 53.05]}
    assert second["properties"]["quarter"] == "Quarter a"


def test_landing_page_leads_to_everything():
    links = {link["rel"]: link for link in body(get("/api/"))["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    assert links["service-desc"]["type"] == "application/vnd.oai.openapi+json;version=3.0"
    for rel in ("conformance", "data", "service-desc"):
        assert get(urlsplit(links[rel]["href"]).path).status_code == 200


def test_openapi_document_is_valid():
    from openapi_spec_validator import validate

    document = body(get("/api/openapi"))
    validate(document)
    assert document["components"]["parameters"]["limit"]["schema"]["maximum"] == MAX_LIMIT
    assert "http" not in json.dumps(document["paths"]), "no remote reference"


def test_decimals_keep_their_point(trees):
    # Readers that guess a column's type by its first values would cut the others to whole numbers.
    text = get(TREES, {"limit": 1}).getvalue().decode()
    assert '"fruit_from":8.0,' in text
    assert '"number_of_plants":1,' in text


def test_sources_are_named(trees):
    from django.core.cache import cache

    from geoplatform.catalog.models import Source

    cache.clear()
    Source.objects.update(attribution="© Stadt <Linz>")
    assert body(get("/api/collections/trees"))["attribution"] == "© Stadt <Linz>"
    assert body(get("/tiles/trees.json"))["attribution"] == "© Stadt &lt;Linz&gt;"
    assert body(get("/api/collections/streets"))["attribution"] == ""
    cache.clear()


@pytest.mark.parametrize("offer", ITEMS, ids=lambda offer: offer.name)
def test_a_page_in_every_format(trees, offer):
    ways = ({"f": offer.name}, {}), ({}, {"Accept": f"{offer.media_type}, */*;q=0.1"})
    for data, headers in ways:
        response = get(TREES, {**data, "limit": 2}, **headers)
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith(offer.media_type)
        assert "Accept" in response.headers["Vary"]
        # Read at once: a stream holds the connection until its end.
        assert response.getvalue()


def test_csv_holds_the_page_that_was_asked_for(trees):
    answer = get(TREES, {"f": "csv", "limit": 2, "sortby": "-note", "crs": "EPSG:25833"})
    header, *lines = answer.getvalue().decode().splitlines()
    assert header.startswith("id,species,")
    assert len(lines) == 2
    assert "Nr. 6" in lines[0]
    assert answer.headers["Content-Crs"] == "<http://www.opengis.net/def/crs/EPSG/0/25833>"


def test_what_nothing_offered_is_accepted_as_is_406(trees):
    problem(get(TREES, Accept="application/gml+xml"), 406)
