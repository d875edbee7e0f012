"""Sending a proposal: what is applied at once, what waits and why, and what is refused without a trace."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from geoplatform.contributions import limiter
from geoplatform.contributions.models import Contributor, Proposal, Zone
from geoplatform.contributions.services import (
    ANYBODY,
    Author,
    Blocked,
    NotThere,
    OtherBody,
    TooMany,
    block,
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
def pear(apple):
    return make.species("Pyrus communis", german_name="Birne")


@pytest.fixture
def tree(apple):
    return make.plant(species=apple, note="old")


def state(outcome):
    return (outcome.state, outcome.proposal.waits_for)


def test_a_point_by_anybody_is_there_at_once_and_unconfirmed(apple):
    outcome = people.add(ANYBODY, apple)
    assert state(outcome) == ("applied", "")
    plant = Plant.objects.get(id=outcome.feature_id)
    assert (plant.status, plant.version, outcome.version) == ("unconfirmed", 1, 1)
    stored = Proposal.objects.get(id=plant.id)
    assert stored.fields == {"species": "Malus domestica", "access": "public"}
    assert stored.quarter.key == "a"
    told = Changeset.objects.get(id=stored.changeset)
    assert (told.actor, told.channel) == ("anonymous", "test")


def test_what_staff_adds_is_confirmed(apple):
    plant = people.add(people.reviewer(), apple).feature
    assert (plant.status, plant.source.name) == ("confirmed", "staff")
    assert plant.last_confirmed


def test_the_actor_names_a_key_and_never_a_person(apple):
    author = people.new()
    outcome = people.add(author, apple)
    actor = Changeset.objects.get(id=outcome.proposal.changeset).actor
    assert actor == f"key:{author.contributor.pk}"


def test_others_changes_wait_and_own_ones_do_not(tree, apple):
    for author in (ANYBODY, people.new(), people.known()):
        outcome = people.send("change", author, feature=tree.id, values={"note": "new"})
        assert state(outcome) == ("open", "trust")
    author = people.new()
    own = people.add(author, apple)
    outcome = people.send("change", author, feature=own.feature_id, values={"note": "new"})
    assert state(outcome) == ("applied", "")
    tree.refresh_from_db()
    assert tree.note == "old"


def test_trust_applies_a_change_and_not_a_deletion(tree):
    author = people.trusted()
    outcome = people.send("change", author, feature=tree.id, values={"note": "new"})
    assert (state(outcome), outcome.version) == (("applied", ""), 2)
    assert state(people.send("delete", author, feature=tree.id)) == ("open", "trust")
    assert Plant.objects.get(id=tree.id).note == "new"
    assert state(people.send("delete", people.reviewer(), feature=tree.id)) == ("applied", "")
    assert not Plant.objects.filter(id=tree.id).exists()


def test_a_deletion_is_a_changeset_of_who_deleted(tree):
    author = people.reviewer()
    outcome = people.send("delete", author, feature=tree.id)
    assert Changeset.objects.get(id=outcome.proposal.changeset).actor == author.actor
    with connection.cursor() as cursor:
        cursor.execute("SELECT closed_by FROM history.layers_plant WHERE id = %s", [tree.id])
        assert cursor.fetchone() == (outcome.proposal.changeset,)


def test_different_fields_of_two_both_survive_and_the_same_is_flagged(tree):
    one, two = people.trusted(), people.trusted()
    people.send("change", one, feature=tree.id, base_version=1, values={"note": "one"})
    outcome = people.send(
        "change", two, feature=tree.id, base_version=1, values={"note": "old", "height_m": 4.0}
    )
    assert outcome.state == "applied"
    tree.refresh_from_db()
    assert (tree.note, tree.height_m, tree.version) == ("one", 4.0, 3)
    outcome = people.send("change", two, feature=tree.id, base_version=1, values={"note": "two"})
    assert state(outcome) == ("conflict", "conflict")
    [conflict] = outcome.merge.conflicts
    assert (conflict.base, conflict.theirs, conflict.ours) == (
        {"note": "old"},
        {"note": "one"},
        {"note": "two"},
    )
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("one", 3)


def test_a_cultivar_is_in_conflict_with_another_species(tree, pear):
    staff = people.reviewer()
    people.send("change", staff, feature=tree.id, values={"species": pear})
    outcome = people.send(
        "change", staff, feature=tree.id, base_version=1, values={"cultivar": "Boskoop"}
    )
    assert outcome.state == "conflict"


def test_a_move_and_a_change_do_not_disturb_each_other(tree):
    staff = people.reviewer()
    people.send("change", staff, feature=tree.id, base_version=1, values={"note": "new"})
    moved = people.send(
        "move", staff, feature=tree.id, base_version=1, geometry=people.point(11.15)
    )
    assert moved.state == "applied"
    tree.refresh_from_db()
    assert (tree.note, tree.location.x, tree.quarter.key) == ("new", 11.15, "b")
    assert moved.proposal.quarter_id == tree.quarter_id


def test_what_holds_already_changes_nothing(tree):
    outcome = people.send("change", people.trusted(), feature=tree.id, values={"note": "old"})
    assert (outcome.state, outcome.version, outcome.merge.unchanged) == ("applied", None, ("note",))
    tree.refresh_from_db()
    assert tree.version == 1


def test_a_change_of_what_is_gone_is_a_conflict(tree):
    Plant.objects.filter(id=tree.id).delete()
    outcome = people.send("change", people.trusted(), feature=tree.id, values={"note": "new"})
    assert (outcome.state, outcome.merge.gone) == ("conflict", True)
    assert people.send("delete", people.trusted(), feature=tree.id).state == "applied"
    with pytest.raises(NotThere):
        people.send("confirm", people.known(), feature=tree.id)


def test_a_deletion_of_what_was_changed_since_is_a_conflict(tree):
    staff = people.reviewer()
    people.send("change", staff, feature=tree.id, values={"note": "new"})
    outcome = people.send("delete", staff, feature=tree.id, base_version=1)
    assert outcome.state == "conflict"
    assert outcome.merge.conflicts[0].fields == ("note",)
    assert Plant.objects.filter(id=tree.id).exists()


@pytest.mark.parametrize("version", [0, 7, -1])
def test_a_version_that_never_was_is_refused(tree, version):
    with pytest.raises(ValidationError):
        people.send(
            "change", people.trusted(), feature=tree.id, base_version=version, values={"note": "x"}
        )


def test_unknown_features_and_those_of_another_layer(tree, apple):
    with pytest.raises(NotThere):
        people.send("change", people.trusted(), feature=uuid.uuid4(), values={"note": "x"})
    hazel = make.species("Fagus sylvatica", edible=False)
    beech = make.plant(species=hazel)
    with pytest.raises(NotThere):
        people.send("change", people.trusted(), feature=beech.id, values={"note": "x"})


# Where more care is due


def zone(**values):
    return Zone.objects.create(
        name="School", why="children", outline=make.area(*make.WEST_BOX), **values
    )


def test_in_a_zone_new_points_are_held_and_not_on_the_map(apple):
    zone()
    outcome = people.add(people.trusted(), apple)
    assert state(outcome) == ("held", "zone")
    assert Plant.objects.count() == 0
    assert people.add(ANYBODY, apple, geometry=people.point(11.15)).state == "applied"
    assert people.add(people.reviewer(), apple).state == "applied"


def test_a_zone_may_be_over_or_for_other_layers(apple):
    zone(layers=["gardens"])
    zone(until="2020-01-01")
    zone(reviews_new=False)
    assert people.add(ANYBODY, apple).state == "applied"
    zone(layers=["fruit-trees"])
    assert people.add(ANYBODY, apple).state == "held"


def test_a_zone_holds_changes_of_the_trusted_and_moves_into_it(tree):
    zone()
    author = people.trusted()
    assert state(people.send("change", author, feature=tree.id, values={"note": "x"})) == (
        "held",
        "zone",
    )
    outside = make.plant(11.15, species=tree.species)
    moved = people.send("move", author, feature=outside.id, geometry=people.point())
    assert state(moved) == ("held", "zone")


def test_what_comes_too_fast_is_held_and_then_refused(apple, settings):
    settings.CONTRIBUTIONS = {"nobody_at_once": 2, "nobody_hourly": 4}
    author = Author(address="192.0.2.7")
    states = [people.add(author, apple).state for _number in range(4)]
    assert states == ["applied", "applied", "held", "held"]
    with pytest.raises(TooMany) as refused:
        people.add(author, apple)
    assert 0 < refused.value.retry_after <= 3600
    assert people.add(Author(address="192.0.2.8"), apple).state == "applied"
    assert Proposal.objects.count() == 5
    assert limiter.limiter.used("192.0.2.7") == 0, "an address is never a name"


def test_lines_and_areas_wait(apple):
    garden = people.layer("gardens")
    outcome = people.send(
        "create",
        people.trusted(),
        layer=garden,
        geometry=make.area(11.01, 53.01, 11.02, 53.02),
        values={"name": "Garden", "kind": garden.model._meta.get_field("kind").choices[0][0]},
    )
    assert state(outcome) == ("held", "geometry")


def test_the_blocked_are_refused(apple):
    from django.utils import timezone

    author = people.known()
    until = timezone.now() + timezone.timedelta(days=1)
    block(contributor=author.contributor.pk, until=until, reviewer=people.reviewer(), reason="spam")
    author = Author(contributor=Contributor.objects.get(pk=author.contributor.pk))
    with pytest.raises(Blocked, match="spam"):
        people.add(author, apple)
    assert Proposal.objects.count() == 0


# Twice the same


def test_the_same_body_again_gets_the_stored_answer(tree, apple):
    name = uuid.uuid4()
    for given in (
        {"action": "create", "geometry": people.point(), "values": {"species": apple}},
        {"action": "change", "feature": tree.id, "values": {"note": "new"}},
        {"action": "report", "feature": tree.id, "kind": "gone"},
    ):
        name = uuid.uuid4()
        action = given.pop("action")
        first = people.send(action, people.trusted(), id=name, **given)
        again = people.send(action, people.trusted(), id=name, **given)
        assert (again.repeated, again.proposal.id, again.state) == (True, name, first.state)
        with pytest.raises(OtherBody):
            people.send(action, people.trusted(), id=name, **{**given, "reason": "other"})
    tree.refresh_from_db()
    assert tree.version == 2
    assert Proposal.objects.count() == 3


def test_what_was_refused_may_be_sent_again_with_its_id(apple):
    name = uuid.uuid4()
    with pytest.raises(ValidationError):
        people.add(ANYBODY, apple, id=name, values={"height_m": -1})
    assert people.add(ANYBODY, apple, id=name).state == "applied"


# Texts


@pytest.mark.parametrize(
    "note", ["a\x00b", "a\x1bb", "abc\u202ecba", "\ufeff", "x" * 2001, "http://a.de http://b.de"]
)
def test_texts_that_hide_or_advertise_are_refused(apple, note):
    with pytest.raises(ValidationError) as refused:
        people.add(people.new(), apple, values={"note": note})
    assert set(refused.value.message_dict) == {"note"}
    assert Proposal.objects.count() == 0


def test_links_of_the_known_are_taken(apple):
    note = "https://a.example\nhttps://b.example"
    assert people.add(people.known(), apple, values={"note": note}).state == "applied"


def test_all_mistakes_at_once(apple):
    with pytest.raises(ValidationError) as refused:
        people.send(
            "create",
            ANYBODY,
            geometry=people.point(),
            values={"species": apple, "height_m": -1, "planted_year": 9, "colour": "red"},
        )
    assert set(refused.value.message_dict) == {"height_m", "planted_year", "colour"}


@pytest.mark.parametrize(
    "given",
    [
        {"action": "change"},
        {"action": "move", "values": {"note": "x"}, "geometry": people.point()},
        {"action": "move"},
        {"action": "delete", "values": {"note": "x"}},
        {"action": "report"},
        {"action": "report", "kind": "ripe"},
        {"action": "confirm", "kind": "gone"},
        {"action": "change", "values": {"note": "x"}, "kind": "gone"},
        {"action": "report", "kind": "gone", "duplicate_of": uuid.uuid4()},
        {"action": "move", "geometry": people.point(0, 0)},
        {"action": "change", "values": {"status": "confirmed"}},
        {"action": "change", "values": {"species": "Malus domestica"}},
        {"action": "change", "values": {"own_fruit_from": 8.3, "own_fruit_to": 9.0}},
        {"action": "move", "geometry": make.area(*make.WEST_BOX)},
    ],
)
def test_what_makes_no_sense_is_refused_without_a_trace(tree, given):
    with pytest.raises(ValidationError):
        people.send(given.pop("action"), people.reviewer(), feature=tree.id, **given)
    tree.refresh_from_db()
    assert (Proposal.objects.count(), tree.version) == (0, 1)


def test_layers_that_nobody_edits(apple):
    quarters = people.layer("quarters")
    with pytest.raises(ValidationError):
        people.send("report", ANYBODY, layer=quarters, feature=uuid.uuid4(), kind="other")


def test_a_plain_edit_is_few_statements(tree, tmp_path):
    """One looks and locks, one writes both feature and proposal; the rest says who it is.

    Counted from what libpq sends: within a test's transaction the names are asked for and put back besides.
    """
    author = people.reviewer()
    people.send("change", author, feature=tree.id, values={"note": "warm"})
    server = connection.connection.pgconn
    with (tmp_path / "trace").open("w+") as told:
        server.trace(told.fileno())
        people.send("change", author, feature=tree.id, base_version=2, values={"note": "new"})
        server.untrace()
        told.seek(0)
        sent = [
            line for line in told if "\tF\t" in line and ("\tQuery\t" in line or "\tBind\t" in line)
        ]
    naming = [line for line in sent if "_config" in line or "current_setting" in line]
    assert len(naming) == 3
    savepoints = [line for line in sent if "SAVEPOINT" in line]
    assert len(sent) - len(naming) - len(savepoints) == 2, sent
