"""The capture matrix: whatever road a change takes, exactly the versions due are left, or the road is refused.

A tree stands there at version 1. Each road does one thing to it; the table says which versions are closed then (their
number and whether by a deletion) and which one stands. The audit that follows every test says the rest.
"""

import json
import subprocess

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from geoplatform.database.cluster import Cluster
from geoplatform.pages import guard
from layers.plants import Plant
from tests import make
from tests.conftest import addresses

COLUMNS = "id, source_id, licence, status, cultivar, access, number_of_plants, note, location"
ROW = f"SELECT {COLUMNS} FROM layers_plant WHERE id = %(id)s"
GONE = "WITH gone AS (DELETE FROM layers_plant WHERE id = %(id)s RETURNING *) "

# Statements as the web role: what they do -> (statements, version that stands, closed versions).
# ruff: noqa: E501
SQL = {
    "insert another": ([f"INSERT INTO layers_plant ({COLUMNS}) {ROW.replace('SELECT id', 'SELECT gen_random_uuid()')}"], 1, []),
    "update": (["UPDATE layers_plant SET note = 'new' WHERE id = %(id)s"], 2, [(1, False)]),
    "update of nothing": (["UPDATE layers_plant SET note = note, cultivar = '' WHERE id = %(id)s"], 1, []),
    "update of what the database keeps": (
        ["UPDATE layers_plant SET version = 9, changed = now(), created = now(), changeset = 0, quarter_id = NULL"
         " WHERE id = %(id)s"], 1, []),
    "update to and fro": (
        ["UPDATE layers_plant SET note = 'new' WHERE id = %(id)s", "UPDATE layers_plant SET note = '' WHERE id = %(id)s"],
        3, [(1, False), (2, False)]),
    "update of a geometry": (
        ["UPDATE layers_plant SET location = ST_Translate(location, 0.00000001, 0) WHERE id = %(id)s"], 2, [(1, False)]),
    "update from another table": (
        ["UPDATE layers_plant p SET note = s.name FROM catalog_source s WHERE s.id = p.source_id AND p.id = %(id)s"],
        2, [(1, False)]),
    "upsert that updates": (
        [f"INSERT INTO layers_plant ({COLUMNS}) {ROW} ON CONFLICT (id) DO UPDATE SET note = 'new'"], 2, [(1, False)]),
    "upsert that changes nothing": (
        [f"INSERT INTO layers_plant ({COLUMNS}) {ROW} ON CONFLICT (id) DO UPDATE SET note = excluded.note"], 1, []),
    "upsert that does nothing": ([f"INSERT INTO layers_plant ({COLUMNS}) {ROW} ON CONFLICT DO NOTHING"], 1, []),
    "merge that updates": (
        ["MERGE INTO layers_plant p USING (SELECT %(id)s::uuid AS id) s ON p.id = s.id"
         " WHEN MATCHED THEN UPDATE SET note = 'new'"], 2, [(1, False)]),
    "merge that deletes": (
        ["MERGE INTO layers_plant p USING (SELECT %(id)s::uuid AS id) s ON p.id = s.id WHEN MATCHED THEN DELETE"],
        None, [(1, True)]),
    "merge that inserts": (
        ["CREATE TEMP TABLE here ON COMMIT DROP AS SELECT * FROM layers_plant WHERE id = %(id)s",
         "DELETE FROM layers_plant WHERE id = %(id)s",
         f"MERGE INTO layers_plant p USING here h ON p.id = h.id WHEN NOT MATCHED THEN INSERT ({COLUMNS})"
         f" VALUES ({', '.join('h.' + each.strip() for each in COLUMNS.split(','))})"], 2, [(1, True)]),
    "update in a CTE": (
        ["WITH c AS (UPDATE layers_plant SET note = 'new' WHERE id = %(id)s RETURNING 1) SELECT * FROM c"], 2, [(1, False)]),
    "delete in a CTE": ([GONE + "SELECT * FROM gone"], None, [(1, True)]),
    "delete": (["DELETE FROM layers_plant WHERE id = %(id)s"], None, [(1, True)]),
    "delete and insert in one statement": (
        # The row goes only after the insert has looked for it: the id is still taken.
        [GONE + f"INSERT INTO layers_plant ({COLUMNS}) SELECT {COLUMNS} FROM gone"], "refused", []),
    "delete and insert": (
        ["CREATE TEMP TABLE here ON COMMIT DROP AS SELECT * FROM layers_plant WHERE id = %(id)s",
         "DELETE FROM layers_plant WHERE id = %(id)s", f"INSERT INTO layers_plant ({COLUMNS}) SELECT {COLUMNS} FROM here"],
        2, [(1, True)]),
    "through a view": (
        ["CREATE TEMP VIEW seen AS SELECT id, note FROM layers_plant", "UPDATE seen SET note = 'new' WHERE id = %(id)s"],
        2, [(1, False)]),
    "in a function": (
        ["CREATE FUNCTION pg_temp.change(it uuid) RETURNS void LANGUAGE sql AS"
         " 'UPDATE layers_plant SET note = ''new'' WHERE id = it'", "SELECT pg_temp.change(%(id)s)"], 2, [(1, False)]),
    "another id": (["UPDATE layers_plant SET id = gen_random_uuid() WHERE id = %(id)s"], "refused", []),
    "another number": (["UPDATE layers_plant SET fid = -1 WHERE id = %(id)s"], "refused", []),
    "truncate": (["TRUNCATE layers_plant CASCADE"], "refused", []),
    "triggers put away": (["ALTER TABLE layers_plant DISABLE TRIGGER ALL"], "refused", []),
    "a column changed": (["ALTER TABLE layers_plant ALTER note TYPE text USING 'new'"], "refused", []),
    "a column dropped": (["ALTER TABLE layers_plant DROP note"], "refused", []),
    "a rule": (["CREATE RULE quiet AS ON UPDATE TO layers_plant DO INSTEAD NOTHING"], "refused", []),
    "a trigger dropped": (["DROP TRIGGER keep_update ON layers_plant"], "refused", []),
    "a trigger of one's own": (
        ["CREATE FUNCTION pg_temp.back() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
         "CREATE TRIGGER zzz BEFORE UPDATE ON layers_plant FOR EACH ROW EXECUTE FUNCTION pg_temp.back()"], "refused", []),
    "a function replaced": (
        ["CREATE OR REPLACE FUNCTION geoplatform.archive_layers_plant() RETURNS trigger LANGUAGE plpgsql AS"
         " 'BEGIN RETURN NULL; END'"], "refused", []),
    "replica role": (["SET session_replication_role = replica"], "refused", []),
    "owner's role": (["SET ROLE geoplatform_owner"], "refused", []),
    "history deleted": (["DELETE FROM history.layers_plant"], "refused", []),
    "history rewritten": (["UPDATE history.layers_plant SET note = 'new'"], "refused", []),
    "history added": (["INSERT INTO history.layers_plant SELECT * FROM history.layers_plant"], "refused", []),
    "history truncated": (["TRUNCATE history.layers_plant"], "refused", []),
    "changeset rewritten": (["UPDATE history_changeset SET actor = 'somebody else'"], "refused", []),
    "changeset deleted": (["DELETE FROM history_changeset"], "refused", []),
    "changeset forged": (
        ["INSERT INTO history_changeset (actor, reason, channel, transaction, at) VALUES ('x', '', '', 1, now())"],
        "refused", []),
    "redaction deleted": (["DELETE FROM history_redaction"], "refused", []),
    "history forged by its own trigger": (
        ["CREATE TEMP TABLE forged AS SELECT * FROM layers_plant",
         "CREATE TRIGGER forge AFTER DELETE ON forged FOR EACH ROW EXECUTE FUNCTION geoplatform.archive_layers_plant()"],
        "refused", []),
    "staged rows claimed": (
        ["SELECT set_config('geoplatform.staged', 'layers_plant', true)",
         "UPDATE layers_plant SET note = 'new' WHERE id = %(id)s",
         "DELETE FROM layers_plant WHERE id = %(id)s",
         f"INSERT INTO layers_plant ({COLUMNS}) SELECT {COLUMNS} FROM history.layers_plant WHERE id = %(id)s AND version = 2"],
        3, [(1, False), (2, True)]),
}  # fmt: skip


def versions(id):
    """The version that stands, None where none does, and the closed ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM layers_plant WHERE id = %s", [id])
        stands = cursor.fetchone()
        cursor.execute(
            "SELECT version, deleted FROM history.layers_plant WHERE id = %s ORDER BY 1", [id]
        )
        return stands and stands[0], cursor.fetchall()


def run(statements, tree):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"id": tree.id})


@pytest.mark.django_db
@pytest.mark.parametrize("road", SQL)
def test_sql_as_the_web_role(road):
    statements, stands, closed = SQL[road]
    tree = make.plant()
    if stands == "refused":
        with pytest.raises(DatabaseError), transaction.atomic():
            run(statements, tree)
        stands = 1
    else:
        run(statements, tree)
    assert versions(tree.id) == (stands, closed)


def copy(tree):
    """A whole new tree, and the version that its file claims does not count."""
    Plant.objects.filter(id=tree.id).delete()
    names = f"{COLUMNS}, version, changeset, fid, created"
    row = [
        tree.id,
        tree.source_id,
        "cc-zero",
        "confirmed",
        "",
        "",
        1,
        "copied",
        "SRID=4326;POINT(11 53)",
    ]
    with (
        psycopg.Cursor(connection.connection) as cursor,
        cursor.copy(f"COPY layers_plant ({names}) FROM STDIN") as into,
    ):
        into.write_row([*row, 77, 999, 5_000_000, "1999-01-01"])
    again = Plant.objects.get(id=tree.id)
    assert (again.fid, again.created) == (tree.fid, tree.created), "the same feature as before"


def admin(tree, address, **fields):
    staff = User.objects.create_superuser("staff", password="staff")
    client = Client()
    client.force_login(staff)
    page = client.get(f"/admin/layers/plant/{tree.id}/change/")
    values = {
        name: value
        for name, value in page.context["adminform"].form.initial.items()
        if value is not None
    }
    values = {name: value for name, value in values.items() if not name.startswith("own_")}
    answer = client.post(
        f"/admin/layers/plant/{address}",
        {**values, "location": tree.location.wkt, "species": "", **fields},
    )
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def load(tree, tmp_path, times=1, note="new"):
    """A file that knows the tree by the key of its source."""
    mapping = tmp_path / "trees.toml"
    mapping.write_text(
        'key = ["id"]\n[source]\nname = "cadastre"\ntitle = "C"\nlicence = "cc-zero"\n'
        '[municipality]\nags = "13004000"\nname = "Town"\nmetric_srid = 25833\n'
        '[file]\nx = "lon"\ny = "lat"\n[fields]\nnote = "note"\nown_growth_form = { constant = "tree" }\n'
    )
    file = tmp_path / "trees.csv"
    file.write_text(f"id,note,lon,lat\n7,{note},11.05,53.05\n")
    for _time in range(times):
        call_command("load", "trees", str(file), "--mapping", str(mapping), verbosity=0)


def imported(tmp_path):
    """The tree that `load` has made, at version 1."""
    make.town()
    load(None, tmp_path)
    return Plant.objects.get(source_key="7")


@pytest.mark.django_db
def test_copy():
    tree = make.plant()
    copy(tree)
    assert versions(tree.id) == (2, [(1, True)])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "fields", "left"),
    [
        ("{id}/change/", {"note": "new"}, (2, [(1, False)])),
        ("{id}/change/", {}, (1, [])),
        ("{id}/delete/", {"post": "yes"}, (None, [(1, True)])),
        (
            "",
            {"action": "delete_selected", "_selected_action": "{id}", "post": "yes"},
            (None, [(1, True)]),
        ),
    ],
    ids=["change", "unchanged", "delete", "delete many"],
)
def test_admin(address, fields, left):
    tree = make.plant()
    given = {name: value.format(id=tree.id) for name, value in fields.items()}
    admin(tree, address.format(id=tree.id), **given)
    assert versions(tree.id) == left


@pytest.mark.django_db
def test_api():
    make.town()
    make.species()
    body = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [11.05, 53.05]},
        "properties": {"species": "Malus domestica"},
    }
    made = Client().post(
        "/api/collections/fruit-trees/items", json.dumps(body), content_type="application/geo+json"
    )
    assert made.status_code == 201, made.content
    assert versions(json.loads(made.content)["id"]) == (1, [])


@pytest.mark.django_db
def test_form_of_the_map():
    make.town()
    make.species()
    fields = {
        "token": guard.token("fruit-trees"),
        "species": "Apfel",
        "latitude": "53.05",
        "longitude": "11.05",
    }
    made = Client().post("/fruit-trees/new", fields, headers={"Sec-Fetch-Site": "same-origin"})
    assert made.status_code == 303
    assert versions(Plant.objects.get().id) == (1, [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("note", "times", "left"),
    [("other", 2, (2, [(1, False)])), ("new", 2, (1, []))],
    ids=["changed", "unchanged"],
)
def test_import(tmp_path, note, times, left):
    tree = imported(tmp_path)
    assert versions(tree.id) == (1, [])
    load(tree, tmp_path, times, note)
    assert versions(tree.id) == left


# Roads from outside: other sessions, other roles. They commit, each in a database of its own.


def test_psql_as_the_web_role(fresh_database):
    tree = make.plant()
    url = addresses(fresh_database.name)["DATABASE_URL"].replace("postgis://", "postgresql://")
    statement = f"UPDATE layers_plant SET note = 'by hand' WHERE id = '{tree.id}'"
    psql = ["psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--dbname", url]
    if settings_are_private():
        psql = [*Cluster.default().psql("geoplatform_web", fresh_database.name), "--no-psqlrc"]
    subprocess.run([*psql, "-c", statement], check=True, capture_output=True)
    assert versions(tree.id) == (2, [(1, False)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT actor, channel FROM history_changeset ORDER BY id DESC LIMIT 1")
        assert cursor.fetchone() == ("database:geoplatform_web", "sql"), "nobody goes unnamed"


def test_cascade(fresh_database):
    """A foreign key with ON DELETE CASCADE, which a city may add: the server's own triggers delete."""
    _town, quarter, _other = make.town()
    tree = make.plant()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "ALTER TABLE layers_plant ADD FOREIGN KEY (quarter_id) REFERENCES layers_quarter ON DELETE CASCADE"
        )
    assert tree.quarter_id == quarter.id
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM layers_quarter WHERE id = %s", [quarter.id])
    assert versions(tree.id) == (None, [(1, True)])


@pytest.mark.parametrize("statement", ["TRUNCATE layers_plant CASCADE", "TRUNCATE history.layers_plant",
    "DELETE FROM history.layers_plant", "UPDATE history.layers_plant SET note = 'x'", "DELETE FROM history_changeset",
    "UPDATE history_changeset SET actor = 'x'", "TRUNCATE history_changeset CASCADE", "DELETE FROM history_redaction",
    "UPDATE history_changeset SET reason = '[redacted]', actor = 'x'",
    "UPDATE history.layers_plant SET note = '[redacted]', version = 7"])  # fmt: skip
def test_even_the_owner_rewrites_nothing(fresh_database, statement):
    tree = make.plant(note="old")
    Plant.objects.filter(id=tree.id).update(note="new")
    with pytest.raises(DatabaseError), connections["owner"].cursor() as cursor:
        cursor.execute(statement)
    assert versions(tree.id) == (2, [(1, False)])


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("UPDATE layers_plant SET note = 'new'", (2, [(1, False)])),
        ("UPDATE layers_plant SET note = note", (1, [])),
        ("DELETE FROM layers_plant", (None, [(1, True)])),
        ("TRUNCATE layers_plant CASCADE", None),
    ],
)
def test_replica_role(fresh_database, statement, left):
    """Even a superuser who replays a replication stream: the triggers are ENABLE ALWAYS."""
    if not settings_are_private():
        pytest.skip("only the private cluster has a superuser that tests may use")
    tree = make.plant()
    url = (
        Cluster.default()
        .url("postgres", fresh_database.name)
        .replace("postgis://", "postgresql://")
    )
    with psycopg.connect(url) as session:
        session.execute("SET session_replication_role = replica")
        if left is None:
            with pytest.raises(psycopg.Error):
                session.execute(statement)
            return
        session.execute(statement)
    assert versions(tree.id) == left


def settings_are_private():
    return bool(connections["owner"].settings_dict["PRIVATE_CLUSTER"])
