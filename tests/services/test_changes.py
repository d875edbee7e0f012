"""What `/changes` tells is what was committed since, each edit once, whatever the order of transactions."""

from __future__ import annotations

import json

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.query import changes as asked
from layers.plants import Plant
from layers.species import Species
from tests import make
from tests.contracts import samples
from tests.history.test_races import INSERT, session


def get(since=None, status=200, **headers):
    parameters = {} if since is None else {"since": since}
    response = Client().get("/changes", parameters, headers=headers)
    assert response.status_code == status, response.content
    return response


def poll(since=None):
    """The new cursor, and boxes by layer."""
    body = get(since).json()
    return body["cursor"], {each["layer"]: each["boxes"] for each in body["changed"]}


def ask(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


@pytest.fixture
def tree(fresh_database):
    return make.plant(11.05, 53.05, species=make.species())


def test_without_a_cursor_it_gives_one(tree):
    cursor, changed = poll()
    assert (changed, poll(cursor)) == ({}, (cursor, {}))


def test_an_edit_is_told_once_with_its_box_for_each_layer_of_its_table(tree):
    cursor, _ = poll()
    Plant.objects.filter(pk=tree.pk).update(note="new")
    after, changed = poll(cursor)
    assert changed == {name: [[11.05, 53.05, 11.05, 53.05]] for name in ("trees", "fruit-trees")}
    assert poll(after) == (after, {})
    assert poll(cursor)[1] == changed, "whoever has not asked yet is told too"


def test_a_move_is_told_where_it_was_and_where_it_is(tree):
    cursor, _ = poll()
    Plant.objects.filter(pk=tree.pk).update(location=Point(11.15, 53.06, srid=4326))
    boxes = poll(cursor)[1]["trees"]
    assert boxes == [[11.05, 53.05, 11.05, 53.05], [11.15, 53.06, 11.15, 53.06]]


def test_what_is_taken_back_or_changes_nothing_is_not_told(tree):
    cursor, _ = poll()
    with session() as other:
        other.execute("UPDATE layers_plant SET note = 'no'")
        other.rollback()
    Plant.objects.filter(pk=tree.pk).update(note=tree.note)
    assert poll(cursor) == (cursor, {})


def test_an_older_transaction_that_commits_later_is_told_then(tree):
    """The highest number seen would have hidden it: it has a lower one than what was told before."""
    species = tree.species_id
    cursor, _ = poll()
    with session() as slow, session() as quick:
        slow.execute(INSERT, [species, 11.01])
        quick.execute(INSERT, [species, 11.02])
        quick.commit()
        after_quick, changed = poll(cursor)
        assert changed["trees"] == [[11.02, 53.05, 11.02, 53.05]]
        assert poll(after_quick) == (after_quick, {})
        slow.commit()
    after_both, changed = poll(after_quick)
    assert changed["trees"] == [[11.01, 53.05, 11.01, 53.05]]
    assert poll(after_both) == (after_both, {})
    both = sorted(poll(cursor)[1]["trees"])
    assert both == [[11.01, 53.05, 11.01, 53.05], [11.02, 53.05, 11.02, 53.05]]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["write", "end", "poll"])), max_size=25
    )
)
def test_every_commit_is_told_once_however_transactions_and_polls_interleave(tree, steps):
    cursor, _ = poll()
    told, committed, number = [], [], 0
    with session() as one, session() as two, session() as three:
        sessions, pending = (one, two, three), {0: [], 1: [], 2: []}
        for who, what in steps:
            if what == "write":
                number += 1
                longitude = 11.01 + number / 1000
                sessions[who].execute(INSERT, [tree.species_id, longitude])
                pending[who].append(longitude)
            elif what == "end":
                # The third one takes back what it wrote.
                sessions[who].rollback() if who == 2 else sessions[who].commit()
                committed += [] if who == 2 else pending[who]
                pending[who] = []
            else:
                cursor, changed = poll(cursor)
                told += [west for west, *_rest in changed.get("trees", [])]
                assert sorted(told) == sorted(committed)
        for each in sessions:
            each.rollback()


def test_names_that_a_layer_shows_change_it_everywhere(tree):
    cursor, _ = poll()
    Species.objects.update(german_name="Holzapfel")
    changed = poll(cursor)[1]
    assert changed["trees"] is changed["fruit-trees"] is changed["species"] is None


def test_more_boxes_than_the_cap_are_everywhere(tree):
    cursor, _ = poll()
    for n in range(asked.MOST_BOXES + 1):
        Plant.objects.filter(pk=tree.pk).update(location=Point(11.01 + n / 1000, 53.05, srid=4326))
    assert poll(cursor)[1]["trees"] is None
    assert len(get(cursor).content) < 500


def test_an_import_is_told_in_one_short_answer(tree):
    cursor, _ = poll()
    with session() as other:
        other.execute(
            INSERT.replace("LIMIT 1", "CROSS JOIN generate_series(1, 5000) n").replace(
                "%s, 53.05", "%s + n / 50000.0, 53.0 + (n %% 100) / 1000.0"
            ),
            [tree.species_id, 11.0],
        )
    assert poll(cursor)[1]["trees"] is None


def test_unchanged_is_a_304(tree):
    cursor, _ = poll()
    response = get(cursor, 304, **{"If-None-Match": f'"{cursor}"'})
    assert (response.content, response.headers["ETag"]) == (b"", f'W/"{cursor}"')
    Plant.objects.filter(pk=tree.pk).update(note="new")
    assert get(cursor, 200, **{"If-None-Match": f'W/"{cursor}"'}).headers["ETag"] != f'W/"{cursor}"'


def test_what_the_log_cannot_tell_is_everything(tree):
    everything = {layer.name: None for layer in registry.layers()}
    cursor, _ = poll()
    generation, seen = cursor.split(".")
    # Of a server, or a copy of the data, that was further on than this one.
    ahead = f"{10**15}:{10**15}:"
    for other in (f"{int(generation) + 1}.{seen}", f"0.{seen}", f"{generation}.{ahead}"):
        fresh, changed = poll(other)
        assert changed == everything
        assert poll(fresh) == (fresh, {})
    for _mark in range(3):
        ask("SELECT geoplatform.prune_edits(2)")
    assert poll(cursor)[1] == everything


def test_a_quiet_cursor_is_renewed_before_the_log_forgets_it(tree):
    cursor, _ = poll()
    for _mark in range(asked.OLD + 1):
        ask("SELECT geoplatform.prune_edits()")
    renewed, changed = poll(cursor)
    assert changed == {}
    assert int(renewed.split(".")[0]) > int(cursor.split(".")[0])
    assert poll(renewed) == (renewed, {})


def test_asking_makes_marks_but_one_a_minute_at_most(tree):
    """Where nobody asks for tiles, nothing else would keep the log short."""
    newest = "SELECT max(generation) FROM geoplatform.edit_mark"
    get()
    made = ask(newest)
    get()
    assert ask(newest) == made != [(None,)]
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE geoplatform.edit_mark SET made = made - interval '2 minutes'")
    get()
    assert ask(newest) > made


@pytest.mark.parametrize("layer", registry.layers(), ids=lambda layer: layer.name)
def test_every_layer_tells(fresh_database, layer):
    make.town()
    made = samples.feature(layer)
    cursor, _ = poll()
    type(made).objects.filter(pk=made.pk).update(status="unconfirmed")
    boxes = poll(cursor)[1][layer.name]
    if layer.geometry:
        west, south, east, north = getattr(made, layer.geometry).extent
        box = boxes[0]
        assert box[0] <= west + 1e-5
        assert box[1] <= south + 1e-5
        assert box[2] >= east - 1e-5
        assert box[3] >= north - 1e-5
    else:
        assert boxes is None


BAD = [
    "",
    "0",
    "now",
    "2026-01-01T00:00:00Z",
    "1.",
    "1.10:20",
    "1.20:10:",
    "1.0:0:",
    "1.1:1:x",
    "-1.10:10:",
    "1.10:12:11,11",
    "1.10:12:13",
    "1.10:12:,",
    "1.99999999999999999999:99999999999999999999:",
    "٣.10:10:",
    "1.10:10:'; DROP TABLE geoplatform.edit; --",
    "9" * 5000,
    "1." + "1:" * 3000,
    "\x00",
]


@pytest.mark.django_db
@pytest.mark.parametrize("since", BAD)
def test_what_is_no_cursor_is_refused(since):
    problem = json.loads(get(since, 400).content)
    assert problem["errors"][0]["field"] == "since"
    assert "Traceback" not in problem["detail"]


@pytest.mark.django_db
@settings(max_examples=200, deadline=None)
@given(since=st.from_regex(r"[0-9]{0,3}\.?[0-9:,]{0,12}", fullmatch=True))
def test_no_text_brings_it_down(since):
    response = Client().get("/changes", {"since": since})
    assert response.status_code in (200, 400)


@pytest.mark.django_db
def test_unknown_parameters_and_methods_are_refused():
    assert Client().get("/changes", {"sinse": "1"}).status_code == 400
    assert Client().post("/changes").status_code == 405
    assert Client().get("/changes/nothing").headers["Content-Type"] == "application/problem+json"


def test_a_forged_cursor_gets_no_more_than_the_cap(tree):
    """It reaches back to the beginning of the cluster: whatever is in the log counts, and is told as everywhere."""
    poll()
    with session() as other:
        for _ in range(asked.MOST_BOXES + 1):
            other.execute("UPDATE layers_plant SET number_of_plants = number_of_plants + 1")
            other.commit()
    generation, _seen = poll()[0].split(".")
    assert poll(f"{generation}.3:3:")[1]["trees"] is None
