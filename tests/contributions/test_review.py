"""Deciding about what waits: whole, in part, edited, declined; and what others' agreement does."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from geoplatform.contributions import selectors
from geoplatform.contributions.models import Contributor, Decision, Proposal
from geoplatform.contributions.services import (
    ANYBODY,
    Author,
    InConflict,
    NotAllowed,
    NotThere,
    WrongState,
    accept,
    block,
    confirm,
    merge_duplicates,
    reject,
    supersede,
    unblock,
    withdraw,
)
from geoplatform.history.models import Changeset
from layers.plants import Plant
from tests import make
from tests.contributions import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def apple():
    make.town()
    return make.species()


@pytest.fixture
def tree(apple):
    return make.plant(species=apple, note="old")


def proposed(tree, author=ANYBODY, **given):
    values = {"note": "new", "height_m": 4.0}
    return people.send("change", author, **{"feature": tree.id, "values": values, **given}).proposal


def held(apple, **given):
    return people.send(
        "create",
        people.new(),
        layer=people.layer("gardens"),
        geometry=make.area(11.01, 53.01, 11.02, 53.02),
        values={"name": "Garden", "kind": "community"},
        **given,
    ).proposal


def test_whole(tree):
    author, reviewer = people.new(), people.reviewer()
    proposal = proposed(tree, author)
    outcome = accept(proposal=proposal.id, reviewer=reviewer, reason="seen")
    assert (outcome.state, outcome.version) == ("applied", 2)
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("new", 4.0)
    told = Decision.objects.get()
    assert (told.was, told.became, told.actor, told.reason) == (
        "open",
        "applied",
        reviewer.actor,
        "seen",
    )
    assert Changeset.objects.get(id=told.changeset).actor == reviewer.actor
    assert Contributor.objects.get(pk=author.contributor.pk).accepted == 1


def test_in_part(tree):
    proposal = proposed(tree)
    accept(proposal=proposal.id, reviewer=people.reviewer(), fields=["height_m"])
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("old", 4.0)
    assert Decision.objects.get().details == {"fields": ["height_m"]}
    with pytest.raises(WrongState):
        accept(proposal=proposal.id, reviewer=people.reviewer())


def test_edited(tree):
    proposal = proposed(tree)
    accept(
        proposal=proposal.id,
        reviewer=people.reviewer(),
        edited={"note": "better", "cultivar": "Boskoop"},
        geometry=people.point(11.06),
    )
    tree.refresh_from_db()
    assert (tree.note, tree.height_m, tree.cultivar, tree.location.x) == (
        "better",
        4.0,
        "Boskoop",
        11.06,
    )
    assert Decision.objects.get().details["edited"]["location"]["coordinates"] == [11.06, 53.05]


def test_a_conflict_is_stored_told_and_decided_by_who_has_seen_it(tree):
    proposal, staff = proposed(tree), people.reviewer()
    people.send("change", staff, feature=tree.id, values={"note": "theirs"})
    with pytest.raises(InConflict) as met:
        accept(proposal=proposal.id, reviewer=staff)
    assert met.value.merge.conflicts[0].theirs == {"note": "theirs"}
    proposal.refresh_from_db()
    assert proposal.state == "conflict"
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("theirs", 2)
    note, height = sorted(selectors.differences(proposal), key=lambda each: each.name)[::-1]
    assert (note.base, note.theirs, note.ours, note.verdict) == ("old", "theirs", "new", "conflict")
    assert (height.verdict, height.ours) == ("apply", 4.0)
    # Somebody changes it once more before the reviewer, who saw version 2, decides for the proposal.
    people.send("change", staff, feature=tree.id, values={"note": "later"})
    with pytest.raises(InConflict):
        accept(proposal=proposal.id, reviewer=staff, seen=2)
    assert accept(proposal=proposal.id, reviewer=staff, seen=3).state == "applied"
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("new", 4.0)


def test_of_a_conflict_the_rest_may_be_taken(tree):
    proposal, staff = proposed(tree), people.reviewer()
    people.send("change", staff, feature=tree.id, values={"note": "theirs"})
    assert accept(proposal=proposal.id, reviewer=staff, fields=["height_m"]).state == "applied"
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("theirs", 4.0)


def test_a_held_creation_becomes_a_feature_with_its_id(apple):
    proposal = held(apple)
    layer = people.layer("gardens")
    assert selectors.held_creation(layer, proposal.id).id == proposal.id
    accept(proposal=proposal.id, reviewer=people.reviewer(), edited={"name": "Our garden"})
    garden = layer.model.objects.get(id=proposal.id)
    assert (garden.name, garden.status, garden.source.name) == (
        "Our garden",
        "confirmed",
        "citizens",
    )
    assert selectors.held_creation(layer, proposal.id) is None


def test_a_deletion_of_what_was_changed_since_waits_again(tree):
    proposal = people.send("delete", ANYBODY, feature=tree.id).proposal
    staff = people.reviewer()
    people.send("change", staff, feature=tree.id, values={"note": "cut back"})
    with pytest.raises(InConflict):
        accept(proposal=proposal.id, reviewer=staff)
    assert accept(proposal=proposal.id, reviewer=staff, seen=2).state == "applied"
    assert not Plant.objects.filter(id=tree.id).exists()


def test_rejected_with_a_reason_that_all_see(tree):
    author = people.new()
    proposal = proposed(tree, author)
    with pytest.raises(ValidationError):
        reject(proposal=proposal.id, reviewer=people.reviewer(), reason=" ")
    outcome = reject(proposal=proposal.id, reviewer=people.reviewer(), reason="It is a pear.")
    assert outcome.state == "rejected"
    shown = selectors.public(selectors.proposal(proposal.id))
    assert shown["properties"]["decisions"][0]["reason"] == "It is a pear."
    assert f"key:{author.contributor.pk}" not in str(shown)
    assert Contributor.objects.get(pk=author.contributor.pk).rejected == 1
    tree.refresh_from_db()
    assert tree.version == 1


def test_only_who_decides_there_decides(tree):
    proposal = proposed(tree)
    elsewhere = Author(contributor=people.key(), reviews=lambda layer, place: place is None)
    for person in (ANYBODY, people.trusted(), elsewhere):
        with pytest.raises(NotAllowed):
            accept(proposal=proposal.id, reviewer=person)
        with pytest.raises(NotAllowed):
            reject(proposal=proposal.id, reviewer=person, reason="no")
        with pytest.raises(NotAllowed):
            merge_duplicates(
                layer=people.layer(),
                keep=tree.id,
                remove=[make.plant(species=tree.species).id],
                reviewer=person,
            )
    here = Author(
        contributor=people.key(), reviews=lambda layer, place: place == tree.municipality_id
    )
    assert accept(proposal=proposal.id, reviewer=here).state == "applied"
    with pytest.raises(NotThere):
        accept(proposal=uuid.uuid4(), reviewer=here)


def test_superseded_by_another_about_the_same(tree):
    first, second = proposed(tree), proposed(tree)
    outcome = supersede(proposal=first.id, reviewer=people.reviewer(), by=second.id)
    assert (outcome.state, Decision.objects.get().details["by"]) == ("superseded", str(second.id))
    other = proposed(make.plant(species=tree.species))
    with pytest.raises(ValidationError):
        supersede(proposal=second.id, reviewer=people.reviewer(), by=other.id)


def test_withdrawn_by_its_author_alone(tree):
    author = people.new()
    proposal = proposed(tree, author)
    for other in (ANYBODY, people.known(), people.reviewer()):
        with pytest.raises(NotAllowed):
            withdraw(proposal=proposal.id, author=other)
    assert withdraw(proposal=proposal.id, author=author).state == "withdrawn"
    with pytest.raises(WrongState):
        accept(proposal=proposal.id, reviewer=people.reviewer())


# Agreement


def test_two_independent_known_people_let_a_change_through(tree):
    author = people.known()
    proposal = proposed(tree, author)
    for other in (ANYBODY, people.new(), author):
        with pytest.raises(NotAllowed):
            confirm(proposal=proposal.id, author=other)
    one, two = people.known(), people.known()
    assert confirm(proposal=proposal.id, author=one).state == "open"
    assert confirm(proposal=proposal.id, author=one).state == "open", "each counts once"
    outcome = confirm(proposal=proposal.id, author=two)
    assert (outcome.state, outcome.version) == ("applied", 2)
    tree.refresh_from_db()
    assert tree.note == "new"
    path = [(each.was, each.became) for each in selectors.decisions(outcome.proposal)]
    assert path == [("open", "open"), ("open", "confirmed"), ("confirmed", "applied")]


def test_agreement_overwrites_nobody(tree):
    proposal = proposed(tree)
    people.send("change", people.reviewer(), feature=tree.id, values={"note": "theirs"})
    confirm(proposal=proposal.id, author=people.known())
    assert confirm(proposal=proposal.id, author=people.known()).state == "conflict"
    tree.refresh_from_db()
    assert tree.note == "theirs"


def test_what_only_a_reviewer_may_let_through(tree):
    report = people.send("report", ANYBODY, feature=tree.id, kind="private").proposal
    with pytest.raises(WrongState):
        confirm(proposal=report.id, author=people.known())
    outcome = accept(
        proposal=report.id, reviewer=people.reviewer(), edited={"access": "own-property"}
    )
    assert outcome.state == "applied"
    tree.refresh_from_db()
    assert tree.access == "own-property"


def test_seen_by_two_makes_it_confirmed(apple):
    author = people.new()
    tree = people.add(author, apple).feature
    assert people.send("confirm", people.known(), feature=tree.id).state == "open"
    assert people.send("confirm", people.new(), feature=tree.id).state == "open"
    assert people.send("confirm", author, feature=tree.id, kind="ripe").state == "open"
    tree.refresh_from_db()
    assert (tree.status, tree.version) == ("unconfirmed", 1)
    outcome = people.send("confirm", people.known(), feature=tree.id, kind="ripe")
    assert outcome.state == "applied"
    tree.refresh_from_db()
    assert (tree.status, tree.last_confirmed) == ("confirmed", timezone.localdate())
    assert Proposal.objects.filter(action="confirm", state="applied").count() == 2
    assert Contributor.objects.get(pk=author.contributor.pk).accepted == 1


def test_one_trusted_person_or_a_reviewer_is_enough(tree):
    Plant.objects.filter(id=tree.id).update(status="unconfirmed")
    assert people.send("confirm", people.trusted(), feature=tree.id).state == "applied"
    other = make.plant(species=tree.species, status="unconfirmed")
    waiting = people.send("confirm", people.new(), feature=other.id).proposal
    assert accept(proposal=waiting.id, reviewer=people.reviewer()).state == "applied"
    other.refresh_from_db()
    assert other.status == "confirmed"


def test_gone_by_two_or_a_reviewer(tree):
    report = people.send("report", ANYBODY, feature=tree.id, kind="gone").proposal
    confirm(proposal=report.id, author=people.known())
    assert confirm(proposal=report.id, author=people.known()).state == "applied"
    tree.refresh_from_db()
    assert tree.status == "gone"
    other = make.plant(species=tree.species)
    assert people.send("report", people.reviewer(), feature=other.id, kind="gone").version == 2


# Duplicates


def test_duplicates_become_one(tree):
    twin, third = (make.plant(species=tree.species) for _each in range(2))
    report = people.send(
        "report", people.new(), feature=twin.id, kind="duplicate", duplicate_of=tree.id
    ).proposal
    other = proposed(third)
    version = merge_duplicates(
        layer=people.layer(),
        keep=tree.id,
        remove=[twin.id, third.id, tree.id],
        reviewer=people.reviewer(),
        values={"height_m": 5.0},
        reason="the same tree",
    )
    assert version == 2
    assert [each.id for each in Plant.objects.all()] == [tree.id]
    assert Proposal.objects.get(pk=report.id).state == "applied"
    assert Proposal.objects.get(pk=other.id).state == "superseded"


def test_an_accepted_report_of_a_duplicate_removes_it(tree):
    twin = make.plant(species=tree.species)
    report = people.send(
        "report", ANYBODY, feature=twin.id, kind="duplicate", duplicate_of=tree.id
    ).proposal
    accept(proposal=report.id, reviewer=people.reviewer())
    assert [each.id for each in Plant.objects.all()] == [tree.id]


# Blocks


def test_a_block_starts_trust_again(tree):
    author, reviewer = people.trusted(), people.reviewer()
    until = timezone.now() + dt.timedelta(days=3)
    with pytest.raises(NotAllowed):
        block(contributor=author.contributor.pk, until=until, reviewer=author, reason="x")
    block(contributor=author.contributor.pk, until=until, reviewer=reviewer, reason="spam")
    found = unblock(contributor=author.contributor.pk, reviewer=reviewer, reason="a mistake")
    assert (found.accepted, found.blocked_until) == (0, None)
    assert proposed(tree, Author(contributor=found)).state == "open"
    assert [each.reason for each in found.blocks.order_by("id")] == ["spam", "a mistake"]


# What is read


def test_queue_tally_and_overlay(tree, apple):
    east = make.plant(11.15, species=apple)
    first, second, garden = proposed(tree), proposed(east), held(apple)
    reject(proposal=proposed(tree).id, reviewer=people.reviewer(), reason="no")
    ids = [each.id for each in selectors.queue()]
    assert ids == [first.id, second.id, garden.id]
    assert [each.id for each in selectors.queue(quarter=east.quarter_id)] == [second.id]
    assert [each.id for each in selectors.queue(layers=["gardens"])] == [garden.id]
    assert [each.id for each in selectors.queue(states=["held"])] == [garden.id]
    assert not selectors.queue(older_than=timezone.now() - dt.timedelta(days=1))
    counted = selectors.tally()
    assert counted["layer"] == {"fruit-trees": 2, "gardens": 1}
    assert counted["quarter"][str(east.quarter_id)] == 1
    assert {each.id for each in selectors.overlay()} == {*ids}
    assert {each.id for each in selectors.overlay(bbox=(11.14, 53.0, 11.16, 53.1))} == {second.id}
    assert {each.id for each in selectors.overlay(bbox=(11.0, 53.0, 11.03, 53.1))} == {garden.id}
    page = selectors.overlay(limit=2)
    assert len(page) == 2
    assert len(selectors.overlay(after=page[-1].id)) == 1


def test_mine_and_the_record(tree):
    author = people.new()
    proposal = proposed(tree, author)
    proposed(tree, people.new())
    reject(proposal=proposal.id, reviewer=people.reviewer(), reason="no")
    assert [each.id for each in selectors.mine(author.contributor)] == [proposal.id]
    assert selectors.record(author.contributor)["rejected"] == 1
    assert selectors.about(people.layer(), tree.id).count() == 2


def test_differences_name_related_rows_and_geometries(tree):
    pear = make.species("Pyrus communis", german_name="Birne")
    proposal = proposed(tree, values={"species": pear}, geometry=people.point(11.06))
    found = {each.name: each for each in selectors.differences(proposal)}
    assert (found["species"].base, found["species"].ours) == ("Malus domestica", "Pyrus communis")
    assert found["species"].part == ("species", "cultivar")
    assert list(found["location"].ours["coordinates"]) == [11.06, 53.05]
    new = {each.name: each for each in selectors.differences(held(tree.species))}
    assert (new["name"].base, new["name"].theirs, new["name"].ours) == (None, None, "Garden")
