"""The stored text of a feature is exactly what composing it gives, whatever has been written meanwhile."""

import json
import random

import pytest
from django.db import connection
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.query.compose import restricted
from geoplatform.query.crs import CRS84
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.geojson import feature_text
from geoplatform.query.select import features, raw_cursor
from tests import make
from tests.sessions import session

LAYERS = ("trees", "fruit-trees", "quarters", "species")


@pytest.fixture
def town(fresh_database):
    make.town()
    apple, pear = make.species(), make.species("Pyrus communis", german_name="Birne")
    for n in range(20):
        make.plant(11.01 + n / 1000, 53.05, species=apple if n % 2 else pear)
    return fresh_database


def composed(layer):
    """What every feature's text should be, without looking at stored ones."""
    statement = restricted(FeatureQuery(layer=layer))
    text = feature_text(statement, None, CRS84)
    fid = statement.own("fid")
    with raw_cursor() as cursor:
        cursor.execute(
            statement.select([fid, text], sql.SQL(" ORDER BY {}").format(fid)), statement.parameters
        )
        return dict(cursor.fetchall())


def served(layer):
    return {fid: text.decode() for fid, text in features(FeatureQuery(layer=layer))}


def stored(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM geoplatform.text_{name}")
        return cursor.fetchone()[0]


def test_reading_stores_and_stored_texts_are_read(town):
    layer = registry.get("trees")
    first = served(layer)
    assert stored("trees") == 20
    with connection.cursor() as cursor:
        # Only to see that it is this text which is read: nothing but the platform writes here otherwise.
        cursor.execute(
            "UPDATE geoplatform.text_trees SET body = 'seen' WHERE fid = %s", [min(first)]
        )
    assert served(layer) == {**first, min(first): "seen"}


WRITES = (
    "UPDATE layers_plant SET note = 'n' || random() WHERE id IN"
    " (SELECT id FROM layers_plant ORDER BY random() LIMIT 3)",
    "UPDATE layers_plant SET location = ST_Translate(location, 0.0001, 0) WHERE id IN"
    " (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)",
    "DELETE FROM layers_plant WHERE id IN (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)",
    "UPDATE layers_species SET german_name = german_name || 'x' WHERE botanical_name = 'Pyrus communis'",
    "UPDATE layers_species SET fruit_to = CASE WHEN fruit_to = 10.5 THEN 11.5 ELSE 10.5 END",
    "UPDATE layers_quarter SET name = 'Q' || random()",
    "UPDATE layers_quarter SET outline = ST_Multi(ST_Translate(outline, 0.0003, 0))",
    "UPDATE catalog_source SET title = 'T' || random()",
    "UPDATE layers_municipality SET ags = ags || '1'",
    "BEGIN; UPDATE layers_species SET german_name = 'gone'; ROLLBACK",
    "BEGIN; UPDATE layers_plant SET note = 'a'; UPDATE layers_plant SET note = 'b'; COMMIT",
)


def test_no_write_leaves_a_stale_text(town):
    generator = random.Random(7)
    with session() as other:
        for _step in range(60):
            other.execute(generator.choice(WRITES))
            for name in LAYERS:
                layer = registry.get(name)
                assert served(layer) == composed(layer)
    assert stored("trees") > 10, "texts were stored on the way"


def test_a_reader_in_an_old_snapshot_stores_nothing_that_newer_readers_take(town):
    layer = registry.get("trees")
    with session() as other, connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1 FROM layers_plant LIMIT 1")
        other.execute("UPDATE layers_plant SET note = 'new'")
        other.execute("UPDATE layers_species SET german_name = 'neu'")
        old = served(layer)
        assert "neu" not in old[min(old)]
        cursor.execute("COMMIT")
    assert served(layer) == composed(layer)
    assert all(json.loads(text)["properties"]["note"] == "new" for text in served(layer).values())


def test_texts_of_features_that_are_gone_are_swept(town):
    layer = registry.get("trees")
    served(layer)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM layers_plant WHERE location < ST_SetSRID(ST_MakePoint(11.0155, 53), 4326)"
        )
        cursor.execute("SELECT geoplatform.sweep_texts()")
        swept = cursor.fetchone()[0]
    assert swept > 0
    assert stored("trees") == 20 - swept == len(served(layer))
