"""A stored tile is given as long as it is what would be made now, and not a moment longer."""

from __future__ import annotations

import gzip

import pytest
from django.contrib.gis.geos import Point
from django.db import connection, connections, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplatform.catalog import registry
from geoplatform.catalog.facets import DEEPEST, has_pyramid
from geoplatform.pyramid.render import render as make_tile
from geoplatform.services.tiles import store
from layers.plants import Plant
from layers.species import Species
from tests import make
from tests.contracts import samples
from tests.history.test_races import session
from tests.mvt import tile_of

ZOOM = 16


def get(layer="trees", longitude=11.05, latitude=53.05, z=ZOOM, **headers):
    x, y = tile_of(longitude, latitude, z)
    return Client().get(f"/tiles/{layer}/{z}/{x}/{y}.mvt", headers=headers)


def ask(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def mark():
    ask("SELECT geoplatform.prune_tiles()")


def kept():
    """When each stored tile was written: layer -> number of the transaction."""
    return {
        (layer, z): (int(number), generation)
        for layer, z, number, generation in ask(
            "SELECT layer, z, xmin::text, generation FROM geoplatform.tile"
        )
    }


@pytest.fixture
def town(fresh_database):
    """One tree, and a store that is ready."""
    made = make.plant(11.05, 53.05, species=make.species())
    mark()
    return made


def test_the_second_answer_comes_from_the_store(town):
    first = get()
    stored = kept()
    second = get()
    assert kept() == stored != {}
    assert first.content == second.content != b""
    assert first.headers["ETag"] == second.headers["ETag"]


def test_an_edit_in_the_tile_is_seen_at_once_and_one_elsewhere_leaves_it(town):
    before = get()
    stored = kept()
    make.plant(11.09, 53.09, species=town.species)
    assert get().content == before.content
    assert kept() == stored
    Plant.objects.filter(pk=town.pk).update(note="new")
    again = get(**{"If-None-Match": before.headers["ETag"]})
    assert again.status_code == 200
    assert b"new" in again.content
    assert kept() != stored


def test_a_change_just_across_the_edge_counts(town):
    """A marker is drawn into the tiles beside its own."""
    z = 14
    x, _y = tile_of(11.05, 53.05, z)
    east = (x + 1) / 2**z * 360 - 180
    beside = east + 360 / 2**z * 60 / 4096  # in the buffer, beyond the edge
    before = get(z=z)
    made = make.plant(beside, 53.05, species=town.species)
    assert str(made.pk).encode() in get(z=z).content
    made.delete()
    assert get(z=z).content == before.content


def test_names_of_other_tables_count(town):
    before = get()
    Species.objects.update(german_name="Holzapfel")
    after = get(**{"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, b"Holzapfel" in after.content) == (200, True)


def test_what_is_made_within_a_transaction_of_changes_is_not_stored(town):
    """Its snapshot cannot tell its own earlier changes from its later ones."""
    with transaction.atomic():
        Plant.objects.filter(pk=town.pk).update(note="one")
        assert b"one" in get().content
        Plant.objects.filter(pk=town.pk).update(note="two")
        assert b"two" in get().content
        assert kept() == {}
        transaction.set_rollback(True)
    assert b"two" not in get().content


def test_a_slow_reader_stores_nothing_that_serves(town):
    layer = registry.get("trees")
    x, y = tile_of(11.05, 53.05, ZOOM)

    def slowly():
        content = make_tile(layer, ZOOM, x, y)
        with session() as other:
            other.execute("UPDATE layers_plant SET note = 'newer'")
        assert b"newer" in get().content  # a quick reader, who stores
        return content

    late = store.tile(layer, ZOOM, x, y, make=slowly)
    assert b"newer" not in gzip.decompress(late.body)
    assert b"newer" in get().content
    assert b"newer" in get().content


def test_a_transaction_that_commits_late_overtakes_what_was_stored_meanwhile(town):
    with session() as late:
        late.execute("UPDATE layers_plant SET note = 'late'")
        before = get()
        assert b"late" not in before.content
        assert get().content == before.content
        late.commit()
    after = get(**{"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, b"late" in after.content) == (200, True)


def test_the_same_content_again_is_the_same_etag(town):
    """Undone is undone for the client too: it need not fetch what it holds."""
    before = get()
    other = make.plant(11.05, 53.05, species=town.species)
    assert get().headers["ETag"] != before.headers["ETag"]
    other.delete()
    assert get(**{"If-None-Match": before.headers["ETag"]}).status_code == 304


def test_a_tile_that_is_asked_for_stays_and_others_go(town):
    get()
    get(z=15)
    for _round in range(4):
        mark()
        get()
    ask("SELECT geoplatform.prune_tiles(most_marks => 2)")
    assert set(kept()) == {("trees", ZOOM)}
    stored = kept()
    get()
    assert kept()["trees", ZOOM][1] > stored["trees", ZOOM][1], "it was touched"


def test_beyond_its_cap_the_cheapest_go_first(town):
    for z in (10, 12, 14, 16):
        get(z=z)
    ask("SELECT geoplatform.prune_tiles(most_tiles => 2)")
    assert {z for _layer, z in kept()} == {10, 12}
    ask("SELECT geoplatform.prune_tiles(most_bytes => 1)")
    assert kept() == {}
    assert get().status_code == 200


def test_what_another_edition_stored_is_not_served(town):
    get()
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE geoplatform.tile SET variant = 'other?', body = 'x', etag = 'x'")
    assert str(town.pk).encode() in get().content
    assert len(ask("SELECT variant FROM geoplatform.tile")) == 2


def test_the_web_role_stores_only_by_the_function(town):
    for statement in ("DELETE FROM geoplatform.tile", "UPDATE geoplatform.tile SET etag = ''"):
        with pytest.raises(Exception, match="permission denied"):
            connection.cursor().execute(statement)


def test_every_layer_at_every_zoom(fresh_database):
    """What the store gives is what would be made now: before an edit, after it and when the feature is gone."""
    make.town()
    mark()
    for layer in registry.map_layers():
        made = samples.feature(layer)
        point = made.__dict__[layer.geometry].point_on_surface
        for z in range(23):
            place = tile_of(point.x, point.y, z)
            assert content(get(layer.name, *point.coords, z)) == make_tile(layer, z, *place)
        for step in ("again", "changed", "gone"):
            if step == "changed":
                type(made).objects.filter(pk=made.pk).update(status="unconfirmed")
            if step == "gone" and layer.role != "municipality":
                made.delete()
            for z in range(23):
                place = tile_of(point.x, point.y, z)
                fresh = make_tile(layer, z, *place)
                given = get(layer.name, *point.coords, z)
                assert content(given) == fresh, (layer.name, z, step)
                if layer.zooms[0] <= z <= layer.zooms[1] and step != "gone":
                    if z > DEEPEST or not has_pyramid(layer):
                        assert str(made.pk).encode() in fresh
                    assert (layer.name, z) in kept()


def content(response):
    packed = response.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(response.content) if packed else response.content


PLACES = st.tuples(st.floats(11.0, 11.2), st.floats(53.0, 53.1))
STEPS = st.one_of(
    st.tuples(st.just("add"), PLACES),
    st.tuples(st.just("move"), st.integers(0, 9), PLACES),
    st.tuples(st.just("note"), st.integers(0, 9), st.text("ab", max_size=2)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("rename"), st.text("ab", min_size=1, max_size=2)),
    st.tuples(st.just("taken back"), st.integers(0, 9), PLACES),
    st.tuples(st.just("all"), st.booleans()),
    st.tuples(st.just("mark"), st.integers(1, 3)),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(STEPS, min_size=1, max_size=12),
    watched=st.lists(st.tuples(st.integers(10, 18), PLACES), min_size=2, max_size=5),
)
def test_whatever_happens_the_store_gives_what_would_be_made_now(town, steps, watched):
    layer = registry.get("trees")
    held = {}
    for step in [("look",), *steps]:
        _do(town.species, step)
        for z, place in watched:
            x, y = tile_of(*place, z)
            etag, body = held.get((z, x, y), ('""', b""))
            given = get("trees", *place, z, **{"If-None-Match": etag, "Accept-Encoding": "gzip"})
            seen = body if given.status_code == 304 else content(given)
            assert seen == make_tile(layer, z, x, y), (step, z)
            held[z, x, y] = given.headers["ETag"], seen


def _do(species, step):
    trees = list(Plant.objects.order_by("fid"))
    match step:
        case ["add", (x, y)]:
            make.plant(x, y, species=species)
        case ["move", number, (x, y)] if trees:
            chosen = Plant.objects.filter(pk=trees[number % len(trees)].pk)
            chosen.update(location=Point(x, y, srid=4326))
        case ["note", number, text] if trees:
            Plant.objects.filter(pk=trees[number % len(trees)].pk).update(note=text)
        case ["delete", number] if trees:
            trees[number % len(trees)].delete()
        case ["rename", text]:
            Species.objects.update(german_name=text)
        case ["taken back", number, (x, y)] if trees:
            with transaction.atomic():
                _do(species, ("move", number, (x, y)))
                transaction.set_rollback(True)
        case ["all", wild]:
            Species.objects.update(growth_form="shrub" if wild else "tree")
        case ["mark", marks]:
            ask("SELECT geoplatform.prune_tiles(most_marks => %s)", marks)
