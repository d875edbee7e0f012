"""An edit that rests on what was looked at without a lock: whoever comes in between is never overwritten unseen."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import DataError, connection, transaction

from geoplatform.contributions import looking, rows, submit
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import Author, OtherBody
from geoplatform.query.select import feature
from layers.plants import Plant
from layers.quarters import Quarter
from tests import make
from tests.contributions import people


@pytest.fixture
def tree(fresh_database):
    make.town()
    tree = make.plant(species=make.species(), note="old", height_m=4.0)
    make.licensing(tree)
    return tree


@pytest.fixture
def locked(monkeypatch):
    """How often a feature was looked at with a lock."""
    looks = []
    look = looking.look_at_feature

    def noted(*given, **more):
        looks.append(more.get("lock", True))
        return look(*given, **more)

    monkeypatch.setattr(looking, "look_at_feature", noted)
    return lambda: looks.count(True)


def another_session():
    """Of the web role, in a transaction until it commits."""
    parameters = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    names = ("host", "port", "user", "password", "dbname", "options", "cursor_factory")
    return psycopg.connect(**{name: parameters[name] for name in names if name in parameters})


def until_somebody_waits(what):
    """For a lock of this kind."""
    for _each in range(600):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = %s"
                " AND coalesce(database = (SELECT oid FROM pg_database WHERE datname = current_database()), true)",
                [what],
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError(f"nobody waits for {what}")


def between(monkeypatch, *changes):
    """Have somebody else change the tree after it was looked at, before it is written."""
    write, waiting = rows.change_at_once, list(changes)

    def late(*given, **more):
        while waiting:
            waiting.pop(0)()
        return write(*given, **more)

    monkeypatch.setattr(rows, "change_at_once", late)


def actors():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.actor, c.channel, c.reason FROM history_changeset c"
            " JOIN layers_plant p ON p.changeset = c.id"
        )
        return cursor.fetchall()


def test_it_needs_no_lock_and_says_who_did_it(tree, locked):
    staff = people.reviewer()
    found = people.send(
        "change", staff, feature=tree.id, values={"note": "new"}, reason="seen today"
    )
    assert (found.state, found.version, found.proposal.base_version) == ("applied", 2, 1)
    assert found.text is None  # nobody asked for it
    assert locked() == 0
    assert actors() == [(staff.actor, "test", "seen today")]
    # What was said about who writes ended with the statement.
    Plant.objects.filter(pk=tree.pk).update(note="by nobody in particular")
    assert [actor for actor, *_rest in actors()] == ["database:geoplatform_web"]


def test_its_text_comes_along_where_it_is_asked_for(tree, locked):
    found = people.send(
        "change", people.reviewer(), feature=tree.id, values={"note": "new"}, told=True
    )
    assert found.text == feature(people.layer(), tree.id)
    assert b'"note":"new"' in found.text
    assert locked() == 0


def while_another_holds(what, statement, parameters, **given):
    """What comes of a change that waits, for a lock of this kind, until another session's statement is committed."""
    staff = people.reviewer()

    def edit():
        try:
            return people.send("change", staff, **given)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool, another_session() as other:
        other.execute(statement, parameters)
        mine = pool.submit(edit)
        until_somebody_waits(what)
        other.commit()
        return mine.result(timeout=60)


def test_somebody_else_has_the_row_and_has_changed_it(tree, locked):
    """The write waits for the row, and finds it changed once it has it."""
    statement = "UPDATE layers_plant SET note = 'theirs' WHERE id = %s"
    wish = {"base_version": 1, "values": {"note": "mine"}}
    found = while_another_holds("transactionid", statement, [tree.id], feature=tree.id, **wish)
    assert found.state == "conflict"
    assert locked() == 1
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("theirs", 2)


def test_the_feature_came_to_another_town_meanwhile(tree, locked, monkeypatch):
    """Where a feature lies changes without a version; whoever may not decide there does not."""
    home, other = tree.municipality_id, make.municipality("13004001")
    author = Author(contributor=people.key(), reviews=lambda layer, town: town == home)
    between(monkeypatch, lambda: Quarter.objects.filter(key="a").update(municipality=other))
    found = people.send("change", author, feature=tree.id, values={"note": "mine"})
    tree.refresh_from_db()
    assert (tree.municipality_id, tree.version, tree.note) == (other.pk, 1, "old")
    assert (found.state, locked()) == ("open", 1)


def test_a_border_that_is_being_moved_is_waited_for_with_a_lock(tree, locked):
    """By then the municipality may be another one, and the answer would not see its name."""
    statement = "UPDATE layers_quarter SET name = name || ' (neu)'"
    wish = {"values": {"note": "mine"}, "told": True}
    found = while_another_holds("advisory", statement, None, feature=tree.id, **wish)
    assert (found.state, locked()) == ("applied", 1)
    assert found.text is None
    assert b"(neu)" in feature(people.layer(), tree.id)


def test_another_field_was_changed_meanwhile_both_survive(tree, locked, monkeypatch):
    staff = people.reviewer()
    between(monkeypatch, lambda: Plant.objects.filter(pk=tree.pk).update(height_m=9.0))
    found = people.send("change", staff, feature=tree.id, base_version=1, values={"note": "new"})
    assert (found.state, found.version, found.proposal.base_version) == ("applied", 3, 1)
    assert locked() == 1
    tree.refresh_from_db()
    assert (tree.note, tree.height_m) == ("new", 9.0)


def test_the_same_field_was_changed_meanwhile_it_is_a_conflict(tree, locked, monkeypatch):
    staff = people.reviewer()
    between(monkeypatch, lambda: Plant.objects.filter(pk=tree.pk).update(note="theirs"))
    found = people.send("change", staff, feature=tree.id, base_version=1, values={"note": "mine"})
    assert found.state == "conflict"
    assert locked() == 1
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("theirs", 2)


def test_who_says_no_version_starts_from_what_is_there_when_it_is_written(tree, monkeypatch):
    between(monkeypatch, lambda: Plant.objects.filter(pk=tree.pk).update(note="theirs"))
    found = people.send("change", people.reviewer(), feature=tree.id, values={"note": "mine"})
    assert (found.state, found.version, found.proposal.base_version) == ("applied", 3, 2)
    assert Proposal.objects.get().base_version == 2


def test_it_was_deleted_meanwhile(tree, locked, monkeypatch):
    between(monkeypatch, lambda: Plant.objects.filter(pk=tree.pk).delete())
    found = people.send("change", people.reviewer(), feature=tree.id, values={"note": "mine"})
    assert found.state == "conflict"
    assert locked() == 1
    assert not Plant.objects.exists()


def test_the_same_came_meanwhile_it_is_done_once(tree, monkeypatch):
    staff, key = people.reviewer(), uuid.uuid4()

    def again():
        return people.send("change", staff, id=key, feature=tree.id, values={"note": "new"})

    first = []
    between(monkeypatch, lambda: first.append(again()))
    found = again()
    assert first[0].version == 2
    assert found.repeated
    assert Proposal.objects.count() == 1
    with pytest.raises(OtherBody):
        people.send("change", staff, id=key, feature=tree.id, values={"note": "other"})


def test_what_was_seen_with_the_author_is_checked_when_it_is_written(tree, locked):
    staff = people.reviewer()
    seen = looking.look_at_feature(people.layer(), feature=tree.id, lock=False)
    Plant.objects.filter(pk=tree.pk).update(note="theirs")
    found = people.send(
        "change", staff, feature=tree.id, base_version=1, values={"note": "mine"}, seen=seen
    )
    assert found.state == "conflict"
    assert locked() == 1


@pytest.mark.parametrize("who", [people.new, people.known])
def test_what_waits_is_looked_at_with_a_lock(tree, locked, who):
    found = people.send("change", who(), feature=tree.id, values={"note": "mine"})
    assert found.state == "open"
    assert locked() == 1
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("old", 1)


def test_within_a_transaction_it_is_part_of_it(tree, locked):
    with transaction.atomic():
        found = people.send("change", people.reviewer(), feature=tree.id, values={"note": "new"})
        assert found.state == "applied"
        assert locked() == 1
        transaction.set_rollback(True)
    tree.refresh_from_db()
    assert tree.note == "old"
    assert not Proposal.objects.exists()


def test_what_the_database_refuses_leaves_nothing(tree, monkeypatch):
    """The statement is the transaction: no row is half written."""
    fingerprint = "x" * 65  # one more than the column takes
    monkeypatch.setattr(submit, "fingerprint", lambda proposal: fingerprint)
    with pytest.raises(DataError):
        people.send("change", people.reviewer(), feature=tree.id, values={"note": "mine"})
    tree.refresh_from_db()
    assert (tree.note, tree.version) == ("old", 1)
    assert not Proposal.objects.exists()
