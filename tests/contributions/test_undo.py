"""Undo takes back what was done, and nothing that others did since."""

import datetime as dt
import io

import pytest
from django.contrib.gis.geos import Point
from django.core.management import call_command
from django.db import connection

from geoplatform.catalog import registry
from geoplatform.contributions.undo import (
    parts,
    undo_actor,
    undo_between,
    undo_change,
    undo_changesets,
)
from geoplatform.history.models import Changeset
from geoplatform.history.services import changeset
from geoplatform.history.upkeep import upkeep_of
from layers.plants import Plant
from layers.species import Species
from tests import make

pytestmark = pytest.mark.django_db
ME = {"actor": "user:1", "channel": "test"}
TREES = registry.get("trees")
# What a table's features are counted under.
PLANTS = next(layer.name for model, layer in registry.models() if model is Plant)
KEPT_BY_CLOCK = {"version", "changed", "changeset"}


def by(actor, **of):
    return changeset(actor=actor, channel="test", **of)


def rows(table="layers_plant"):
    """All rows, every column, what derives from others too; geometries bit by bit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall() if name not in KEPT_BY_CLOCK]
        told = ", ".join(
            f"encode(ST_AsEWKB(\"{name}\"), 'hex')" if name.startswith("location") else f'"{name}"'
            for name in columns
        )
        cursor.execute(f"SELECT {told} FROM {table} ORDER BY id")
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def number():
    return Changeset.objects.latest("id").id


def edit(tree, actor, **values):
    with by(actor):
        Plant.objects.filter(id=tree.id).update(**values)
    return number()


def undo(*ids, **more):
    return undo_changesets(ids=ids, **ME, **more)


@pytest.fixture
def apple():
    make.town()
    return make.species()


@pytest.fixture
def tree(apple):
    with by("city"):
        return make.plant(species=apple, note="old", height_m=3.0)


def test_a_change_of_a_field(tree):
    before = rows()
    done = undo(edit(tree, "vandal", note="xxx"))
    assert rows() == before
    assert (done.changed, done.restored, done.removed, done.conflict_count) == (
        {PLANTS: 1}, {}, {}, 0)  # fmt: skip
    assert Plant.objects.get().version == 3, "an undo is a version like any other"


def test_a_deletion_comes_back_as_the_same_feature(tree):
    before = rows()
    with by("vandal"):
        Plant.objects.filter(id=tree.id).delete()
    done = undo(number())
    assert rows() == before, "id, number, first day, quarter, what derives: all as it was"
    assert done.restored == {PLANTS: 1}
    assert Plant.objects.get().version == 2


def test_a_creation_goes(apple):
    with by("vandal"):
        make.plant(species=apple)
    done = undo(number())
    assert rows() == []
    assert done.removed == {PLANTS: 1}


def test_a_creation_that_others_worked_on_stays(tree):
    first = Changeset.objects.get(actor="city").id
    edit(tree, "neighbour", note="lovely")
    done = undo(first)
    assert [each.why for each in done.conflicts] == ["changed"]
    assert done.conflicts[0].fields == ()
    assert Plant.objects.get().note == "lovely"


def test_other_fields_that_others_changed_later_survive(tree):
    bad = edit(tree, "vandal", note="xxx", height_m=99.0)
    edit(tree, "neighbour", cultivar="Gravensteiner")
    done = undo(bad)
    found = Plant.objects.get()
    assert (found.note, found.height_m, found.cultivar) == ("old", 3.0, "Gravensteiner")
    assert done.conflict_count == 0


def test_the_same_field_that_others_changed_later_is_told(tree):
    bad = edit(tree, "vandal", note="xxx", height_m=99.0)
    edit(tree, "neighbour", note="better")
    done = undo(bad)
    found = Plant.objects.get()
    assert (found.note, found.height_m) == ("better", 3.0), "told, not overwritten"
    [conflict] = done.conflicts
    assert (conflict.fields, conflict.why, conflict.id) == (("note",), "changed", tree.id)
    assert conflict.labels == (str(Plant._meta.get_field("note").verbose_name),)


def test_what_somebody_has_put_right_already_is_left(tree):
    bad = edit(tree, "vandal", note="xxx")
    edit(tree, "neighbour", note="old")
    version = Plant.objects.get().version
    done = undo(bad)
    assert (done.features, done.conflict_count) == (0, 0)
    assert Plant.objects.get().version == version


def test_a_feature_that_others_deleted_later_stays_deleted(tree):
    bad = edit(tree, "vandal", note="xxx")
    with by("city"):
        Plant.objects.filter(id=tree.id).delete()
    done = undo(bad)
    assert [each.why for each in done.conflicts] == ["gone"]
    assert rows() == []


def test_a_deleted_feature_that_others_brought_back_is_left(tree):
    with by("vandal"):
        Plant.objects.filter(id=tree.id).delete()
    bad = number()
    with by("neighbour"):
        make.plant(id=tree.id, note="planted anew")
    done = undo(bad)
    assert [each.why for each in done.conflicts] == ["there"]
    assert Plant.objects.get().note == "planted anew"


def test_changed_and_then_deleted_by_the_same(tree):
    before = rows()
    first = edit(tree, "vandal", note="xxx", location=Point(11.15, 53.05, srid=4326))
    with by("vandal"):
        Plant.objects.filter(id=tree.id).delete()
    undo(first, number())
    assert rows() == before


def test_created_and_deleted_by_the_same_is_nothing(apple):
    with by("vandal"):
        made = make.plant(species=apple)
        Plant.objects.filter(id=made.id).delete()
    done = undo(number())
    assert (done.features, done.conflict_count, rows()) == (0, 0, [])


def test_runs_with_others_between(tree):
    """a (vandal) b (neighbour) c (vandal): what the neighbour left comes back, and the first is told."""
    first = edit(tree, "vandal", note="a")
    edit(tree, "neighbour", note="b")
    done = undo(first, edit(tree, "vandal", note="c"))
    assert Plant.objects.get().note == "b"
    assert [each.fields for each in done.conflicts] == [("note",)]


def test_an_undo_can_be_undone(tree):
    bad = edit(tree, "vandal", note="xxx")
    undo(bad)
    undo(number())
    assert Plant.objects.get().note == "xxx"
    undo(bad)
    assert Plant.objects.get().note == "old", "values are compared: it stands again as it was left"


def test_an_undo_says_who_and_why(tree):
    bad = edit(tree, "vandal", note="xxx")
    undo(bad)
    made = Changeset.objects.latest("id")
    assert (made.actor, made.channel) == ("user:1", "test")
    assert str(bad) in made.reason


def test_one_feature_of_a_changeset(apple):
    one, two = make.plant(species=apple), make.plant(11.06, species=apple)
    with by("vandal"):
        Plant.objects.update(note="xxx")
    undo_change(layer=TREES, id=one.id, changeset_id=number(), **ME)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.note, two.note) == ("", "xxx")


def test_an_author_since_an_instant(tree):
    edit(tree, "key:7", note="fine")
    then = Changeset.objects.latest("id").at + dt.timedelta(microseconds=1)
    edit(tree, "key:7", height_m=99.0)
    edit(tree, "key:8", cultivar="Boskoop")
    done = undo_actor(who="key:7", since=then, **ME)
    found = Plant.objects.get()
    assert (found.note, found.height_m, found.cultivar) == ("fine", 3.0, "Boskoop")
    assert done.changesets == 1
    undo_actor(who="key:7", since=None, **ME)
    assert Plant.objects.get().note == "old"


def test_a_time_span(tree):
    start = Changeset.objects.latest("id").at + dt.timedelta(microseconds=1)
    edit(tree, "key:7", note="a")
    edit(tree, "key:8", height_m=99.0)
    end = Changeset.objects.latest("id").at + dt.timedelta(microseconds=1)
    edit(tree, "key:9", cultivar="Boskoop")
    assert undo_between(start=start, end=end, **ME).changesets == 2
    found = Plant.objects.get()
    assert (found.note, found.height_m, found.cultivar) == ("old", 3.0, "Boskoop")


def test_what_refers_to_each_other_comes_back_together(tree, apple):
    plants, species = rows(), rows("layers_species")
    with by("vandal"):
        Plant.objects.all().delete()
        Species.objects.all().delete()
    undo(number())
    assert (rows(), rows("layers_species")) == (plants, species)


def test_what_others_refer_to_stays(tree):
    with by("key:7"):
        pear = make.species("Pyrus communis")
    made = number()
    edit(tree, "key:8", species=pear)
    done = undo(made)
    assert [each.why for each in done.conflicts] == ["named"]
    assert Species.objects.filter(id=pear.id).exists()


def test_what_the_same_made_refer_to_it_goes_with_it(tree, apple):
    with by("key:7"):
        pear = make.species("Pyrus communis")
        Plant.objects.filter(id=tree.id).update(species=pear)
    done = undo(number())
    assert done.conflict_count == 0
    assert Plant.objects.get().species == apple
    assert not Species.objects.filter(id=pear.id).exists()


def test_what_refers_to_something_gone_is_told(tree, apple):
    with by("vandal"):
        Plant.objects.all().delete()
    bad = number()
    with by("city"):
        Species.objects.all().delete()
    done = undo(bad)
    assert [each.why for each in done.conflicts] == ["missing"]
    assert rows() == []


def test_a_key_that_is_taken_is_told(tree):
    Plant.objects.update(source_key="7")
    with by("vandal"):
        Plant.objects.all().delete()
    bad = number()
    with by("import:cadastre"):
        again = make.plant(source_key="7")
    done = undo(bad)
    assert [each.why for each in done.conflicts] == ["taken"]
    assert Plant.objects.get().id == again.id


def test_deleted_and_made_anew_with_the_same_key(tree):
    """An import that lost the ids: the old features come back, the new ones go, the key is free in between."""
    Plant.objects.update(source_key="7")
    before = rows()
    with by("import:cadastre"):
        Plant.objects.all().delete()
        make.plant(source_key="7")
    done = undo(number())
    assert done.conflict_count == 0
    assert rows() == before


def test_a_dry_run_tells_and_changes_nothing(tree):
    bad = edit(tree, "vandal", note="xxx")
    last = number()
    assert undo(bad, dry_run=True).changed == {PLANTS: 1}
    assert Plant.objects.get().note == "xxx"
    assert number() == last


def test_every_column_is_in_one_part():
    for _model, layer in registry.models():
        columns = [column for part in parts(layer) for column in part]
        assert sorted(columns) == sorted(upkeep_of(layer).versioned)


def test_command(tree):
    bad = edit(tree, "vandal", note="xxx", height_m=9.0)
    edit(tree, "neighbour", height_m=10.0)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("undo", "--changeset", str(bad), "--dry-run", stdout=out)
    assert ended.value.code == 3
    assert Plant.objects.get().note == "xxx"
    with pytest.raises(SystemExit):
        call_command("undo", "--changeset", str(bad), stdout=out)
    assert Plant.objects.get().note == "old"
    assert str(tree.id) in out.getvalue()
    call_command("undo", "--actor", "neighbour", "--since", "2020-01-01T00:00:00Z", stdout=out)
    assert Plant.objects.get().height_m == 9.0
