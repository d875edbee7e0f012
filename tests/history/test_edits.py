"""The edit log tells whether anything in a box has changed since a snapshot: never too little, rarely too much."""

from __future__ import annotations

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.models import Source
from geoplatform.database.edits import CELLS, SINGLY
from geoplatform.history.edits import shown_tables
from layers.plants import Plant
from tests import make
from tests.history.test_races import session

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
INSERT = """INSERT INTO layers_plant
    (id, source_id, licence, status, cultivar, access, number_of_plants, note, location)
    SELECT gen_random_uuid(), s.id, 'cc-zero', 'confirmed', '', '', 1, '', ST_SetSRID(ST_MakePoint(p.x, p.y), 4326)
    FROM catalog_source s, unnest(%s::float8[], %s::float8[]) p (x, y)"""


def ask(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def logged(table="layers_plant"):
    """Boxes in the log as (west, south, east, north), newest last; None for a change without a place."""
    rows = ask(
        "SELECT (box[1])[0], (box[1])[1], (box[0])[0], (box[0])[1] FROM geoplatform.edit"
        " WHERE about = %s::regclass ORDER BY ctid",
        f"public.{table}",
    )
    return [row if row[0] is not None else None for row in rows]


def point(longitude, latitude):
    return (longitude, latitude, longitude, latitude)


@pytest.fixture
def tree(db):
    made = make.plant(11.05, 53.05, species=make.species())
    return made


@pytest.mark.django_db
def test_each_kind_of_edit_is_logged_where_it_shows(tree):
    here, there = point(11.05, 53.05), point(11.06, 53.06)
    assert logged() == [here]
    Plant.objects.filter(pk=tree.pk).update(note="taller")
    assert logged()[1:] == [here]
    Plant.objects.filter(pk=tree.pk).update(location=Point(11.06, 53.06, srid=4326))
    assert logged()[2:] == [here, there], "a tile that it left and a tile that it came to"
    Plant.objects.filter(pk=tree.pk).delete()
    assert logged()[4:] == [there]


@pytest.mark.django_db
def test_what_changes_nothing_is_not_logged(tree):
    before = logged()
    tree.save()
    Plant.objects.filter(note="no such").update(note="x")
    Plant.objects.filter(note="no such").delete()
    tree.species.save()
    assert logged() == before
    assert len(logged("layers_species")) == 1


@pytest.mark.django_db
def test_what_is_derived_is_logged(tree):
    before = logged()
    tree.species.edible = False
    tree.species.save()
    assert logged() == [*before, point(11.05, 53.05)], "a derived column of the tree has changed"
    assert logged("layers_species")[1:] == [None]


@pytest.mark.django_db
def test_a_moved_border_is_logged_with_what_it_assigns_anew():
    _town, west, _east = make.town()
    make.plant(11.05, 53.05)
    before = logged()
    west.outline = make.area(11.0, 53.0, 11.04, 53.1)
    west.save()
    assert logged() == [*before, point(11.05, 53.05)]
    assert logged("layers_quarter")[-2:] == [(11.0, 53.0, 11.1, 53.1), (11.0, 53.0, 11.04, 53.1)]


@pytest.mark.django_db
def test_sources_are_logged_though_they_are_no_layer():
    make.source()
    Source.objects.update(title="Another")
    Source.objects.update(title="Another")
    assert logged("catalog_source") == [None, None]


@pytest.mark.django_db
@QUICK
@given(
    points=st.lists(
        st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=4 * CELLS**2
    ),
    same=st.booleans(),
)
def test_many_at_once_are_covered_by_few_boxes(points, same):
    """Whatever a statement changes lies within the boxes that it logs; they are few however many it changes."""
    if same:
        points = points[:1] * len(points)
    make.source()
    xs, ys = zip(*points, strict=True)
    changes = [
        (INSERT, (list(xs), list(ys))),
        (
            "UPDATE layers_plant SET note = note || 'x', location = ST_SetSRID(ST_MakePoint(0, 0), 4326)",
            (),
        ),
        ("DELETE FROM layers_plant", ()),
    ]
    expected = [set(points), {*points, (0.0, 0.0)}, {(0.0, 0.0)}]
    with transaction.atomic():
        for (statement, parameters), places in zip(changes, expected, strict=True):
            before = len(logged())
            ask(f"WITH done AS ({statement} RETURNING 1) SELECT count(*) FROM done", *parameters)
            boxes = logged()[before:]
            assert len(boxes) <= max(2 * SINGLY, CELLS**2)
            for x, y in places:
                assert any(w <= x <= e and s <= y <= n for w, s, e, n in boxes), (x, y)
        transaction.set_rollback(True)


# -- `unchanged`, between transactions -----------------------------------------------------------


def mark(**limits):
    text = ", ".join(f"{name} => {value}" for name, value in limits.items())
    return ask(f"SELECT geoplatform.prune_edits({text})")[0][0]


def snapshot():
    return ask("SELECT pg_current_snapshot()::text, geoplatform.generation()")[0]


def unchanged(seen, box="(11.1,53.1),(11,53)", layer="trees"):
    chosen = registry.get(layer)
    shown = [f"public.{table}" for table in shown_tables(chosen)]
    return ask(
        "SELECT geoplatform.unchanged(%s::regclass, %s::box, %s::regclass[]::oid[], %s::pg_snapshot, %s)",
        f"public.{chosen.model._meta.db_table}",
        box,
        shown,
        *seen,
    )[0][0]


def test_before_the_first_mark_nothing_is_known(fresh_database):
    assert unchanged(snapshot()) is None
    mark()
    assert unchanged(snapshot()) is True


def test_an_edit_counts_where_it_is(fresh_database):
    make.plant(11.05, 53.05)
    mark()
    seen = snapshot()
    make.plant(11.5, 53.5)
    assert unchanged(seen)
    assert not unchanged(seen, "(11.6,53.6),(11.4,53.4)")
    make.plant(11.05, 53.05)
    assert not unchanged(seen)
    assert unchanged(snapshot())


def test_other_tables_count_where_the_layer_shows_them(fresh_database):
    species = make.species()
    make.town()
    mark()
    seen = snapshot()
    species.german_name = "Holzapfel"
    species.save()
    assert not unchanged(seen), "trees show the name of their species"
    assert unchanged(seen, layer="streets")
    seen = snapshot()
    Source.objects.update(title="Another")
    assert not unchanged(seen)


def test_what_is_taken_back_never_counts(fresh_database):
    make.source()
    mark()
    seen = snapshot()
    with transaction.atomic():
        make.plant(11.05, 53.05)
        transaction.set_rollback(True)
    assert unchanged(seen)


def test_a_transaction_that_commits_late_counts_from_its_commit_on(fresh_database):
    make.source()
    mark()
    with session() as late:
        late.execute(INSERT, [[11.05], [53.05]])
        during = snapshot()
        make.plant(11.5, 53.5)  # another one, younger and committed earlier
        after_the_younger = snapshot()
        assert unchanged(during)
        late.commit()
    assert not unchanged(during)
    assert not unchanged(after_the_younger), "its number is lower than the snapshot's end"
    assert unchanged(snapshot())


def test_what_is_pruned_makes_no_old_snapshot_valid(fresh_database):
    make.source()
    mark()
    seen = snapshot()
    make.plant(11.05, 53.05)
    later = snapshot()
    for _round in range(3):
        mark(most_marks=2)
    assert logged() == []
    assert not unchanged(seen)
    assert not unchanged(later), "too old to be judged"
    assert unchanged(snapshot())


def test_while_a_transaction_is_open_its_edits_are_not_pruned(fresh_database):
    make.source()
    mark()
    seen = snapshot()
    with session() as late:
        late.execute(INSERT, [[11.05], [53.05]])
        for _round in range(3):
            mark(most_marks=1)
        seen = snapshot()
        late.commit()
    mark(most_marks=2)
    assert len(logged()) == 1
    assert not unchanged(seen)


def test_the_log_is_held_short(fresh_database):
    make.source()
    for number in range(8):
        make.plant(11.05, 53.0 + number / 100)
        mark(most_edits=4)
    assert len(logged()) <= 6
    assert unchanged(snapshot())


def test_marks_of_a_server_that_has_ended_mean_nothing(fresh_database):
    mark()
    seen = snapshot()
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE geoplatform.edit_mark SET server = server - interval '1 day'")
    assert unchanged(seen) is None
    assert mark() > seen[1]
    assert not unchanged(seen)


def test_rows_of_another_cluster_are_pruned(fresh_database):
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO geoplatform.edit (about, xid) VALUES (1, '99999999999')")
    mark()
    assert ask("SELECT count(*) FROM geoplatform.edit WHERE about = 1") == [(0,)]


def test_the_web_role_reads_the_log_and_writes_it_only_by_edits(fresh_database):
    ask("SELECT count(*) FROM geoplatform.edit")
    for statement in (
        "INSERT INTO geoplatform.edit (about) VALUES (1)",
        "DELETE FROM geoplatform.edit",
        "UPDATE geoplatform.edit SET box = NULL",
        "DELETE FROM geoplatform.edit_mark",
        "ALTER TABLE layers_plant DISABLE TRIGGER log_insert",
    ):
        with (
            pytest.raises(Exception, match=r"permission denied|must be owner"),
            transaction.atomic(),
        ):
            connection.cursor().execute(statement)
