"""Several decide at once, in threads: nobody is overwritten, nothing is done twice, nobody waits for ever."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from geoplatform.contributions.models import Decision, Proposal
from geoplatform.contributions.services import (
    ANYBODY,
    InConflict,
    OtherBody,
    WrongState,
    accept,
    confirm,
    merge_duplicates,
    reject,
)
from layers.plants import Plant
from tests import make
from tests.contributions import people


@pytest.fixture
def tree(fresh_database):
    make.town()
    tree = make.plant(species=make.species(), note="old")
    make.licensing(tree)
    return tree


def at_once(*calls):
    """What each call returned or raised; all start together, and a deadlock is an error like any other."""
    gate = threading.Barrier(len(calls))

    def run(call):
        try:
            gate.wait(timeout=20)
            return call()
        except (InConflict, OtherBody, WrongState) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(timeout=60) for each in [pool.submit(run, call) for call in calls]]


def test_many_proposals_on_one_tree_different_fields(tree):
    staff = people.reviewer()
    wishes = [{"note": "new"}, {"height_m": 4.0}, {"crown_m": 3.0}, {"cultivar": "Boskoop"}]
    found = at_once(
        *(
            lambda wish=wish: people.send(
                "change", staff, feature=tree.id, base_version=1, values=wish
            )
            for wish in wishes
        )
    )
    assert [each.state for each in found] == ["applied"] * 4
    tree.refresh_from_db()
    assert (tree.note, tree.height_m, tree.crown_m, tree.cultivar, tree.version) == (
        "new",
        4.0,
        3.0,
        "Boskoop",
        5,
    )


def test_many_proposals_on_one_field_one_wins_and_the_others_are_told(tree):
    staff = people.reviewer()
    found = at_once(
        *(
            lambda number=number: people.send(
                "change", staff, feature=tree.id, base_version=1, values={"note": f"n{number}"}
            )
            for number in range(4)
        )
    )
    states = sorted(each.state for each in found)
    assert states == ["applied", "conflict", "conflict", "conflict"]
    [won] = [each for each in found if each.state == "applied"]
    tree.refresh_from_db()
    assert (tree.note, tree.version) == (won.proposal.fields["note"], 2)


def test_accepting_while_somebody_edits(tree):
    staff = people.reviewer()
    for number in range(6):
        tree.refresh_from_db()
        before = tree.version
        waiting = people.send(
            "change", ANYBODY, feature=tree.id, values={"note": f"proposed {number}"}
        ).proposal
        decided, edited = at_once(
            lambda waiting=waiting: accept(proposal=waiting.id, reviewer=staff),
            lambda number=number, before=before: people.send(
                "change",
                staff,
                feature=tree.id,
                base_version=before,
                values={"note": f"edited {number}"},
            ),
        )
        tree.refresh_from_db()
        # Exactly one of the two came first; the other was told.
        assert isinstance(decided, InConflict) != (edited.state == "conflict")
        assert tree.version == before + 1
        waiting.refresh_from_db()
        assert waiting.state == ("conflict" if isinstance(decided, InConflict) else "applied")


def test_accepted_once_whoever_decides(tree):
    staff = people.reviewer()
    waiting = people.send("change", ANYBODY, feature=tree.id, values={"note": "new"}).proposal
    found = at_once(
        lambda: accept(proposal=waiting.id, reviewer=staff),
        lambda: accept(proposal=waiting.id, reviewer=people.reviewer()),
        lambda: reject(proposal=waiting.id, reviewer=staff, reason="no"),
    )
    assert sum(isinstance(each, WrongState) for each in found) == 2
    assert Decision.objects.count() == 1
    tree.refresh_from_db()
    waiting.refresh_from_db()
    assert (tree.version == 2) == (waiting.state == "applied")


def test_a_held_creation_is_made_once(tree):
    garden = people.layer("gardens")
    waiting = people.send(
        "create",
        ANYBODY,
        layer=garden,
        geometry=make.area(11.01, 53.01, 11.02, 53.02),
        values={"name": "Garden", "kind": "community"},
    ).proposal
    found = at_once(
        *(lambda: accept(proposal=waiting.id, reviewer=people.reviewer()) for _each in range(3))
    )
    assert sum(isinstance(each, WrongState) for each in found) == 2
    assert garden.model.objects.get().version == 1


def test_agreement_of_many_applies_once(tree):
    known = [people.known() for _each in range(4)]
    waiting = people.send("change", ANYBODY, feature=tree.id, values={"note": "new"}).proposal
    found = at_once(
        *(lambda each=each: confirm(proposal=waiting.id, author=each) for each in known)
    )
    assert sum(isinstance(each, WrongState) for each in found) == 2
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("new", 2)


def test_seen_by_many_at_once(tree):
    Plant.objects.update(status="unconfirmed")
    known = [people.known() for _each in range(4)]
    at_once(*(lambda each=each: people.send("confirm", each, feature=tree.id) for each in known))
    tree.refresh_from_db()
    assert tree.status == "confirmed"


@pytest.mark.parametrize("action", ["create", "change"])
def test_the_same_sent_by_several_at_once_is_done_once(tree, action):
    name, staff = uuid.uuid4(), people.reviewer()
    given = {"values": {"note": "new"}, "feature": tree.id}
    if action == "create":
        given = {"values": {"species": tree.species}, "geometry": people.point()}
    found = at_once(*(lambda: people.send(action, staff, id=name, **given) for _each in range(4)))
    assert sorted(each.repeated for each in found) == [False, True, True, True]
    assert {each.state for each in found} == {"applied"}
    assert Proposal.objects.count() == 1
    tree.refresh_from_db()
    assert tree.version == (2 if action == "change" else 1)


def test_duplicates_merged_both_ways_at_once(tree):
    staff, twin = people.reviewer(), make.plant(species=tree.species)

    def merge(keep, remove):
        from geoplatform.contributions.services import NotThere

        try:
            return merge_duplicates(
                layer=people.layer(), keep=keep, remove=[remove], reviewer=staff
            )
        except NotThere as gone:
            return gone

    found = at_once(lambda: merge(tree.id, twin.id), lambda: merge(twin.id, tree.id))
    assert sum(each == 1 for each in found) == 1
    assert Plant.objects.count() == 1


def test_a_border_moves_while_people_edit(tree):
    """Who moves a border waits for editors and they for it, in one order."""
    staff = people.reviewer()
    # In the strip that changes hands.
    tree = make.plant(11.095, species=tree.species)

    def edit(number):
        return people.send(
            "change", staff, feature=tree.id, values={"note": f"note {number}"}
        ).state

    def move(number):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE layers_quarter SET outline = ST_Multi(ST_MakeEnvelope(11.0, 53.0, %s, 53.1, 4326))"
                " WHERE key = 'a'",
                [11.1 if number % 2 else 11.09],
            )

    def several(call):
        return [call(number) for number in range(12)]

    found = at_once(*(lambda call=call: several(call) for call in (edit, move, edit, move)))
    assert found[0] == found[2] == ["applied"] * 12
