"""The database's part of a load: rows come by COPY into a temporary table, and then a few statements do the rest.

A feature is found again by its source's own key, else by what tells it whatever its source (a municipality's AGS). Only
rows whose values differ are updated, so that a second run writes no version.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection, models
from psycopg import sql

from geoplatform.catalog.models import Feature, Source
from geoplatform.exchange.values import to_sql

ROWS = sql.Identifier("load_rows")


@dataclass(frozen=True)
class Staging:
    """The temporary table of one load.

    columns       columns of the feature table that the file fills, the geometry's among them
    geometry      the geometry's column, None when the file brings none
    municipality  whether rows state their municipality
    stated        whether the municipality is the feature's own statement, not found by place (quarters)
    licences      licence by municipality id, where rows state theirs
    """

    model: type[Feature]
    source: Source
    columns: Sequence[str]
    geometry: str | None
    municipality: bool
    stated: bool
    licences: Mapping[Any, str]

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.model._meta.db_table)

    def create(self) -> None:
        """An empty table with the types of the real one."""
        given = [sql.SQL("t.{}").format(sql.Identifier(name)) for name in self._given()]
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.load_rows")
            cursor.execute(
                sql.SQL(
                    "CREATE TEMP TABLE {rows} ON COMMIT DROP AS "
                    "SELECT 0 AS row, t.source_key, {given}, t.id AS target FROM {table} t WHERE false"
                ).format(rows=ROWS, given=sql.SQL(", ").join(given), table=self.table)
            )

    def _given(self) -> list[str]:
        return [*self.columns, *(["municipality_id"] if self.municipality else [])]

    def copy(self, rows: pa.Table) -> None:
        """Add rows: columns `row`, `source_key` and the given ones, as text."""
        data = io.BytesIO()
        pacsv.write_csv(rows, data, pacsv.WriteOptions(include_header=False))
        names = sql.SQL(", ").join(sql.Identifier(name) for name in ("row", "source_key", *self._given()))
        with connection.cursor() as cursor:
            statement = sql.SQL("COPY {rows} ({names}) FROM STDIN (FORMAT csv)").format(rows=ROWS, names=names)
            with cursor.copy(statement) as copy:
                copy.write(data.getbuffer())

    def find(self, identity: Sequence[str]) -> None:
        """Which feature each row is, by key or by identity."""
        same_source = sql.SQL("t.source_id = {} AND t.source_key = r.source_key").format(self.source.pk)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE pg_temp.load_rows")
            self._set_target(cursor, same_source)
            if identity:
                condition = [sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in identity]
                self._set_target(cursor, sql.SQL(" AND ").join([sql.SQL("r.target IS NULL"), *condition]))

    def match(self, columns: Sequence[str]) -> tuple[list[int], list[int]]:
        """Which features the rows describe, by values; numbers of rows that match none, and more than one."""
        condition = [sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in columns]
        if self.municipality:
            condition.append(sql.SQL("t.municipality_id = r.municipality_id"))
        with connection.cursor() as cursor:
            joined = sql.SQL(" AND ").join(condition)
            self._set_target(cursor, joined)
            cursor.execute(
                sql.SQL("SELECT row FROM {rows} WHERE target IS NULL ORDER BY row").format(rows=ROWS)
            )
            none = [row for (row,) in cursor.fetchall()]
            cursor.execute(
                sql.SQL(
                    "WITH many AS (SELECT r.row FROM {rows} r JOIN {table} t ON {joined} GROUP BY 1 HAVING count(*) > 1) "
                    "UPDATE {rows} r SET target = NULL FROM many WHERE r.row = many.row RETURNING r.row"
                ).format(rows=ROWS, table=self.table, joined=joined)
            )
            return none, sorted(row for (row,) in cursor.fetchall())

    def _set_target(self, cursor: Any, condition: sql.Composable) -> None:
        cursor.execute(
            sql.SQL("UPDATE {rows} r SET target = t.id FROM {table} t WHERE {condition}").format(
                rows=ROWS, table=self.table, condition=condition
            )
        )

    def update(self) -> int:
        """Give the features found what the file says; number of those that differed."""
        pairs = [(name, sql.SQL("r.{}").format(sql.Identifier(name))) for name in self.columns if name != self.geometry]
        pairs += [
            ("source_id", sql.Literal(self.source.pk)),
            ("source_key", sql.SQL("r.source_key")),
            ("licence", self._licence()),
        ]
        if self.municipality and self.stated:
            pairs.append(("municipality_id", sql.SQL("r.municipality_id")))
        if self.geometry:
            pairs += self._with_geometry(insert=False)
        return self._update(pairs)

    def update_values(self, columns: Sequence[str]) -> int:
        """Give the features found the values of some columns where the file has one; number of those that differed."""
        return self._update(
            [(name, sql.SQL("coalesce(r.{0}, t.{0})").format(sql.Identifier(name))) for name in columns]
        )

    def _update(self, pairs: Sequence[tuple[str, sql.Composable]]) -> int:
        values = sql.SQL(", ").join(value for _name, value in pairs)
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "UPDATE {table} t SET ({names}) = ROW({values}) FROM {rows} r "
                    "WHERE t.id = r.target AND ROW({old}) IS DISTINCT FROM ROW({values})"
                ).format(
                    table=self.table,
                    rows=ROWS,
                    names=sql.SQL(", ").join(sql.Identifier(name) for name, _value in pairs),
                    old=sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name, _value in pairs),
                    values=values,
                )
            )
            return int(cursor.rowcount)

    def insert(self) -> int:
        """Add the rows that are no feature yet; their number."""
        pairs = [(name, sql.SQL("r.{}").format(sql.Identifier(name))) for name in self.columns if name != self.geometry]
        pairs += [
            ("id", sql.SQL("gen_random_uuid()")),
            ("source_id", sql.Literal(self.source.pk)),
            ("source_key", sql.SQL("r.source_key")),
            ("licence", self._licence()),
        ]
        if self.municipality:
            pairs.append(("municipality_id", sql.SQL("r.municipality_id")))
        if self.geometry:
            pairs += self._with_geometry(insert=True)
        pairs += self._defaults({name for name, _value in pairs})
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "INSERT INTO {table} ({names}) SELECT {values} FROM {rows} r WHERE r.target IS NULL ORDER BY r.row"
                ).format(
                    table=self.table,
                    rows=ROWS,
                    names=sql.SQL(", ").join(sql.Identifier(name) for name, _value in pairs),
                    values=sql.SQL(", ").join(value for _name, value in pairs),
                )
            )
            return int(cursor.rowcount)

    def _with_geometry(self, *, insert: bool) -> list[tuple[str, sql.Composable]]:
        """The geometry and what follows from it. A row without one leaves what is there."""
        assert self.geometry
        geometry = sql.Identifier(self.geometry)
        field = next(each for each in self.model._meta.concrete_fields if each.column == self.geometry)
        if not field.null:
            return [(self.geometry, sql.SQL("r.{}").format(geometry))]
        pairs: list[tuple[str, sql.Composable]] = [
            (self.geometry, sql.SQL("r.{0}" if insert else "coalesce(r.{0}, t.{0})").format(geometry))
        ]
        for name, value in self.model.with_geometry.items():
            if name in self.columns:
                continue
            other = sql.Literal(self.model._meta.get_field(name).get_default()) if insert else sql.Identifier("t", name)  # type: ignore[union-attr]
            pairs.append(
                (
                    name,
                    sql.SQL("CASE WHEN r.{} IS NULL THEN {} ELSE {} END").format(geometry, other, sql.Literal(value)),
                )
            )
        return pairs

    def _licence(self) -> sql.Composable:
        if not self.licences:
            return sql.Literal(self.source.licence)
        cases = [
            sql.SQL("WHEN {} THEN {}").format(sql.Literal(key), sql.Literal(value))
            for key, value in self.licences.items()
        ]
        return sql.SQL("CASE r.municipality_id {} ELSE {} END").format(
            sql.SQL(" ").join(cases), sql.Literal(self.source.licence)
        )

    def _defaults(self, filled: set[str]) -> list[tuple[str, sql.Composable]]:
        """Django keeps most defaults to itself, so columns that no row fills get them here."""
        pairs = []
        for field in self.model._meta.concrete_fields:
            if field.column in filled or isinstance(field, models.GeneratedField) or field.has_db_default():
                continue
            default = field.get_default()
            if default is not None:
                pairs.append((field.column, sql.Literal(to_sql(default))))
        return pairs
