"""From a FeatureQuery to SQL. Names come from the declaration alone, values are always bound."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import connection
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, properties, property_by_name
from geoplatform.query.feature_query import FeatureQuery

# Seven decimals of a degree are about a centimetre (RFC 7946, 11.2).
DIGITS = 7
NOTHING = sql.SQL("")


@dataclass
class Statement:
    """Parts of one SELECT over a layer's table and the related tables that it needs."""

    layer: Layer
    joins: dict[str, sql.Composable] = field(default_factory=dict)
    conditions: list[sql.Composable] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.layer.model._meta.db_table)

    def own(self, column: str) -> sql.Composable:
        return sql.SQL("{}.{}").format(self.table, sql.Identifier(column))

    def column(self, each: Property) -> sql.Composable:
        """Where a property is read from; joins its table when it is a related one."""
        if each.foreign_key is None:
            return self.own(str(each.field.column))
        key = each.foreign_key
        alias = sql.Identifier(f"r_{key.name}")
        self.joins[key.name] = sql.SQL(" LEFT JOIN {} {} ON {}.id = {}").format(
            sql.Identifier(key.related_model._meta.db_table), alias, alias, self.own(key.column)
        )
        return sql.SQL("{}.{}").format(alias, sql.Identifier(str(each.field.column)))

    def select(
        self, columns: Iterable[sql.Composable], tail: sql.Composable = NOTHING
    ) -> sql.Composed:
        chosen = sql.SQL(", ").join(columns)
        where = sql.SQL(" AND ").join(self.conditions) if self.conditions else sql.SQL("true")
        return (
            sql.SQL("SELECT ")
            + chosen
            + sql.SQL(" FROM ")
            + self.table
            + sql.Composed(list(self.joins.values()))
            + sql.SQL(" WHERE ")
            + where
            + tail
        )


@cache
def _layer_condition(layer: Layer) -> tuple[str, tuple[Any, ...]] | None:
    """`Layer.where` as Django writes it: columns named by their table, values as parameters."""
    if layer.where is None:
        return None
    query = layer.model._base_manager.filter(layer.where).query
    text, parameters = query.where.as_sql(query.get_compiler(connection=connection), connection)
    return text, tuple(parameters)


def restricted(query: FeatureQuery) -> Statement:
    """The statement that holds exactly the rows asked for, not yet ordered or cut off."""
    statement = Statement(query.layer)
    condition = _layer_condition(query.layer)
    if condition:
        statement.conditions.append(sql.SQL(condition[0]))
        statement.parameters.extend(condition[1])
    if query.id is not None:
        statement.conditions.append(sql.SQL("{} = %s").format(statement.own("id")))
        statement.parameters.append(query.id)
    if query.bbox and query.layer.geometry:
        _add_box(statement, query)
    for name, value in query.equals.items():
        column = statement.column(property_by_name(query.layer)[name])
        statement.conditions.append(sql.SQL("{} = %s").format(column))
        statement.parameters.append(value)
    if query.filter is not None:
        wanted, values = query.filter.condition(statement)
        statement.conditions.append(wanted)
        statement.parameters.extend(values)
    return statement


def _add_box(statement: Statement, query: FeatureQuery) -> None:
    assert query.bbox is not None
    west, south, east, north = query.bbox
    boxes = [(west, south, east, north)]
    if west > east:  # across the antimeridian
        boxes = [(west, south, 180.0, north), (-180.0, south, east, north)]
    geometry = statement.own(str(query.layer.geometry))
    # ST_Intersects asks the index itself; `&&` alone compares float32 boxes and lets a few too many through.
    test = sql.SQL("ST_Intersects({}, ST_MakeEnvelope(%s, %s, %s, %s, 4326))").format(geometry)
    statement.conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join([test] * len(boxes))))
    for box in boxes:
        statement.parameters.extend(box)


def feature_column(statement: Statement) -> sql.Composable:
    """`feature_text` as bytes (UTF-8). Written once for each layer: composing it costs more than a small page."""
    text, joins = _written(statement.layer)
    statement.joins.update(joins)
    return text


@cache
def _written(layer: Layer) -> tuple[sql.SQL, dict[str, sql.SQL]]:
    statement = Statement(layer)
    text = sql.SQL("convert_to({}, 'UTF8')").format(feature_text(statement))
    # Plain texts from here on: nothing of them is formatted again.
    return _plain(text), {name: _plain(join) for name, join in statement.joins.items()}


def _plain(part: sql.Composable) -> sql.SQL:
    return sql.SQL(part.as_string(None))


def feature_text(statement: Statement) -> sql.Composable:
    """One GeoJSON feature (RFC 7946) as text, by string concatenation: a third of what jsonb_agg costs."""
    layer = statement.layer
    geometry: sql.Composable = sql.SQL("'null'")
    if layer.geometry:
        geometry = sql.SQL("coalesce(ST_AsGeoJSON({}, {}), 'null')").format(
            statement.own(layer.geometry), sql.Literal(DIGITS)
        )
    parts: list[sql.Composable] = [
        sql.Literal('{"type":"Feature","id":"'),
        sql.SQL("{}::text").format(statement.own("id")),
        sql.Literal('","geometry":'),
        geometry,
    ]
    lead = ',"properties":{'
    for each in properties(layer):
        parts += [sql.Literal(f'{lead}"{each.name}":'), _json(statement, each)]
        lead = ","
    parts.append(sql.Literal("}}"))
    return sql.SQL(" || ").join(parts)


def _json(statement: Statement, each: Property) -> sql.Composable:
    """A property as JSON text."""
    column = statement.column(each)
    # to_json writes text, dates and numbers as JSON demands, NaN in quotes; numbers and flags need no quoting.
    plain = each.json_type in {"integer", "boolean"}
    text = sql.SQL("{}::text" if plain else "to_json({})::text").format(column)
    if each.json_type == "number":
        # 9.0, not 9: readers that guess a column's type by its first values would cut all others to whole numbers.
        whole = sql.SQL("abs({0}) < 1e15 AND {0} = trunc({0})").format(column)
        text = sql.SQL("CASE WHEN {} THEN {}::text || '.0' ELSE {} END").format(whole, column, text)
    if each.field.null or each.foreign_key is not None:
        return sql.SQL("coalesce({}, 'null')").format(text)
    return text
