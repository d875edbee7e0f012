"""Who changes features through the API: what is applied at once, what waits, what comes again."""

import json
import uuid

import pytest
from django.test import Client

from geoplatform.contributions.models import Proposal
from geoplatform.contributions.roles import AccessToken, revoke
from layers.plants import Plant
from tests import make
from tests.services import people
from tests.services.editing import TREES, an_apple, now, patch, problem, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    return an_apple()


@pytest.fixture
def staff():
    return people.staff()


def test_what_others_entered_waits_and_says_where(tree):
    response = patch(tree, {"properties": {"height_m": 5}}, {})
    assert response.status_code == 202
    told = json.loads(response.content)
    assert told["status"] == "proposed"
    assert response.headers["Location"] == told["proposal"]
    assert now(tree).height_m == 4.0
    waiting = json.loads(Client().get(told["proposal"]).content)
    assert waiting["properties"]["values"] == {"height_m": 5.0}
    assert send("DELETE", f"{TREES}/{tree.id}", "").status_code == 202
    assert Plant.objects.count() == 1


def test_a_key_corrects_its_own_tree_at_once(tree):
    mine = people.browser()
    document = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.02, 53.02]},
        "properties": {"species": "Malus domestica", "access": None, "height_m": None},
    }
    response = send("POST", TREES, document, **mine)
    assert response.status_code == 201, response.content
    made = Plant.objects.get(pk=json.loads(response.content)["id"])
    assert patch(made, {"properties": {"height_m": 3}}, mine).status_code == 200
    assert patch(made, {"properties": {"height_m": 4}}, people.browser()).status_code == 202
    problem(patch(made, {"properties": {"height_m": 4}}, {"Contributor-Key": "short"}), 400)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic %%%", "Basic bWU6eA==", "Digest x"])
def test_a_wrong_token_is_told(tree, header):
    found = patch(tree, {"properties": {"height_m": 5}}, {"Authorization": header})
    problem(found, 401)
    assert found.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert Proposal.objects.count() == 0
    assert not found.cookies


def test_a_token_is_the_password_of_basic_and_ends_when_it_is_revoked(tree):
    text = people.token("staff")
    assert patch(tree, {"properties": {"height_m": 5}}, people.basic(text)).status_code == 200
    revoke(AccessToken.objects.get())
    problem(patch(tree, {"properties": {"height_m": 6}}, people.basic(text)), 401)


def test_a_token_for_other_layers_and_a_role_elsewhere(tree):
    other = people.bearer(people.token("staff", layers=("trees",)))
    problem(patch(tree, {"properties": {"height_m": 5}}, other), 403)
    elsewhere = people.staff(municipality=make.municipality("13003000"))
    assert patch(tree, {"properties": {"height_m": 5}}, elsewhere).status_code == 202


def test_the_same_body_gets_the_stored_answer(tree, staff):
    key = {"Idempotency-Key": f'"{uuid.uuid4()}"'}
    body = {"properties": {"height_m": 5}}
    first = patch(tree, body, {**staff, **key})
    patch(tree, {"properties": {"height_m": 6}}, people.staff())
    again = patch(tree, body, {**staff, **key})
    assert (first.status_code, again.status_code) == (200, 200)
    assert now(tree).height_m == 6, "it is not done twice"
    problem(patch(tree, {"properties": {"height_m": 7}}, {**staff, **key}), 422)
    problem(patch(tree, body, {**staff, "Idempotency-Key": "x"}), 400)


def test_what_waited_is_answered_so_again_though_it_was_decided(tree, staff):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = patch(tree, {"properties": {"height_m": 5}}, key)
    accepted = send(
        "POST", f"/api/proposals/{key['Idempotency-Key']}/accept", {}, "application/json", **staff
    )
    assert accepted.status_code == 200, accepted.content
    assert now(tree).height_m == 5.0
    again = patch(tree, {"properties": {"height_m": 5}}, key)
    assert (first.status_code, again.status_code) == (202, 202)


def test_a_repetition_is_no_failed_precondition(tree, staff):
    tag = Client().get(f"{TREES}/{tree.id}").headers["ETag"]
    key = {"Idempotency-Key": str(uuid.uuid4()), "If-Match": tag}
    for _time in range(2):
        assert patch(tree, {"properties": {"height_m": 5}}, {**staff, **key}).status_code == 200
    assert now(tree).version == 2


def test_a_held_creation_answers_at_its_address_and_nowhere_else(tree):
    ring = [[11.02, 53.02], [11.03, 53.02], [11.03, 53.03], [11.02, 53.02]]
    document = {
        "type": "Feature",
        "id": str(uuid.uuid4()),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": "Wiese", "kind": "meadow"},
    }
    path = "/api/collections/green-spaces/items"
    response = send("POST", path, document)
    assert response.status_code == 202, response.content
    assert response.headers["Location"] == f"http://testserver{path}/{document['id']}"
    held = Client().get(response.headers["Location"])
    assert held.headers["Cache-Control"] == "no-store"
    found = json.loads(held.content)
    assert (found["properties"]["status"], found["properties"]["name"]) == ("proposed", "Wiese")
    listed = json.loads(Client().get(path).getvalue())
    assert listed["features"] == []
    assert send("POST", path, document).status_code == 202
    assert send("POST", path, {**document, "properties": {"kind": "park"}}).status_code == 422
    assert Proposal.objects.count() == 1


def test_too_many_get_a_time_to_come_back(tree):
    for number in range(61):
        response = patch(tree, {"properties": {"height_m": 5 + number / 10}}, {})
        if response.status_code == 429:
            break
    problem(response, 429)
    assert int(response.headers["Retry-After"]) > 0
