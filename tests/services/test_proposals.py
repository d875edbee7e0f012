"""/api/proposals: what waits is shown to all without a trace of who sent it, and decided by those who may."""

import json
import uuid

import pytest
from django.test import Client

from geoplatform.contributions.models import Contributor, Proposal
from layers.plants import Plant
from tests import make
from tests.services import people

pytestmark = pytest.mark.django_db
PROPOSALS = "/api/proposals"


@pytest.fixture
def tree():
    make.town()
    return make.plant(species=make.species(), height_m=4.0)


def post(body, who=None, path=PROPOSALS):
    content = body if isinstance(body, str) else json.dumps(body)
    client = Client(enforce_csrf_checks=True)
    return client.post(path, content, content_type="application/json", headers=who or {})


def about(tree, action="change", **more):
    said = (
        {}
        if action in ("confirm", "report", "delete") or "geometry" in more
        else {"values": {"height_m": 5}}
    )
    return {"layer": "fruit-trees", "action": action, "feature": str(tree.id), **said, **more}


def propose(tree, who=None, **more):
    response = post(about(tree, **more), who)
    assert response.status_code == 201, response.content
    found = json.loads(response.content)
    assert response.headers["Location"] == f"http://testserver{PROPOSALS}/{found['id']}"
    return found


def decide(id, decision, who, **body):
    return post(body, who, f"{PROPOSALS}/{id}/{decision}")


def listed(who=None, **parameters):
    response = Client().get(PROPOSALS, parameters, headers=who or {})
    assert response.status_code == 200, response.content
    assert response.headers["Cache-Control"] == "no-store"
    return json.loads(response.content)


def ids(found):
    return {each["id"] for each in found["features"]}


def problem(response, status):
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    return json.loads(response.content)


def test_what_waits_is_shown_to_all(tree):
    found = propose(tree, people.browser(), reason="gemessen")
    assert found["properties"]["state"] == "open"
    assert found["properties"]["values"] == {"height_m": 5.0}
    assert found["properties"]["why"]
    assert ids(listed()) == {found["id"]}
    one = json.loads(Client().get(f"{PROPOSALS}/{found['id']}").content)
    assert one == found
    assert Plant.objects.get().height_m == 4.0


def test_nothing_tells_who_sent_it(tree):
    who = people.browser()
    propose(tree, who)
    contributor = Contributor.objects.get()
    answers = (
        Client().get(PROPOSALS).content
        + Client().get(f"{PROPOSALS}/{Proposal.objects.get().pk}").content
    )
    for trace in (
        who["Contributor-Key"],
        contributor.key_hash,
        f"key:{contributor.pk}",
        "127.0.0.1",
    ):
        assert trace.encode() not in answers
    assert b"author" not in answers


def test_it_is_narrowed_and_paged(tree):
    other = make.plant(11.15, 53.05, species=tree.species)
    all_of_them = {propose(tree, values={"height_m": n})["id"] for n in range(5, 10)}
    moved = propose(
        other, action="move", geometry={"type": "Point", "coordinates": [11.16, 53.06]}
    )["id"]
    assert ids(listed(layer="fruit-trees")) == all_of_them | {moved}
    assert ids(listed(layer="gardens")) == set()
    assert ids(listed(bbox="11.14,53.0,11.2,53.1")) == {moved}
    assert ids(listed(bbox="11.0,53.0,11.1,53.1")) == all_of_them
    assert ids(listed(feature=str(other.id))) == {moved}
    assert ids(listed(state="held,conflict")) == set()
    seen, address = [], f"{PROPOSALS}?limit=4"
    while address:
        page = json.loads(Client().get(address).content)
        seen += [each["id"] for each in page["features"]]
        following = [each["href"] for each in page["links"] if each["rel"] == "next"]
        address = following[0] if following else ""
    assert sorted(seen) == sorted(all_of_them | {moved})


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "x"},
        {"bbox": "1,2,3"},
        {"layer": "unicorns"},
        {"state": "applied"},
        {"feature": "x"},
        {"after": "x"},
        {"colour": "red"},
        {"author": "me", "bbox": "1,2,3,4"},
        {"author": "key:1"},
        {"layer": "\x00"},
    ],
)
def test_wrong_parameters_are_told(tree, parameters):
    response = Client().get(PROPOSALS, parameters, headers=people.browser())
    problem(response, 400)


def test_ones_own_are_shown_in_whatever_state(tree):
    who = people.browser()
    mine = [propose(tree, who, values={"height_m": n})["id"] for n in range(5, 8)]
    propose(tree, people.browser())
    assert decide(mine[0], "withdraw", who).status_code == 200
    found = [each["id"] for each in listed(who, author="me")["features"]]
    assert found == mine[::-1], "newest first"
    assert ids(listed(who, author="me", state="withdrawn")) == {mine[0]}
    first = listed(who, author="me", limit=2)
    rest = listed(who, author="me", limit=2, after=first["features"][-1]["id"])
    assert [each["id"] for each in first["features"] + rest["features"]] == mine[::-1]
    before = Contributor.objects.count()
    assert listed(people.browser(), author="me")["features"] == []
    assert Contributor.objects.count() == before, "reading makes nobody known"
    problem(Client().get(PROPOSALS, {"author": "me"}), 401)


def test_who_proposed_it_takes_it_back(tree):
    who = people.browser()
    found = propose(tree, who)
    problem(decide(found["id"], "withdraw", people.browser()), 403)
    assert decide(found["id"], "withdraw", who).status_code == 200
    problem(decide(found["id"], "withdraw", who), 409)
    assert listed()["features"] == []


def test_two_who_are_known_apply_it(tree):
    found = propose(tree, people.browser())
    problem(decide(found["id"], "confirm", people.browser()), 403)
    problem(decide(found["id"], "confirm", {}), 401)
    regulars = [people.bearer(people.token("regular")) for _each in range(2)]
    states = [
        json.loads(decide(found["id"], "confirm", each).content)["properties"]["state"]
        for each in regulars
    ]
    assert states == ["open", "applied"]
    assert Plant.objects.get().height_m == 5.0


def test_a_reviewer_accepts_in_part_and_edited(tree):
    found = propose(tree, values={"height_m": 5, "crown_m": 3, "note": "krumm"})
    reviewer = people.bearer(people.token("reviewer"))
    problem(decide(found["id"], "accept", people.browser()), 403)
    response = decide(found["id"], "accept", reviewer, fields=["height_m"], values={"crown_m": 2.5})
    assert response.status_code == 200, response.content
    tree.refresh_from_db()
    assert (tree.height_m, tree.crown_m, tree.note) == (5.0, 2.5, "")
    problem(decide(found["id"], "accept", reviewer), 409)


def test_a_reviewer_rejects_with_a_reason_that_all_see(tree):
    found = propose(tree)
    reviewer = people.bearer(people.token("reviewer"))
    problem(decide(found["id"], "reject", reviewer), 400)
    assert decide(found["id"], "reject", reviewer, reason="Nicht dort").status_code == 200
    one = json.loads(Client().get(f"{PROPOSALS}/{found['id']}").content)["properties"]
    assert (one["state"], one["decisions"][0]["reason"]) == ("rejected", "Nicht dort")


def test_a_conflict_is_told_in_three_columns(tree):
    reviewer = people.bearer(people.token("reviewer"))
    old = propose(tree, base_version=1)
    assert (
        decide(propose(tree, values={"height_m": 6})["id"], "accept", reviewer).status_code == 200
    )
    for answer in (
        post(about(tree, base_version=1, values={"height_m": 7})),
        decide(old["id"], "accept", reviewer),
    ):
        columns = problem(answer, 409)["conflicts"][0]
        assert (columns["base"], columns["theirs"]) == (4.0, 6.0)
    assert Plant.objects.get().height_m == 6.0


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("confirm", {"kind": "ripe"}),
        ("report", {"kind": "gone", "reason": "gefällt"}),
        ("delete", {}),
        ("move", {"geometry": {"type": "Point", "coordinates": [11.06, 53.06]}}),
    ],
)
def test_every_action(tree, action, more):
    found = propose(tree, people.browser(), action=action, **more)
    assert found["properties"]["action"] == action
    assert found["properties"]["state"] in ("open", "held")
    assert found["properties"]["kind"] == more.get("kind")


def test_a_new_point_is_applied_and_sent_twice_is_one(tree):
    body = {
        "id": str(uuid.uuid4()),
        "layer": "fruit-trees",
        "action": "create",
        "geometry": {"type": "Point", "coordinates": [11.02, 53.02]},
        "values": {"species": "Malus domestica"},
    }
    answers = [post(body), post(body), post({**body, "values": {"species": None}})]
    assert [each.status_code for each in answers] == [201, 201, 422]
    assert json.loads(answers[0].content)["properties"]["state"] == "applied"
    assert Plant.objects.filter(pk=body["id"]).exists()
    assert listed()["features"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"layer": "unicorns"},
        {"layer": None},
        {"layer": ["fruit-trees"]},
        {"action": "explode"},
        {"action": {}},
        {"feature": None},
        {"feature": "x"},
        {"values": {"colour": "red"}},
        {"values": {"height_m": "tall"}},
        {"values": [1]},
        {"values": {}},
        {"geometry": {"type": "Point", "coordinates": [53, 11]}},
        {"base_version": "one"},
        {"base_version": 99},
        {"kind": "ripe"},
        {"reason": "x" * 3000},
        {"reason": 5},
        {"colour": "red"},
        {"id": "x"},
        {"duplicate_of": "x"},
    ],
)
def test_bad_proposals_are_told(tree, changes):
    problem(post({**about(tree), **changes}), 400)
    assert Proposal.objects.count() == 0


@pytest.mark.parametrize("body", ["", "[]", "{", "5", '"x"', "null"])
def test_what_is_no_object_is_told(tree, body):
    problem(post(body), 400)
    found = propose(tree)
    response = post(body, people.staff(), f"{PROPOSALS}/{found['id']}/accept")
    assert response.status_code in (200, 400), response.content


def test_what_is_not_there(tree):
    problem(Client().get(f"{PROPOSALS}/{uuid.uuid4()}"), 404)
    problem(Client().get(f"{PROPOSALS}/x"), 404)
    for decision in ("withdraw", "confirm", "accept", "reject"):
        problem(decide(uuid.uuid4(), decision, people.staff(), reason="x"), 404)
    problem(decide(uuid.uuid4(), "explode", people.staff()), 404)
    problem(post(about(tree, feature=str(uuid.uuid4()))), 404)


def test_nobody_gets_a_cookie(tree):
    found = propose(tree, people.browser())
    for response in (
        post(about(tree)),
        Client().get(PROPOSALS),
        decide(found["id"], "accept", people.staff()),
    ):
        assert not response.cookies
