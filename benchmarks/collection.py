"""Trees as GeoJSON through the API, against the same SQL run raw by pgbench.

The default request is answered from stored texts, which the comparison of both sides has filled; an edit takes one away
before each round. Any other request is composed: its boxes are random, and none is asked for twice on a side.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.city import City, city
from benchmarks.cpu import tree_cpu
from benchmarks.outcome import costs, not_run
from benchmarks.pgbench import Box, pgbench, statement
from benchmarks.server import Refused, get, server

TREES = 20_000
PATH = f"/api/collections/trees/items?limit={TREES}"
ROUNDS = 5
REQUESTS = 10  # of a round
EDIT = "UPDATE layers_plant SET note = 'edit ' || %s WHERE id = (SELECT id FROM layers_plant ORDER BY random() LIMIT 1)"
EPSG_25833 = "http://www.opengis.net/def/crs/EPSG/0/25833"


@dataclass(frozen=True)
class Question:
    """One kind of request, the SQL that says the same, and at most how many times its cost."""

    what: str
    sql: str
    bound: float
    parameters: str = ""
    boxes: bool = True


QUESTIONS = (
    Question(f"{TREES:,} trees as GeoJSON, default request", "collection_trees", 0.7, boxes=False),
    Question("trees in a box", "collection_trees_bbox", 1.4),
    Question(
        "trees in a box, EPSG:25833", "collection_trees_crs", 1.4, parameters=f"&crs={EPSG_25833}"
    ),
    Question(
        "trees in a box, three properties",
        "collection_trees_properties",
        1.4,
        parameters="&properties=species,height_m,planted_year",
    ),
)


def run() -> list[dict[str, Any]]:
    """A row for each question."""
    with city(TREES) as made, server(made) as (process, port):
        return [_row(made, process, port, each) for each in QUESTIONS]


def _row(made: City, process: int, port: int, question: Question) -> dict[str, Any]:
    what = f"{question.what}, against the same SQL in pgbench"
    boxes = _boxes(random.Random(question.what))
    try:
        same_features(made, port, question.sql, *_ask(question, boxes))
    except Refused as refusal:
        return not_run(what, str(refusal))
    ours, raw = [], []
    for number in range(ROUNDS):
        asked = [_ask(question, boxes) for _request in range(REQUESTS)]
        edit(made, number)
        before = tree_cpu(process) + tree_cpu(made.postmaster)
        for path, _box in asked:
            get(port, path)
        ours.append(tree_cpu(process) + tree_cpu(made.postmaster) - before)
        edit(made, number)
        script = "\n".join(statement(question.sql, box) for _path, box in asked)
        raw.append(pgbench(made, script, "-t", "1").cpu)
    return costs(what, ours, raw, question.bound, times=REQUESTS)


def _boxes(generator: random.Random) -> Iterator[Box]:
    """Boxes that hold about half of the city's trees."""
    while True:
        west, south = 11.30 + generator.uniform(0, 0.07), 53.55 + generator.uniform(0, 0.04)
        yield (
            round(west, 6),
            round(south, 6),
            round(west + generator.uniform(0.13, 0.17), 6),
            round(south + generator.uniform(0.08, 0.12), 6),
        )


def _ask(question: Question, boxes: Iterator[Box]) -> tuple[str, Box | None]:
    """Path of a request, and the box in it."""
    if not question.boxes:
        return PATH + question.parameters, None
    box = next(boxes)
    return f"{PATH}&bbox={','.join(map(str, box))}{question.parameters}", box


def edit(made: City, number: int) -> None:
    """Change one tree, any."""
    with psycopg.connect(made.web_url, autocommit=True) as connection:
        connection.execute(EDIT, [str(number)])


def same_features(
    made: City, port: int, sql: str, path: str, box: Box | None = None, limit: int | None = None
) -> None:
    """Both sides say the same, or the comparison means nothing."""
    text = statement(sql, box, limit).rstrip().rstrip(";")
    with psycopg.connect(made.web_url) as connection:
        # No parameters: a percent sign would be read as one.
        raw = [json.loads(feature) for (feature,) in connection.execute(text.encode())]
    found = json.loads(get(port, path))["features"]
    if not raw or found != raw:
        raise AssertionError(f"{path} and benchmarks/sql/{sql}.sql give different features")
