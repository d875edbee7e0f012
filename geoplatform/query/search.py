"""Features by their names, as one types them: the beginnings of words, parts of them, and slips of the pen.

Every layer is searched that is called by a text of its own (`Layer.label`, `Layer.names`), within what it shows
(`public`, `where`). Text and question are folded by the database (database/sql/search.sql).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name, searched_properties
from geoplatform.catalog.symbols import Categorized
from geoplatform.database.search import searched
from geoplatform.query.compose import Statement, restricted
from geoplatform.query.errors import QueryError
from geoplatform.query.feature_query import FeatureQuery
from geoplatform.query.select import raw_cursor

LONGEST = 100  # characters of a question
SHORTEST = 2  # of what is left of it when it is folded
MOST = 20  # hits of a layer
CANDIDATES = 2000  # rows of a layer that are ranked; a question that fits more of them is too short to be answered well
TRIGRAM = 3  # letters from which on parts of words are looked for


@dataclass(frozen=True)
class Hit:
    """A feature that is called so. `values`: its names, what it is drawn by, its quarter; longitude and latitude of a
    point on it, None where its layer stands nowhere."""

    layer: Layer
    id: str
    values: dict[str, Any]
    longitude: float | None
    latitude: float | None
    score: float


@dataclass(frozen=True)
class Hits:
    """Hits of one layer, the best first; `alike` where nothing is called so and these names are similar."""

    layer: Layer
    hits: tuple[Hit, ...]
    alike: bool


def search(text: str, most: int = MOST) -> list[Hits]:
    """What is called so, by layers, the one with the best hit first; at most `most` of each. Raises QueryError."""
    question = _folded(text)
    if len(question) < SHORTEST:
        return []
    for alike in (False, True):
        if alike and len(question) < TRIGRAM:
            break
        found = []
        for layer in searchable():
            hits = _of_layer(layer, question, min(most, MOST), alike)
            if hits:
                found.append(Hits(layer, tuple(hits), alike))
        if found:
            # What lies on top of the map comes first among equals: a park before its quarter.
            return sorted(found, key=lambda each: -each.hits[0].score)
    return []


@cache
def searchable() -> tuple[Layer, ...]:
    """The layers whose features have names of their own, what lies on top first."""
    return tuple(layer for layer in reversed(registry.layers()) if searched_properties(layer))


def _folded(text: str) -> str:
    if len(text) > LONGEST:
        raise QueryError("q", _("Please search for at most %d characters.") % LONGEST)
    if any(each == "\x00" or "\ud800" <= each <= "\udfff" for each in text):
        raise QueryError("q", _("The question holds a character that no text has."))
    with raw_cursor() as cursor:
        row = cursor.execute("SELECT geoplatform.folded(%s)", [text]).fetchone()
    assert row is not None
    return str(row[0])


def _of_layer(layer: Layer, question: str, most: int, alike: bool) -> list[Hit]:
    score = dict(_ranked(layer, question, most, alike))
    statement = Statement(layer)
    statement.conditions.append(sql.SQL("{} = ANY (%s)").format(statement.own("fid")))
    values = sql.SQL(", ").join(
        sql.SQL("{}, {}").format(sql.Literal(each.name), statement.column(each))
        for each in _told(layer)
    )
    point: sql.Composable = sql.SQL("NULL::geometry")
    if layer.geometry:
        point = sql.SQL("ST_PointOnSurface({})").format(statement.own(layer.geometry))
    columns = [
        statement.own("fid"),
        sql.SQL("{}::text").format(statement.own("id")),
        sql.SQL("jsonb_build_object({})::text").format(values),
        sql.SQL("ST_X({0}), ST_Y({0})").format(point),
    ]
    with raw_cursor() as cursor:
        rows = cursor.execute(statement.select(columns), [list(score)]).fetchall()
    places = {fid: number for number, fid in enumerate(score)}
    rows.sort(key=lambda row: places[row[0]])
    return [Hit(layer, id, json.loads(told), x, y, score[fid]) for fid, id, told, x, y in rows]


def _ranked(layer: Layer, question: str, most: int, alike: bool) -> list[tuple[int, float]]:
    """Numbers of the best hits and how well each fits. Of those that are called alike in one quarter, the first: a
    street is many pieces."""
    statement = restricted(FeatureQuery(layer=layer))
    known = searched_properties(layer)
    names = _names(layer)
    folded = sql.SQL("geoplatform.folded({})").format(names)
    if alike:
        statement.conditions.append(sql.SQL("%s <%% {}").format(folded))
        statement.parameters.append(question)
    else:
        # Every word begins a word of the name; or all of it is a part of the name.
        words = sql.SQL("geoplatform.name_words({}) @@ %s::tsquery").format(names)
        statement.parameters.append(" & ".join(f"'{word}':*" for word in question.split()))
        if len(question) >= TRIGRAM:
            words = sql.SQL("({} OR {} LIKE %s)").format(words, folded)
            # Folded, it holds no wildcard.
            statement.parameters.append(f"%{question}%")
        statement.conditions.append(words)
    place = property_by_name(layer).get("quarter")
    columns = [
        statement.own("fid"),
        folded,
        sql.SQL("coalesce(geoplatform.folded({}), '')").format(statement.column(known[0])),
        statement.column(place) if place else sql.SQL("NULL::text"),
    ]
    text = sql.SQL(
        """SELECT fid, score FROM (
            SELECT DISTINCT ON (names, quarter) fid, name,
                8 * (name = {q})::int + 4 * starts_with(name, {q})::int + 2 * starts_with(names, {q})::int
                + word_similarity({q}, names) AS score
            FROM ({rows} LIMIT {candidates}) c (fid, names, name, quarter) ORDER BY names, quarter, fid
        ) d ORDER BY score DESC, length(name), name, fid LIMIT {most}"""
    ).format(
        rows=statement.select(columns),
        candidates=sql.Literal(CANDIDATES),
        q=sql.Literal(question),
        most=sql.Literal(most),
    )
    with raw_cursor() as cursor:
        return cursor.execute(text, statement.parameters).fetchall()


def _names(layer: Layer) -> sql.Composable:
    """All names of a row as the index has them."""
    columns = [str(each.field.column) for each in searched_properties(layer)]
    return sql.SQL(searched(columns, layer.model._meta.db_table))


def _told(layer: Layer) -> list[Property]:
    """What a hit is told by: its names, what it is drawn by, where it lies."""
    known = property_by_name(layer)
    symbol = layer.symbol.field if isinstance(layer.symbol, Categorized) else ""
    others = [known[name] for name in (symbol, "quarter", "municipality") if name in known]
    return list(dict.fromkeys([*searched_properties(layer), *others]))
