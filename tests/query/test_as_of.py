"""A layer as it was: every state that was seen once is found again, and nothing changes about it afterwards."""

import datetime as dt
import json
import random
import time

import pytest
from django.db import connection

from geoplatform.catalog import registry
from geoplatform.query import drawing
from geoplatform.query.as_of import stable
from geoplatform.query.feature_query import FeatureQuery, parse_bbox, parse_sortby
from geoplatform.query.select import count, features
from layers.plants import Plant
from tests import make
from tests.sessions import session

PLACE = "ST_SetSRID(ST_MakePoint(11.0 + random() * 0.1, 53.05), 4326)"
WRITES = (
    f"INSERT INTO layers_plant (id, source_id, licence, status, cultivar, access, number_of_plants, note, species_id,"
    f" location) SELECT gen_random_uuid(), source_id, 'cc-zero', 'confirmed', '', '', 1, 'new', species_id, {PLACE}"
    " FROM layers_plant LIMIT 1",
    "UPDATE layers_plant SET note = 'n' || random() WHERE id IN"
    " (SELECT id FROM layers_plant ORDER BY random() LIMIT 3)",
    f"UPDATE layers_plant SET location = {PLACE} WHERE id IN (SELECT id FROM layers_plant ORDER BY random() LIMIT 2)",
    "UPDATE layers_plant SET own_growth_form = 'shrub' WHERE id IN"
    " (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)",
    "DELETE FROM layers_plant WHERE id IN (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)",
)


def now():
    return dt.datetime.now(dt.UTC)


def seen(layer, at=None, **more):
    query = FeatureQuery(layer=layer, at=at, limit=None, **more)
    return {fid: json.loads(text) for fid, text in features(query)}


@pytest.fixture
def town(fresh_database):
    make.town()
    apple = make.species()
    for n in range(8):
        make.plant(11.01 + n / 1000, 53.05, species=apple)


def test_every_state_is_found_again(town):
    generator = random.Random(3)
    trees = registry.get("trees")
    box = parse_bbox("11,53,11.05,53.1")
    states = []
    with session() as other:
        for _step in range(40):
            other.execute(generator.choice(WRITES))
            time.sleep(0.002)
            states.append((now(), seen(trees), seen(trees, bbox=box)))
            time.sleep(0.002)
    assert len({len(state) for _at, state, _inside in states}) > 3, (
        "something has changed on the way"
    )
    for at, state, inside in states:
        assert seen(trees, at) == state
        assert seen(trees, at, bbox=box) == inside
        assert count(FeatureQuery(layer=trees, at=at)) == len(state)
        assert seen(trees, at, id=None, equals={"note": "new"}) == {
            fid: each for fid, each in state.items() if each["properties"]["note"] == "new"
        }


def test_an_open_writer_holds_the_instant_back(town):
    with session() as writer:
        before = now()
        writer.execute("BEGIN; UPDATE layers_plant SET note = 'late'")
        time.sleep(1.1)
        held = stable(now())
        assert before <= held < now() - dt.timedelta(seconds=1)
        state = seen(registry.get("trees"), held)
        writer.execute("COMMIT")
        assert seen(registry.get("trees"), held) == state, (
            "the commit changed nothing about what was answered"
        )
        assert stable(now()) > held
        assert {
            each["properties"]["note"]
            for each in seen(registry.get("trees"), stable(now())).values()
        } == {"late"}


def test_an_open_reader_holds_nothing_back(town):
    with session() as reader:
        reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM layers_plant")
        asked = now()
        assert stable(asked) == asked


def test_the_past_is_not_held_back_and_the_future_is_now(town):
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    assert stable(past) == past
    assert stable(now() + dt.timedelta(days=365)) <= now()


@pytest.mark.parametrize("layer", [each.name for each in registry.layers()])
def test_every_layer_has_a_past(layer, town):
    found = registry.get(layer)
    at = stable(now())
    assert seen(found, at) == seen(found)
    assert seen(found, dt.datetime(2000, 1, 1, tzinfo=dt.UTC)) == {}


def test_order_of_a_past_layer(town):
    trees = registry.get("trees")
    at = stable(now())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE layers_plant SET note = 'x' || fid, height_m = 5")
    order = list(seen(trees, at, sortby=parse_sortby(trees, "-note,height_m")))
    assert order == sorted(seen(trees, at))


def test_points_to_draw_are_those_of_the_time(town):
    def drawn(at=None):
        query = FeatureQuery(layer=registry.get("fruit-trees"), at=at)
        points = drawing.points(query, (-2e7, -2e7, 2e7, 2e7), most=100)
        statuses = [points.classes[kind][1] for kind in points.kind]
        return sorted(zip(points.x.round(6), points.y.round(6), statuses, strict=True))

    before, instant = drawn(), now()
    first, second, *_others = Plant.objects.order_by("fid")
    Plant.objects.filter(pk=first.pk).delete()
    Plant.objects.filter(pk=second.pk).update(status="unconfirmed")
    assert len(before) == len(drawn()) + 1 == 8
    assert {each[2] for each in drawn()} == {"confirmed", "unconfirmed"}
    assert drawn(instant) == before
