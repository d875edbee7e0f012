"""/api/analyses/question: every answer has an address that holds question, parameters and version of the data."""

import csv
import io
import json
import sqlite3
from urllib.parse import parse_qsl, urlsplit

import pytest
import shapely
from django.test import Client

from geoplatform.analysis import gate, question
from layers.plants import Plant
from tests import make

QUESTION = "/api/analyses/question"
RESULTS = f"{QUESTION}/results"
TREES = {"layer": "fruit-trees", "figure": "mean", "number": "height_m"}
RING = [[11.04, 53.04], [11.06, 53.04], [11.06, 53.06], [11.04, 53.06], [11.04, 53.04]]
AREA = {"type": "Polygon", "coordinates": [RING]}
client = Client(headers={"Accept-Language": "en"})


@pytest.fixture
def town(db, nothing_is_kept):
    """Two quarters; two apple trees of known height in the western one, one of unknown height in the eastern."""
    made = make.town()
    apple = make.species()
    for x, height in ((11.05, 6.0), (11.051, 9.0), (11.15, None)):
        make.plant(x, 53.05, species=apple, height_m=height)
    return made


def get(**asked):
    return client.get(RESULTS, {name.replace("_", "-"): text for name, text in asked.items()})


def links(document):
    return {each["rel"]: each["href"] for each in document["links"] if each["rel"] != "alternate"}


def test_it_is_described(town):
    described = client.get(QUESTION).json()
    assert set(described["inputs"]) == {*question.PARAMETERS, "at"}
    assert described["inputs"]["layer"]["minOccurs"] == 1
    assert "fruit-trees" in described["inputs"]["layer"]["schema"]["enum"]
    assert "species" not in described["inputs"]["other"]["schema"]["enum"]


def test_an_answer_carries_what_a_citation_needs(town):
    found = get(**TREES).json()
    by_key = {row["key"]: row for row in found["rows"]}
    assert (by_key["a"]["value"], by_key["a"]["features"], by_key["a"]["known"]) == (7.5, 2, 2)
    assert (by_key["b"]["value"], by_key["b"]["features"], by_key["b"]["known"]) == (None, 1, 0)
    assert found["parameters"] == {**TREES, "per": "quarter", "municipality": "13004000"}
    assert found["definitionKind"] == "platform"
    assert "height" in found["definition"]
    assert found["dataVersion"] > 0
    assert found["licences"]
    assert any("number is known" in each for each in found["caveats"])


def test_the_address_of_an_instant_answers_the_same_later(town):
    first = get(**TREES).json()
    Plant.objects.all().delete()
    assert get(**TREES).json()["rows"] != first["rows"]
    then = client.get(links(first)["memento"]).json()
    assert then["rows"] == first["rows"]
    assert then["dataVersion"] == first["dataVersion"]
    own = dict(parse_qsl(urlsplit(links(first)["self"]).query))
    assert own == first["parameters"]


def test_as_csv_geojson_and_geopackage(town, tmp_path):
    response = get(f="csv", **TREES)
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [(row["key"], row["value"]) for row in rows] == [("a", "7.5"), ("b", "")]
    assert rows[0]["parameters"].startswith("layer=fruit-trees")
    assert rows[0]["data_version"]
    collection = get(f="geojson", **TREES).json()
    assert [each["properties"]["value"] for each in collection["features"]] == [7.5, None]
    shape = shapely.from_geojson(json.dumps(collection["features"][0]["geometry"]))
    assert shape.bounds == pytest.approx(make.WEST_BOX, abs=1e-6)
    path = tmp_path / "answer.gpkg"
    path.write_bytes(get(f="gpkg", **TREES).content)
    with sqlite3.connect(path) as packed:
        assert packed.execute("SELECT count(*) FROM question").fetchone() == (2,)


def test_a_drawn_area_and_a_filter_with_a_distance(town):
    area = json.dumps(AREA)
    assert get(layer="fruit-trees", area=area).json()["rows"][0]["value"] == 2
    high = get(layer="fruit-trees", area=area, filter="height_m > 8").json()
    assert [row["value"] for row in high["rows"]] == [1]
    beside = {"other": "fruit-trees", "relation": "distance", "metres": "100", "area": area}
    assert get(layer="fruit-trees", **beside).json()["rows"][0]["value"] == 2
    assert get(layer="fruit-trees", match="none", **beside).json()["rows"][0]["value"] == 0


def test_the_same_by_post(town):
    document = {"inputs": {**TREES, "municipality": ["13004000"]}}
    response = client.post(f"{QUESTION}/execution", json.dumps(document), content_type="application/json")  # fmt: skip
    assert response.json()["rows"] == get(**TREES).json()["rows"]


def test_a_body_that_is_too_large_is_refused(town):
    document = {"inputs": {**TREES, "area": "x" * 300_000}}
    response = client.post(f"{QUESTION}/execution", json.dumps(document), content_type="application/json")  # fmt: skip
    assert response.status_code == 413
    assert response["Content-Type"] == "application/problem+json"


def test_who_holds_it_gets_304(town):
    tag = get(**TREES)["ETag"]
    again = client.get(RESULTS, TREES, headers={"If-None-Match": tag})
    assert again.status_code == 304
    Plant.objects.filter(height_m=6).update(height_m=7)
    assert client.get(RESULTS, TREES, headers={"If-None-Match": tag}).status_code == 200


def test_people_are_led_to_the_page(town):
    response = client.get(RESULTS, TREES, headers={"Accept": "text/html"})
    assert response.status_code == 303
    assert response["Location"].startswith("/en/planning/questions?layer=fruit-trees")


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "layer"),
        ({"layer": "fruit-trees", "shape": "round"}, "shape"),
        ({"layer": "fruit-trees", "filter": "height_m >"}, "filter"),
        ({"layer": "fruit-trees", "municipality": "99999999"}, "municipality"),
        ({"layer": "fruit-trees", "at": "2999-01-01"}, "at"),
        ({"layer": "fruit-trees", "area": "POLYGON((0 0))"}, "area"),
        ({"layer": "fruit-trees", "lang": "fr"}, "lang"),
        ({"layer": "fruit-trees", "f": "pdf"}, "f"),
        ({"layer": "x\x00"}, "layer"),
    ],
)
def test_refusals_name_what_was_wrong(town, asked, field):
    response = client.get(RESULTS, asked)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["errors"][0]["field"] == field


def test_a_question_that_takes_too_long_is_given_up(town, monkeypatch):
    """The database stops by itself, and the answer says so."""
    from geoplatform.query import together

    monkeypatch.setitem(together.FIGURES, "count", "count(*) + 0 * max((SELECT 1 FROM pg_sleep(3)))")  # fmt: skip
    monkeypatch.setattr("geoplatform.analysis.reply.SECONDS", 1)
    response = get(layer="fruit-trees")
    assert response.status_code == 503
    assert "too long" in json.loads(response.content)["detail"]


def test_no_more_at_once_than_leave_room_for_the_map(town):
    for _place in range(gate.settings.ANALYSES_AT_ONCE):
        gate.free.acquire()
    try:
        response = get(**TREES)
    finally:
        for _place in range(gate.settings.ANALYSES_AT_ONCE):
            gate.free.release()
    assert response.status_code == 503
    assert response["Retry-After"]
