"""The audit finds each kind of fault: here triggers are put away, and rows are forged one by one."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from geoplatform.history.audit import FAULTS, audit, audit_all, tables, touched
from tests import make

LAST = "id = (SELECT max(id) FROM history_changeset)"
FORGED = {
    "first": "DELETE FROM history.layers_plant WHERE version = 1",
    "gap": "DELETE FROM history.layers_plant WHERE version = 2",
    "time": "UPDATE history.layers_plant SET valid_to = valid_to - interval '1 microsecond' WHERE version = 1",
    "link": "UPDATE history.layers_plant SET closed_by = (SELECT min(id) FROM history_changeset) WHERE version = 2",
    "identity": "UPDATE history.layers_plant SET fid = fid - 1 WHERE version = 1",
    "orphan": "UPDATE history.layers_plant SET deleted = false WHERE version = 4; DELETE FROM layers_plant",
    "current": "UPDATE layers_plant SET version = version + 1",
    "changeset": "UPDATE layers_plant SET changeset = 4711",
    "actor": f"UPDATE history_changeset SET actor = '' WHERE {LAST}",
    "transaction": f"UPDATE history_changeset SET at = at + interval '1 day' WHERE {LAST}",
}


def forge(statement):
    """What only the owner can, on purpose."""
    tables = ("layers_plant", "history.layers_plant", "history_changeset")
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)


@pytest.fixture
def tree(fresh_database):
    """A tree that was changed three times, deleted, and came back."""
    found = make.plant(note="1")
    for text in "234":
        found.note = text
        found.save()
    identity = found.id
    found.delete()
    return make.plant(id=identity, note="5")


def test_nothing_is_wrong_with_what_triggers_keep(tree):
    assert touched() == ["layers_plant"]
    assert list(audit()) == audit_all(tables()) == []


@pytest.mark.breaks_history
@pytest.mark.parametrize("fault", sorted(FORGED))
def test_each_fault_is_found(tree, fault):
    forge(FORGED[fault])
    found = {each.fault: each for each in audit(["layers_plant"])}
    assert fault in found
    assert found[fault].features == 1
    assert found[fault].examples[0][0] == str(tree.id)
    assert {each.fault for each in audit_all(["layers_plant"])} == set(found)


def test_no_fault_goes_without_a_forgery():
    # That a version ends before it begins the table itself refuses.
    assert set(FORGED) | {"period"} == set(FAULTS)


def test_command_says_that_all_is_well(tree):
    out = io.StringIO()
    call_command("audit", stdout=out)
    assert "trees" in out.getvalue()


@pytest.mark.breaks_history
def test_command_ends_with_1_and_says_what_is_wrong(tree):
    forge(FORGED["orphan"])
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", stdout=out)
    assert ended.value.code == 1
    assert str(tree.id) in out.getvalue()


def test_command_knows_the_layers(tree):
    with pytest.raises(CommandError, match="nowhere"):
        call_command("audit", "nowhere", stdout=io.StringIO())
