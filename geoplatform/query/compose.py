"""From a FeatureQuery to SQL. Names come from the declaration alone, values are always bound."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.catalog.properties import Property, property_by_name
from geoplatform.database import reading
from geoplatform.query.as_of import every_version, relation
from geoplatform.query.crs import STORED, Crs
from geoplatform.query.feature_query import FeatureQuery

NOTHING = sql.SQL("")


@dataclass
class Statement:
    """Parts of one SELECT over a layer's table, as it is or was at an instant, and the related tables it needs.

    versions_of  instead of the layer's rows: every version of this feature
    """

    layer: Layer
    at: dt.datetime | None = None
    versions_of: uuid.UUID | None = None
    joins: dict[str, sql.Composable] = field(default_factory=dict)
    conditions: list[sql.Composable] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.layer.model._meta.db_table)

    def own(self, column: str) -> sql.Composable:
        """A column of the layer's own table."""
        self.columns.add(column)
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

    def geometry(self, crs: Crs) -> sql.Composable:
        """The layer's geometry in a CRS, easting or longitude first, as PostGIS has it."""
        stored = str(self.layer.geometry)
        if crs.srid == STORED:
            return self.own(stored)
        if crs.srid == 3857 and self.at is None and self.versions_of is None:
            return self.own(f"{stored}_3857")
        return sql.SQL("ST_Transform({}, {})").format(self.own(stored), sql.Literal(crs.srid))

    def select(
        self, columns: Iterable[sql.Composable], tail: sql.Composable = NOTHING
    ) -> sql.Composed:
        chosen = sql.SQL(", ").join(columns)
        where = sql.SQL(" AND ").join(self.conditions) if self.conditions else sql.SQL("true")
        rows: sql.Composable = self.table
        if self.versions_of is not None:
            found = every_version(self.layer, self.versions_of, self.columns)
            rows = sql.SQL("({}) {}").format(found, rows)
        elif self.at is not None:
            rows = sql.SQL("({}) {}").format(relation(self.layer, self.at, self.columns), rows)
        return (
            sql.SQL("SELECT ")
            + chosen
            + sql.SQL(" FROM ")
            + rows
            + sql.Composed(list(self.joins.values()))
            + sql.SQL(" WHERE ")
            + where
            + tail
        )


@cache
def layer_condition(layer: Layer) -> tuple[str, tuple[Any, ...], tuple[str, ...]] | None:
    """`Layer.where` as Django writes it: columns named by their table, values as parameters; and the columns' names."""
    if layer.where is None:
        return None
    query = layer.model._base_manager.filter(layer.where).query
    connection = reading.connection()
    text, parameters = query.where.as_sql(query.get_compiler(connection=connection), connection)
    columns = [str(field.column) for field in layer.model._meta.local_concrete_fields]
    return text, tuple(parameters), tuple(name for name in columns if f'"{name}"' in text)


def restricted(query: FeatureQuery) -> Statement:
    """The statement that holds exactly the rows asked for, not yet ordered or cut off."""
    statement = Statement(query.layer, query.at)
    condition = layer_condition(query.layer)
    if condition:
        text, parameters, columns = condition
        statement.conditions.append(sql.SQL(text))
        statement.parameters.extend(parameters)
        statement.columns.update(columns)
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
    stored = statement.own(str(query.layer.geometry))
    srid = query.bbox_crs.srid
    # ST_Intersects asks the index itself; `&&` alone compares float32 boxes and lets a few too many through.
    if srid == STORED:
        test = sql.SQL("ST_Intersects({}, ST_MakeEnvelope(%s, %s, %s, %s, 4326))").format(stored)
    else:
        # Exact in the CRS of the box, where its edges are straight; found by the index on the stored degrees, in the
        # box around its bent outline and a little more.
        test = sql.SQL(
            "({stored} && geoplatform.degrees_around(ST_MakeEnvelope(%s, %s, %s, %s, {srid}))"
            " AND ST_Intersects({there}, ST_MakeEnvelope(%s, %s, %s, %s, {srid})))"
        ).format(stored=stored, there=statement.geometry(query.bbox_crs), srid=sql.Literal(srid))
        boxes = [box * 2 for box in boxes]  # type: ignore[misc]
    statement.conditions.append(sql.SQL("({})").format(sql.SQL(" OR ").join([test] * len(boxes))))
    for box in boxes:
        statement.parameters.extend(box)
