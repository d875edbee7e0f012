"""Taking back from the review: a rehearsal first, then the deed; by who may."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from geoplatform.contributions.services import ANYBODY
from geoplatform.history.models import Changeset
from layers.plants import Plant
from tests import make
from tests.contributions import people
from tests.review.conftest import client_of

UNDO = "/en/review/undo"


def changed(tree, **values) -> int:
    """A change by staff; the number of its changeset."""
    outcome = people.send("change", people.reviewer(), feature=tree.id, values=values)
    return outcome.proposal.changeset


def local(value: dt.datetime) -> str:
    return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M:%S.%f")


def test_a_changeset_is_rehearsed_and_then_taken_back(reviewer, tree):
    number = changed(tree, note="wrong")
    asked = {"kind": "changeset", "changeset": number}
    before = Changeset.objects.count()
    text = reviewer.post(UNDO, asked).content.decode()
    assert "Nothing has been changed yet." in text
    assert f"All that changeset {number} did" in text
    assert Changeset.objects.count() == before
    tree.refresh_from_db()
    assert tree.note == "wrong"
    assert reviewer.post(UNDO, {**asked, "do": "undo"}).status_code == 422  # why?
    answer = reviewer.post(UNDO, {**asked, "do": "undo", "reason": "mistaken"})
    assert answer.status_code == 303
    assert "Taken back: 1 feature." in reviewer.get(answer["Location"]).content.decode()
    tree.refresh_from_db()
    assert tree.note == "old"
    last = Changeset.objects.latest("id")
    assert (last.channel, last.reason) == ("review", "mistaken")
    assert last.actor.startswith("user:")


def test_what_others_changed_later_is_told_and_left(reviewer, tree):
    number = changed(tree, note="wrong")
    changed(tree, note="later")
    asked = {"kind": "changeset", "changeset": number}
    text = reviewer.post(UNDO, asked).content.decode()
    assert "Nothing would change." in text
    assert "was changed later by somebody else" in text
    assert str(tree.id) in text


def test_an_author_and_a_span(reviewer, tree):
    author = people.new()
    made = people.add(author, tree.species, geometry=people.point(11.06)).feature_id
    start = timezone.now()
    number = changed(tree, note="wrong")
    text = reviewer.post(UNDO, {"kind": "who", "who": author.actor}).content.decode()
    assert f"All that contributor {author.contributor.pk} did" in text
    done = {"kind": "who", "who": author.actor, "do": "undo", "reason": "spam"}
    assert reviewer.post(UNDO, done).status_code == 303
    assert not Plant.objects.filter(pk=made).exists()
    at = Changeset.objects.get(pk=number).at
    assert at > start
    span = {"kind": "span", "start": local(at), "end": local(at + dt.timedelta(microseconds=1))}
    assert "Nothing has been changed yet." in reviewer.post(UNDO, span).content.decode()
    assert reviewer.post(UNDO, {**span, "do": "undo", "reason": "x"}).status_code == 303
    tree.refresh_from_db()
    assert tree.note == "old"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "what is to be taken back"),
        ({"kind": "changeset", "changeset": "x"}, "no such changeset"),
        ({"kind": "changeset", "changeset": "999999999999"}, "no such changeset"),
        ({"kind": "who"}, "whose work"),
        ({"kind": "who", "who": "key:1", "since": "yesterday"}, "date and time"),
        ({"kind": "who", "who": "key:1", "since": "0001-01-01T00:00+14:00"}, "date and time"),
        ({"kind": "who", "who": "key:1\x00"}, "whose work"),
        ({"kind": "who", "who": "key:1", "reason": "a\x00b"}, "cannot be seen"),
        (
            {"kind": "span", "start": "2026-01-01T10:00", "end": "2026-01-01T09:00"},
            "at most 31 days",
        ),
        (
            {"kind": "span", "start": "2026-01-01T10:00", "end": "2026-04-01T09:00"},
            "at most 31 days",
        ),
        ({"kind": "span", "start": "2026-13-01T10:00", "end": ""}, "date and time"),
    ],
)
def test_what_cannot_be_read_is_told(reviewer, asked, said):
    answer = reviewer.post(UNDO, asked)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_an_accepted_proposal_is_taken_back_by_who_decides_there(reviewer, tree):
    other = make.municipality("13003000")
    proposal = people.send("change", ANYBODY, feature=tree.id, values={"note": "new"}).proposal
    reviewer.post(f"/review/{proposal.id}", {"do": "accept"})
    proposal.refresh_from_db()
    asked = {
        "kind": "change",
        "layer": "fruit-trees",
        "feature": str(tree.id),
        "changeset": proposal.changeset,
    }
    here = client_of("here", kind="reviewer", municipality_id=tree.municipality_id)
    there = client_of("there", kind="reviewer", municipality_id=other.id)
    assert "Take this back" in here.get(f"/en/review/{proposal.id}").content.decode()
    for client in (here, there):
        # All of a changeset, an author, a span may lie anywhere.
        assert client.get(UNDO).status_code == 403
        assert client.post(UNDO, {**asked, "kind": "changeset"}).status_code == 403
    assert there.post(UNDO, {**asked, "do": "undo", "reason": "x"}).status_code == 403
    assert here.post(UNDO, asked).status_code == 200
    answer = here.post(UNDO, {**asked, "do": "undo", "reason": "x"})
    assert answer.status_code == 303
    assert here.get(answer["Location"]).status_code == 200
    tree.refresh_from_db()
    assert tree.note == "old"


def test_a_deletion_is_taken_back_by_who_decides_there(reviewer, tree):
    proposal = people.send("delete", ANYBODY, feature=tree.id).proposal
    reviewer.post(f"/review/{proposal.id}", {"do": "accept", "seen": "1"})
    proposal.refresh_from_db()
    assert not Plant.objects.exists()
    here = client_of("here", kind="reviewer", municipality_id=tree.municipality_id)
    done = {
        "kind": "change",
        "layer": "fruit-trees",
        "feature": str(tree.id),
        "changeset": proposal.changeset,
        "do": "undo",
        "reason": "it lives",
    }
    assert here.post(UNDO, done).status_code == 303
    assert Plant.objects.get().note == "old"
