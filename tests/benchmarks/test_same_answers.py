"""What the benchmarks compare with says the same as the platform, also after a layer has changed."""

import json
import random
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIRequestFactory

from benchmarks import collection
from benchmarks.outcome import cheaper, costs, holds, not_run
from benchmarks.peers import VIEW
from benchmarks.pgbench import SQL, statement
from geoplatform.catalog import registry
from geoplatform.catalog.properties import properties
from tests import make


@pytest.fixture
def trees(db):
    make.town()
    apple = make.species()
    # The first lies within every box of the benchmark's, the last outside of all.
    places = ((11.41, 53.61), (11.40, 53.60), (11.42, 53.62), (9.0, 50.0))
    return [
        make.plant(*place, species=apple, height_m=number or None, planted_year=1990, note='"\\ä')
        for number, place in enumerate(places)
    ]


def raw(text):
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return [json.loads(feature) for (feature,) in cursor.execute(text.encode())]


@pytest.mark.parametrize("question", collection.QUESTIONS, ids=lambda question: question.sql)
def test_reference_sql_says_what_the_api_says(trees, question):
    boxes = collection._boxes(random.Random(1))
    for _number in range(3):
        path, box = collection._ask(question, boxes)
        found = json.loads(Client().get(path).getvalue())["features"]
        assert found == raw(statement(question.sql, box))
        assert len(found) == (3 if question.boxes else 4)


def test_every_reference_sql_is_asked():
    named = {question.sql for question in collection.QUESTIONS}
    assert {file.stem for file in Path(SQL).glob("collection_*.sql")} == named


def test_drf_gis_serves_the_same_features(trees, django_assert_num_queries):
    from benchmarks.peers.drf_gis import Trees

    with django_assert_num_queries(2):  # a count and the page: related rows are joined
        answer = Trees.as_view()(APIRequestFactory().get("/trees")).render()
    theirs = json.loads(answer.content)["features"]
    ours = json.loads(Client().get(collection.PATH).getvalue())["features"]
    assert [each["id"] for each in theirs] == [each["id"] for each in ours]
    assert [set(each["properties"]) for each in theirs] == [
        set(each["properties"]) for each in ours
    ]
    assert [each["geometry"] for each in theirs] == [each["geometry"] for each in ours]


def test_the_view_of_other_peers_has_the_same_properties(trees):
    select = VIEW.read_text().partition(" AS\n")[2].partition(";")[0]
    with connection.cursor() as cursor:
        cursor.execute(select)
        assert len(cursor.fetchall()) == len(trees)
        names = [column.name for column in cursor.description]
    assert names == ["id", "location", *(each.name for each in properties(registry.get("trees")))]


def test_a_bound_holds_in_its_direction():
    assert holds(costs("floor", [1.0], [2.0], 0.5))
    assert not holds(costs("floor", [1.1], [2.0], 0.5))
    assert holds(cheaper("peer", [1.0], [30.0], 30))
    assert not holds(cheaper("peer", [1.0], [29.0], 30))
    assert not holds(not_run("peer", "it is not there"))
