"""Personal data go from old texts; versions stay, everything else of them too, and each time is written down."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from geoplatform.catalog import registry
from geoplatform.contributions.redaction import RedactionError, redact, redact_reason
from geoplatform.contributions.undo import undo_changesets
from geoplatform.database.redaction import MARKER
from geoplatform.history.models import Changeset, Redaction
from geoplatform.history.services import changeset
from layers.plants import Plant
from tests import make

ME = {"actor": "user:1", "channel": "test", "reason": "on request"}
FRUIT = registry.get("fruit-trees")
PHONE = "Call Jane, 0385 123456"


@pytest.fixture
def tree(db):
    make.town()
    made = make.plant(species=make.species(), note="old")
    with changeset(actor="key:7", channel="test", reason="I am Jane"):
        Plant.objects.filter(id=made.id).update(note=PHONE, cultivar="Boskoop")
    Plant.objects.filter(id=made.id).update(height_m=4.0)
    return made


def closed():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, note, cultivar, height_m FROM history.layers_plant ORDER BY version"
        )
        return cursor.fetchall()  # fmt: skip


def test_the_text_goes_and_the_versions_stay(tree):
    found = redact(layer=FRUIT, id=tree.id, fields=["note"], versions=[2, 3], **ME)
    assert (found.versions, found.current) == ((2, 3), True)
    assert closed() == [
        (1, "old", "", None),
        (2, MARKER, "Boskoop", None),
        (3, MARKER, "Boskoop", 4.0),
    ]
    stands = Plant.objects.get()
    assert (stands.note, stands.version) == ("", 4), "what stands is edited like anything else"
    logged = Redaction.objects.order_by("id")
    assert [(each.version, each.columns) for each in logged] == [(2, ["note"]), (3, ["note"])]
    assert {each.changeset.actor for each in logged} == {"user:1"}
    assert {each.feature for each in logged} == {tree.id}


def test_as_of_shows_the_marker(tree):
    with connection.cursor() as cursor:
        cursor.execute("SELECT valid_from FROM history.layers_plant WHERE version = 2")
        then = cursor.fetchone()[0]
    redact(layer=FRUIT, id=tree.id, fields=["note"], **ME)
    at = then.isoformat().replace("+00:00", "Z")
    text = Client().get(f"/api/collections/fruit-trees/items/{tree.id}", {"datetime": at}).content
    assert json.loads(text)["properties"]["note"] == MARKER


def test_again_is_nothing(tree):
    redact(layer=FRUIT, id=tree.id, fields=["note"], **ME)
    found = redact(layer=FRUIT, id=tree.id, fields=["note"], **ME)
    assert (found.versions, found.current) == ((), False)


def test_a_reason_of_a_changeset(tree):
    spoken = Changeset.objects.get(reason="I am Jane")
    assert redact_reason(changeset_id=spoken.id, **ME)
    spoken.refresh_from_db()
    assert (spoken.reason, spoken.actor) == (MARKER, "key:7")
    assert not redact_reason(changeset_id=spoken.id, **ME)
    assert Redaction.objects.get().columns == ["reason"]


def test_undo_brings_no_marker_back(tree):
    with changeset(actor="vandal", channel="test"):
        Plant.objects.filter(id=tree.id).delete()
    bad = Changeset.objects.latest("id").id
    redact(layer=FRUIT, id=tree.id, fields=["note"], **ME)
    undo_changesets(ids=[bad], actor="user:1", channel="test")
    assert Plant.objects.get().note == ""


@pytest.mark.parametrize(
    ("fields", "reason"), [(["status"], "x"), (["location"], "x"), ([], "x"), (["note"], " ")]
)
def test_only_free_text_and_only_with_a_reason(tree, fields, reason):
    with pytest.raises(RedactionError):
        redact(layer=FRUIT, id=tree.id, fields=fields, **{**ME, "reason": reason})
    assert Redaction.objects.count() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT geoplatform.redact('layers_plant', %(id)s, 2, ARRAY['status'])",
        "SELECT geoplatform.redact('layers_plant', %(id)s, 4, ARRAY['source_key'])",
        "SELECT geoplatform.redact('layers_plant', %(id)s, 2, ARRAY['licence', 'note'])",
        "SELECT geoplatform.redact('layers_plant', %(id)s, 2, ARRAY['id'])",
        "SELECT geoplatform.redact('layers_plant', %(id)s, 2, ARRAY['note'' = ''x'' --'])",
        "SELECT geoplatform.redact('history_changeset', %(id)s, 2, ARRAY['actor'])",
        "UPDATE history.layers_plant SET note = '[redacted]'",
        "UPDATE history_changeset SET reason = '[redacted]'",
        "INSERT INTO history_redaction (table_name, version, columns, changeset_id) VALUES ('x', 1, '{}', 1)",
    ],
)
def test_the_web_role_can_do_nothing_else(tree, statement):
    Plant.objects.filter(id=tree.id).update(source_key="k")
    Plant.objects.filter(id=tree.id).update(source_key="l")
    before = closed()
    with pytest.raises(DatabaseError), changeset(**ME), connection.cursor() as cursor:
        cursor.execute(statement, {"id": tree.id})
    assert closed() == before


def test_without_a_name_nothing_is_redacted(tree):
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT geoplatform.redact('layers_plant', %s, 2, ARRAY['note'])", [tree.id])


def test_command(tree):
    out = io.StringIO()
    name = f"fruit-trees/{tree.id}"
    call_command("redact", name, "--field", "note", "--reason", "on request", stdout=out)
    assert [row[1] for row in closed()] == [MARKER] * 3
    with pytest.raises(CommandError, match="season"):
        call_command("redact", name, "--field", "season", "--reason", "x", stdout=out)
    with pytest.raises(CommandError):
        call_command("redact", "--reason", "x", stdout=out)


def test_other_roles_have_no_right_to_the_function(fresh_database):
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc, aclexplode(proacl) a WHERE pronamespace = 'geoplatform'::regnamespace"
            " AND proname LIKE 'redact%%' AND a.grantee = 0"
        )
        assert cursor.fetchall() in ([], [("redaction_has_a_reason",)])
