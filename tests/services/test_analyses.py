"""/api/analyses: the shapes of OGC API Processes, every answer with what a citation needs, refusals that say why."""

import csv
import io
import json
import sqlite3

import pytest
import shapely
from django.test import Client
from django.utils import translation

from geoplatform.analysis import asking, gate, registry
from geoplatform.analysis.answer import answer
from geoplatform.analysis.files import WRITERS
from layers.species import Species
from tests import make

SCHWERIN = "13004000"
WALK = "/api/analyses/green-within-a-walk"
COMPUTED = [each for each in registry.indicators() if each.compute is not None]
CITED = {
    "id", "definitionKind", "parameters", "municipalities", "dataVersion", "at", "weighting", "licences",
    "attributions", "definition", "formula", "references", "caveats", "columns",
}  # fmt: skip
client = Client(headers={"Accept-Language": "en"})
pytestmark = pytest.mark.usefixtures("nothing_is_kept")


@pytest.fixture
def town(db):
    """Two quarters, no streets and nothing green."""
    return make.town()


def get(path, **asked):
    return client.get(path, asked)


def post(path, document, **more):
    text = document if isinstance(document, str) else json.dumps(document)
    return client.post(path, text, content_type="application/json", **more)


def problem(response, status=400):
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def test_all_are_listed_and_described(town):
    listed = get("/api/analyses").json()
    assert {each["id"] for each in listed["processes"]} == {
        "question",  # of features: test_question.py
        *(each.id for each in registry.indicators()),
    }
    for each in listed["processes"][:-1]:
        assert each["jobControlOptions"] == ["sync-execute"]
        described = get(f"/api/analyses/{each['id']}").json()
        indicator = registry.get(each["id"])
        assert set(described["inputs"]) == {
            "municipality",
            "at",
            *(parameter.name for parameter in indicator.parameters),
        }
        assert set(described["outputs"]) == {"answer"}
        with translation.override("en"):  # the request before has left no language
            assert described["indicator"]["definition"] == str(indicator.definition)
        hrefs = [link["href"] for link in described["links"]]
        assert f"http://testserver/api/analyses/{each['id']}/execution" in hrefs


def test_the_landing_page_and_the_description_of_the_interface_name_it(town):
    links = get("/api/").json()["links"]
    rel = "http://www.opengis.net/def/rel/ogc/1.0/processes"
    assert [each["href"] for each in links if each["rel"] == rel] == [
        "http://testserver/api/analyses"
    ]
    paths = json.loads(client.get("/api/openapi").content)["paths"]
    for each in registry.indicators():
        names = {p.get("name") for p in paths[f"/analyses/{each.id}/results"]["get"]["parameters"]}
        assert {"municipality", "at", *(p.name for p in each.parameters)} <= names
        assert "post" in paths[f"/analyses/{each.id}/execution"]


def test_no_class_of_a_standard_is_claimed_that_does_not_hold(town):
    # Its paths are /processes and /jobs.
    assert "processes" not in client.get("/api/conformance").content.decode()


def test_no_parameter_has_a_name_that_means_something_else():
    for each in registry.indicators():
        assert not asking.RESERVED & {parameter.name for parameter in each.parameters}


@pytest.mark.parametrize("indicator", COMPUTED, ids=lambda each: each.id)
def test_every_answer_carries_what_a_citation_needs(town, indicator):
    body = get(f"/api/analyses/{indicator.id}/results").json()
    assert body.keys() >= CITED
    assert body["id"] == indicator.id
    assert body["parameters"] == indicator.values()
    assert body["definitionKind"] == ("official" if indicator.official else "platform")
    assert [each["key"] for each in body["rows"]] == ["a", "b"]
    names = {each["name"] for each in body["columns"]}
    assert all(names <= each.keys() for each in body["rows"])
    rels = {each["rel"] for each in body["links"]}
    assert rels >= {"self", "memento", "alternate", "describedby"}


def test_the_figures_are_those_of_the_command_and_the_same_in_every_format(demo_rows):
    indicator = registry.get("green-within-a-walk")
    rows = answer(indicator, [SCHWERIN], {"limit": 400}).rows
    expected = {row["key"]: row["share"] for _id, row in rows.iterrows() if row["share"] == row["share"]}  # fmt: skip
    assert len(expected) == 24
    asked = {"municipality": SCHWERIN, "limit": "400"}

    def found(each):
        return {row["key"]: row["share"] for row in each if row["share"] is not None}

    body = get(f"{WALK}/results", **asked).json()
    assert found(body["rows"]) == expected
    assert body["band"] == 0.1
    assert body["columns"][0]["band"] == {"lower": "lower", "upper": "upper"}

    collection = get(f"{WALK}/results", f="geojson", **asked)
    assert collection["Content-Type"] == "application/geo+json"
    features = collection.json()["features"]
    assert found(each["properties"] for each in features) == expected
    assert collection.json()["parameters"]["limit"] == 400
    shape = shapely.from_geojson(json.dumps(features[0]["geometry"]))
    assert shape.is_valid
    assert 11 < shape.centroid.x < 12

    text = get(f"{WALK}/results", f="csv", **asked).content.decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {each["key"]: float(each["share"]) for each in lines if each["share"]} == expected
    assert all(each["indicator"] == "green-within-a-walk" for each in lines)
    assert all("limit=400" in each["parameters"] for each in lines)
    assert lines[0]["data_version"] == str(body["dataVersion"])


def test_a_geopackage_holds_the_table_and_what_it_is_about(demo_rows, tmp_path):
    response = get(f"{WALK}/results", f="gpkg")
    assert 'filename="green-within-a-walk.gpkg"' in response["Content-Disposition"]
    file = tmp_path / "answer.gpkg"
    file.write_bytes(response.content)
    with sqlite3.connect(file) as database:
        rows = database.execute('SELECT key, share FROM "green-within-a-walk"').fetchall()
        (told,) = database.execute("SELECT metadata FROM gpkg_metadata").fetchone()
        (srid,) = database.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
    assert srid == 4326
    assert len(rows) == 26
    assert sum(share is None for _key, share in rows) == 2
    for word in ("dataVersion", "limit=300", "cc-zero", "formula"):
        assert word in told


def test_a_question_in_a_body_gets_the_same_answer(demo_rows):
    inputs = {"municipality": [SCHWERIN], "limit": {"value": 400}}
    raw = post(f"{WALK}/execution", {"inputs": inputs}).json()
    by_address = get(f"{WALK}/results", municipality=SCHWERIN, limit="400").json()
    assert raw["rows"] == by_address["rows"]
    assert raw["parameters"] == by_address["parameters"]
    document = post(f"{WALK}/execution", {"inputs": inputs, "response": "document"}).json()
    assert document["answer"]["mediaType"] == "application/json"
    assert document["answer"]["value"]["rows"] == raw["rows"]
    kind = {"format": {"mediaType": "text/csv"}, "transmissionMode": "value"}
    table = post(f"{WALK}/execution", {"inputs": inputs, "outputs": {"answer": kind}})
    assert table["Content-Type"].startswith("text/csv")


def test_an_answer_is_fetched_again_only_when_the_data_are_others(demo_rows):
    first = get(f"{WALK}/results")
    version = first.json()["dataVersion"]
    assert first["ETag"].startswith(f'W/"{version}-')

    def again():
        return client.get(f"{WALK}/results", headers={"If-None-Match": first["ETag"]})

    assert again().status_code == 304
    held = {"If-None-Match": first["ETag"]}
    assert client.get(f"{WALK}/results?limit=350", headers=held).status_code == 200
    make.plant(11.4, 53.62, species=Species.objects.first())
    assert again().status_code == 200
    assert get(f"{WALK}/results").json()["dataVersion"] > version


def test_the_past_has_an_address_of_its_own(demo_rows):
    before = get(f"{WALK}/results").json()
    memento = next(each["href"] for each in before["links"] if each["rel"] == "memento")
    make.plant(11.4, 53.62, species=Species.objects.first())
    again = client.get(memento.removeprefix("http://testserver")).json()
    assert again["rows"] == before["rows"]
    assert (again["at"], again["dataVersion"]) == (before["at"], before["dataVersion"])


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("limit=5000", "limit", "from 50 to 1500"),
        ("limit=NaN", "limit", "from 50 to 1500"),
        ("limit=much", "limit", "from 50 to 1500"),
        ("speed=3", "speed", "no parameter speed"),
        ("municipality=1", "municipality", "no municipality 1"),
        ("at=tomorrow", "at", "such as 2026-05-01"),
        ("at=2999-01-01", "at", "future"),
        ("at=2026-02-31", "at", "such as 2026-05-01"),
        ("f=shp", "f", "one of"),
        ("lang=fr", "lang", "one of"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(town, query, field, said):
    body = problem(client.get(f"{WALK}/results?{query}"))
    assert body["errors"][0]["field"] == field
    assert said in body["detail"]


def test_what_is_not_there_and_what_nobody_can_tell(town):
    for path in ("/api/analyses/nothing", "/api/analyses/nothing/results"):
        body = problem(client.get(path), 404)
        assert body["type"].endswith("/no-such-process")
        assert "green-within-a-walk" in body["detail"]
    assert "buildings" in problem(client.get("/api/analyses/three-trees-in-view/results"), 422)["detail"]  # fmt: skip


@pytest.mark.parametrize(
    "document",
    [
        "[",
        "[]",
        "1",
        '{"inputs": 1}',
        '{"inputs": {"limit": null}}',
        '{"inputs": {"limit": true}}',
        '{"inputs": {"limit": {"href": "http://localhost/"}}}',
        '{"inputs": {"limit": [1]}}',
        '{"inputs": {"municipality": 1}}',
        '{"inputs": {"speed": 1}}',
        '{"outputs": {"other": {}}}',
        '{"outputs": {"answer": {"transmissionMode": "reference"}}}',
        '{"outputs": {"answer": {"format": {"mediaType": "image/png"}}}}',
        '{"outputs": {"answer": {"format": {"mediaType": "text/csv"}}}, "response": "document"}',
        '{"response": "both"}',
        '{"more": 1}',
        '{"inputs": ' + "[" * 50_000 + "]" * 50_000 + "}",
    ],
    ids=lambda text: text[:60],
)
def test_bodies_that_are_no_question(town, document):
    assert problem(post(f"{WALK}/execution", document))["detail"]


def test_too_many_at_once_are_told_so(town):
    taken = [gate.free.acquire(blocking=False) for _each in range(10)]
    try:
        response = client.get(f"{WALK}/results")
    finally:
        for _each in filter(None, taken):
            gate.free.release()
    assert "try again" in problem(response, 503)["detail"]
    assert int(response["Retry-After"]) > 0
    assert client.get(f"{WALK}/results").status_code == 200


def test_people_are_led_to_the_page(town):
    asked = {"municipality": "13004000", "limit": "400", "f": "html"}
    response = client.get(f"{WALK}/results", asked)
    assert response.status_code == 303
    same = "municipality=13004000&limit=400&indicator=green-within-a-walk"
    assert response["Location"] == f"/en/planning/?{same}"
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "de"}
    assert client.get("/api/analyses", headers=browser)["Location"] == "/planning/"


def test_text_that_a_spreadsheet_would_reckon_with_is_tamed(db):
    town, _west, _east = make.town()
    make.quarter(town, "c", (11.2, 53.0, 11.3, 53.1), name="=1+1")
    text = get(f"{WALK}/results", f="csv").content.decode()
    assert "'=1+1" in text


def test_every_format_is_offered():
    assert set(WRITERS) == {"json", "csv", "geojson", "gpkg"}
