"""Adding a point through the API: what is stored, and what is refused without a trace."""

import json
import uuid

import pytest
from django.test import Client

from geoplatform.contributions.models import Zone
from geoplatform.history.models import Changeset
from layers.plants import Plant
from tests import make

pytestmark = pytest.mark.django_db
TREES = "/api/collections/fruit-trees/items"


@pytest.fixture
def town():
    make.species()
    return make.town()


def document(**changes):
    made = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.05, 53.05]},
        "properties": {"species": "Malus domestica", "access": "public", "note": "am Weg"},
    }
    return {**made, **changes}


def post(content, path=TREES, media_type="application/geo+json", **headers):
    # json.dumps writes NUL and halves of surrogate pairs as \\u escapes.
    data = content if isinstance(content, str | bytes) else json.dumps(content)
    return Client(enforce_csrf_checks=True).post(
        path, data, content_type=media_type, headers=headers
    )


def refused(response, status=400):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Plant.objects.count() == 0, "nothing half-written"
    return json.loads(response.content)


def fields(found):
    return {each["field"] for each in found.get("errors", [])}


def test_a_new_tree_is_there_at_once_and_unconfirmed(town):
    response = post(document())
    assert response.status_code == 201, response.content
    made = json.loads(response.content)
    assert made["properties"]["status"] == "unconfirmed"
    assert made["properties"]["species_de"] == "Apfel"
    assert made["properties"]["quarter"] == "Quarter a"
    assert response.headers["Location"] == f"http://testserver{TREES}/{made['id']}"
    listed = json.loads(Client().get(TREES).getvalue())
    assert [each["id"] for each in listed["features"]] == [made["id"]]
    assert not response.cookies
    assert Changeset.objects.latest("id").channel == "api"


def test_plain_json_and_a_height_and_read_only_properties_are_taken(town):
    point = {"type": "Point", "coordinates": [11.05, 53.05, 40]}
    properties = {"species": "Malus domestica", "version": 7, "quarter": "elsewhere"}
    response = post(document(geometry=point, properties=properties), media_type="application/json")
    assert response.status_code == 201
    assert json.loads(response.content)["properties"]["version"] == 1


def test_a_client_names_its_feature_and_may_send_it_twice(town):
    identity = str(uuid.uuid4())
    assert json.loads(post(document(id=identity)).content)["id"] == identity
    again = post(document(id=identity))
    assert (again.status_code, json.loads(again.content)["id"]) == (201, identity)
    other = {"species": "Malus domestica", "note": "elsewhere"}
    assert post(document(id=identity, properties=other)).status_code == 422
    assert Plant.objects.count() == 1


def test_the_id_of_a_feature_that_came_by_another_road_is_taken(town):
    assert post(document(id=str(make.plant().id))).status_code == 409
    assert Plant.objects.count() == 1


def test_the_id_of_a_deleted_feature_is_never_given_again(town):
    identity = str(uuid.uuid4())
    assert post(document(id=identity)).status_code == 201
    Plant.objects.get(id=identity).delete()
    refused(post(document(id=identity)), 409)


@pytest.mark.parametrize("accept", ["application/geo+json", "text/html", "*/*", "image/png", ""])
def test_the_answer_is_geojson_whatever_is_accepted(town, accept):
    response = post(document(), Accept=accept)
    assert response.status_code == 201, response.content
    assert response.headers["Content-Type"] == "application/geo+json"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (document(properties={"species": "a\x00"}), "species"),
        (document(properties={"species": "Malus domestica", "note": "a\ud800"}), "note"),
        (document(properties={"species": "Malus domestica", "\ud800": 1}), "properties"),
        (document(properties={"species": {"a": ["b", "\udfff"]}}), "a"),
        (document(id="\x00"), "id"),
        (document(**{"\x00": {"\ud800": "\ud800"}}), "\ufffd"),
    ],
)
def test_text_that_cannot_be_stored_is_refused(town, content, field):
    found = refused(post(content))
    assert fields(found) == {field}
    assert "NUL" in found["detail"]


def test_both_halves_of_a_character_are_one(town):
    properties = {"species": "Malus domestica", "note": "\U0001f34e"}
    made = json.loads(post(document(properties=properties)).content)
    assert made["properties"]["note"] == "\U0001f34e"


def test_an_unknown_species_may_be_edible_by_itself(town):
    make.species(
        "Malus", german_name="Apfel (Gattung)", edible=None, fruit_from=None, fruit_to=None
    )
    found = refused(post(document(properties={"species": "Malus"})))
    assert fields(found) == {"species"}
    assert post(document(properties={"species": "Malus", "own_edible": True})).status_code == 201


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"species": "Unicornus rosa"}, "species"),
        ({"species": "Malus domestica", "access": "everybody"}, "access"),
        ({"species": "Malus domestica", "height_m": -3}, "height_m"),
        ({"species": "Malus domestica", "height_m": "tall"}, "height_m"),
        ({"species": "Malus domestica", "planted_year": 99999}, "planted_year"),
        ({"species": "Malus domestica", "note": "x" * 10_000}, "note"),
        ({"species": "Malus domestica", "number_of_plants": 0}, "number_of_plants"),
        ({"species": "Malus domestica", "own_fruit_from": 8.3, "own_fruit_to": 9}, "__all__"),
        ({"species": "Malus domestica", "colour": "red"}, "colour"),
        ({"species": "Malus domestica", "note": "a\x00b"}, "note"),
    ],
)
def test_errors_stand_beside_their_field(town, properties, field):
    assert field in fields(refused(post(document(properties=properties))))


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {},
        "POINT(11 53)",
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [11.05]},
        {"type": "Point", "coordinates": ["11.05", "53.05"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point", "coordinates": [11.05, 10**400]},
        {"type": "Point", "coordinates": [[11.05, 53.05]]},
        {"type": "Point", "coordinates": [200, 53]},
        {"type": "Point", "coordinates": [11.05, 90]},
        {"type": "Point", "coordinates": [0, 0]},
        {"type": "LineString", "coordinates": [[11, 53], [11.1, 53.1]]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Point", "coordinates": [11.05, 53.05], "crs": {"type": "name"}},
    ],
)
def test_strange_geometries_are_refused(town, geometry):
    assert "location" in fields(refused(post(document(geometry=geometry))))


def test_swapped_axes_get_a_hint(town):
    found = refused(
        post(
            document(geometry={"type": "Point", "coordinates": [53.05, 11.05]}),
            **{"Accept-Language": "en"},
        )
    )
    assert "swapped" in found["errors"][0]["message"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"type": "FeatureCollection", "features": []}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [NaN, 53]}, "properties": {}}',
        "[" * 100_000,
        b"\xff\xfe\x00",
        '{"type": "Feature", "properties": []}',
        '{"type": "Feature", "id": "abc", "geometry": {"type": "Point", "coordinates": [11.05, 53.05]}}',
    ],
    ids=lambda content: repr(content)[:30],
)
def test_strange_bodies_are_refused(town, content):
    refused(post(content))


def test_too_large_wrong_type_and_wrong_place(town):
    refused(post(document(properties={"note": "x" * 300_000})), 413)
    refused(post("<xml/>", media_type="text/xml"), 415)
    refused(post(document(), path="/api/collections/quarters/items"), 405)
    refused(post(document(), path="/api/collections/unicorns/items"), 404)


def test_text_is_kept_as_it_is(town):
    note = "<script>alert(1)</script> ' \" \\ ß"
    made = json.loads(
        post(document(properties={"species": "Malus domestica", "note": note})).content
    )
    assert made["properties"]["note"] == note


def test_what_waits_is_accepted_and_nowhere_else(town):
    Zone.objects.create(name="School", why="children", outline=make.area(*make.WEST_BOX))
    response = post(document())
    told = json.loads(response.content)
    assert (response.status_code, told["status"]) == (202, "proposed")
    assert response.headers["Location"].endswith(told["id"])
    assert Plant.objects.count() == 0


def test_too_much_from_one_address_is_told_when_to_come_again(town, settings):
    settings.CONTRIBUTIONS = {"nobody_hourly": 1}
    assert post(document()).status_code == 201
    response = post(document())
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    # What a client claims of itself does not make it another one; behind our own proxy it does.
    forwarded = {"X-Forwarded-For": "198.51.100.1, 192.0.2.9"}
    assert post(document(), **forwarded).status_code == 429
    settings.PROXIES = 1
    assert post(document(), **forwarded).status_code == 201
    assert post(document(), **{"X-Forwarded-For": "198.51.100.2, 192.0.2.9"}).status_code == 429
