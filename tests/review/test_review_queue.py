"""The queue: who may look, what is listed, narrowed and turned over, and deciding about many at once."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import ANYBODY
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.review.conftest import client_of

QUERIES = 32  # of a page of the queue, whatever it holds


def proposed(tree, author=ANYBODY, **given):
    values = {"note": "new", "height_m": 4.0}
    return people.send("change", author, **{"feature": tree.id, "values": values, **given}).proposal


def held_garden(name="Garden"):
    return people.send(
        "create",
        people.new(),
        layer=people.layer("gardens"),
        geometry=make.area(11.11, 53.01, 11.12, 53.02),
        values={"name": name, "kind": "community"},
    ).proposal


def listed(answer) -> list[uuid.UUID]:
    return [
        uuid.UUID(each)
        for each in re.findall(r'<li id="p-([0-9a-f-]{36})"', answer.content.decode())
    ]


def test_who_is_not_logged_in_is_led_to_the_login(apple):
    answer = Client().get("/review/?layer=trees")
    assert answer.status_code == 302
    assert answer["Location"].endswith("?next=/review/%3Flayer%3Dtrees")


@pytest.mark.parametrize("role", [{}, {"kind": "regular"}])
def test_who_has_no_role_gets_a_page_that_says_no(apple, role):
    answer = client_of("nobody", **role).get("/review/")
    assert answer.status_code == 403
    assert "Dafür sind andere zuständig" in answer.content.decode()


def test_pages_of_the_review_are_kept_nowhere(reviewer):
    assert "no-store" in reviewer.get("/review/")["Cache-Control"]


def test_what_waits_longest_comes_first(reviewer, tree):
    first, second = proposed(tree), held_garden()
    answer = reviewer.get("/en/review/")
    assert listed(answer) == [first.id, second.id]
    text = answer.content.decode()
    assert "2 wait" in text
    assert "Height: 4 m" in text
    assert "Apple" in text
    assert "new line or area" in text


def test_a_reviewer_of_one_municipality_sees_and_decides_only_there(tree):
    other = make.municipality("13003000")
    make.quarter(other, "far", (12.0, 53.0, 12.1, 53.1))
    there = make.plant(12.05, 53.05, species=tree.species)
    here, elsewhere = proposed(tree), proposed(there)
    client = client_of("local", kind="reviewer", municipality_id=other.id)
    assert listed(client.get("/review/")) == [elsewhere.id]
    assert client.get(f"/review/{here.id}").status_code == 403
    assert client.post(f"/review/{here.id}", {"do": "accept"}).status_code == 403
    answer = client.post("/en/review/", {"accept": "chosen", "chosen": [here.id, elsewhere.id]})
    assert "1 accepted" in answer.content.decode()
    assert "You do not decide about this layer here." in answer.content.decode()
    assert Proposal.objects.get(pk=here.id).state == "open"
    assert Proposal.objects.get(pk=elsewhere.id).state == "applied"


def test_a_reviewer_of_one_layer_sees_that_alone(tree):
    proposed(tree)
    garden = held_garden()
    client = client_of("gardener", kind="reviewer", layer="gardens")
    assert listed(client.get("/review/")) == [garden.id]


def test_filters_narrow_alone_and_together(reviewer, tree):
    change, garden = proposed(tree), held_garden()
    west, east = str(change.quarter_id), str(garden.quarter_id)
    for query, expected in {
        f"quarter={west}": [change.id],
        f"quarter={east}": [garden.id],
        f"municipality={change.municipality_id}": [change.id, garden.id],
        "layer=gardens": [garden.id],
        "action=change": [change.id],
        "action=delete": [],
        "why=trust": [change.id],
        "why=geometry&layer=gardens": [garden.id],
        "why=geometry&layer=fruit-trees": [],
        "state=held": [garden.id],
        "state=open": [change.id],
        "age=7": [],
        # What makes no sense narrows nothing.
        "quarter=x&age=4&page=-1&action=%00&state=applied": [change.id, garden.id],
    }.items():
        assert listed(reviewer.get(f"/review/?{query}")) == expected, query


def test_age_narrows(reviewer, tree):
    young = proposed(tree)
    old = Proposal.objects.create(
        layer="fruit-trees",
        action="report",
        kind="gone",
        feature=tree.id,
        channel="test",
        licence="cc-zero",
        fingerprint="x",
        state="open",
        created=timezone.now() - dt.timedelta(days=8),
    )
    assert listed(reviewer.get("/review/")) == [old.id, young.id]
    assert listed(reviewer.get("/review/?age=7")) == [old.id]
    assert listed(reviewer.get("/review/?age=30")) == []


def test_choices_carry_their_numbers(reviewer, tree):
    proposed(tree), proposed(tree, values={"note": "other"})
    text = reviewer.get("/en/review/").content.decode()
    assert re.search(r'<option value="change">Change \(2\)</option>', text)
    assert re.search(r'<option value="trust">what others entered \(2\)</option>', text)


def test_pages_are_turned_and_queries_do_not_grow(reviewer, tree):
    trees = [make.plant(11.01 + n / 1000, 53.05, species=tree.species) for n in range(30)]
    made = [proposed(each).id for each in trees]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        first = reviewer.get("/en/review/")
    assert listed(first) == made[:25]
    assert len(captured) <= QUERIES, [each["sql"][:90] for each in captured]
    assert "Page 1 of 2" in first.content.decode()
    assert listed(reviewer.get("/review/?page=2")) == made[25:]
    assert listed(reviewer.get("/review/?page=99999")) == []


def test_the_map_knows_every_line_that_has_a_place(reviewer, tree):
    proposal = proposed(tree)
    text = reviewer.get("/en/review/").content.decode()
    assert f'"id": "{proposal.id}", "kind": "change", "title": "Change: Apple"' in text
    assert '"coordinates": [11.05, 53.05]' in text


def test_many_are_accepted_each_by_itself(reviewer, tree):
    other = make.plant(11.06, 53.05, species=tree.species)
    good, stale, done = proposed(tree), proposed(other), proposed(tree, values={"note": "done"})
    people.send("change", people.reviewer(), feature=other.id, values={"note": "theirs"})
    reviewer.post("/review/", {"reject": done.id, "reason": "no"})
    answer = reviewer.post(
        "/en/review/",
        {"accept": "chosen", "chosen": [good.id, stale.id, done.id, uuid.uuid4(), "x"]},
    )
    text = answer.content.decode()
    assert "1 accepted." in text
    assert "2 were left as they are:" in text
    assert "Somebody changed the same since" in text
    assert "This has been decided already: rejected." in text
    states = {each.id: each.state for each in Proposal.objects.all()}
    assert [states[each.id] for each in (good, stale, done)] == ["applied", "conflict", "rejected"]
    assert Plant.objects.get(pk=tree.id).note == "new"
    assert Plant.objects.get(pk=other.id).note == "theirs"
    # One in conflict is never swept along.
    answer = reviewer.post("/en/review/", {"accept": "chosen", "chosen": [stale.id]})
    assert "please open it and choose" in answer.content.decode()


def test_rejecting_many_needs_a_reason(reviewer, tree):
    one, two = proposed(tree), proposed(tree, values={"note": "other"})
    chosen = {"reject": "chosen", "chosen": [one.id, two.id]}
    answer = reviewer.post("/en/review/", chosen)
    assert "Please say why you reject" in answer.content.decode()
    assert set(Proposal.objects.values_list("state", flat=True)) == {"open"}
    answer = reviewer.post("/en/review/", {**chosen, "template": "It was not found on site."})
    assert "2 rejected." in answer.content.decode()
    assert two.decisions.get().reason == "It was not found on site."


def test_nothing_chosen_or_too_many_is_told(reviewer, tree):
    assert (
        "Nothing was chosen." in reviewer.post("/en/review/", {"accept": "chosen"}).content.decode()
    )
    many = {"accept": "chosen", "chosen": [uuid.uuid4() for _ in range(101)]}
    assert "At most 100" in reviewer.post("/en/review/", many).content.decode()


def test_a_foreign_page_cannot_decide(tree):
    proposal = proposed(tree)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of("someone", kind="reviewer").cookies
    assert strict.get("/review/").status_code == 200
    for address, data in {
        "/review/": {"accept": str(proposal.id)},
        f"/review/{proposal.id}": {"do": "accept"},
        "/review/undo": {"kind": "changeset", "changeset": "1"},
    }.items():
        assert strict.post(address, data).status_code == 403
    assert Proposal.objects.get().state == "open"
