"""The database's part of a load: rows come by COPY into a temporary table, and a few statements do the rest
(the owner's part of it: database/staged.py).

A feature is found again by its source's own key, else by what tells it whatever its source (a municipality's AGS). Only
rows whose values differ are updated, so that a second run writes no version.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection, models
from psycopg import sql

from geoplatform.catalog.models import Feature, Source, Status
from geoplatform.exchange.values import to_sql

ROWS = sql.SQL("pg_temp.staged")


@dataclass(frozen=True)
class Staging:
    """The staged rows of one load.

    columns   columns of the feature table that come with the rows, the geometry's among them
    same      columns whose value is the same in all rows
    geometry  the geometry's column, None when the file brings none
    place     whether rows state their municipality; `stated` whether that is the feature's own statement (quarters)
    """

    model: type[Feature]
    source: Source
    columns: Sequence[str]
    same: Mapping[str, str | None]
    geometry: str | None
    place: bool
    stated: bool

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.model._meta.db_table)

    def create(self) -> None:
        """An empty table with the types of the real one, and with values for columns that no row brings."""
        same = {**self._defaults(), **self.same, "source_id": str(self.source.pk)}
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT geoplatform.{}(%s::jsonb)").format(self._function("stage")),
                [json.dumps(same)],
            )
            # Rows that go on as another feature than the one of which their source spoke before (removed.py).
            cursor.execute("DROP TABLE IF EXISTS pg_temp.origin")
            cursor.execute(
                'CREATE TEMP TABLE origin ("row" integer PRIMARY KEY, id uuid NOT NULL) ON COMMIT DROP'
            )

    def copy(self, rows: pa.Table) -> None:
        """Add rows of text: `row`, `source_key` and the columns, in any order."""
        data = io.BytesIO()
        pacsv.write_csv(rows, data, pacsv.WriteOptions(include_header=False))
        names = sql.SQL(", ").join(sql.Identifier(name) for name in rows.column_names)
        with connection.cursor() as cursor:
            statement = sql.SQL("COPY {rows} ({names}) FROM STDIN (FORMAT csv)").format(
                rows=ROWS, names=names
            )
            with cursor.copy(statement) as copy:
                copy.write(data.getbuffer())

    def find(self, identity: Sequence[str]) -> int:
        """Which feature each row is, by key or by identity; the number of those found."""
        same_source = sql.SQL("t.source_id = {} AND t.source_key = r.source_key").format(
            sql.Literal(self.source.pk)
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT geoplatform.analyze_staged()")
            found = self._set_target(cursor, same_source) if self._has_rows(cursor) else 0
            if identity:
                condition = [
                    sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in identity
                ]
                found += self._set_target(
                    cursor, sql.SQL(" AND ").join([sql.SQL("r.target IS NULL"), *condition])
                )
            return found

    def _has_rows(self, cursor: Any) -> bool:
        cursor.execute(
            sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE source_id = {})").format(
                self.table, sql.Literal(self.source.pk)
            )
        )
        return bool(cursor.fetchone()[0])

    def match(self, columns: Sequence[str]) -> tuple[int, list[int], list[int]]:
        """Which features the rows describe, by values: how many, and the rows that match none, and more than one."""
        condition: list[sql.Composable] = [
            sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in columns
        ]
        if self.place:
            condition.append(sql.SQL("t.municipality_id = r.municipality_id"))
        joined = sql.SQL(" AND ").join(condition)
        with connection.cursor() as cursor:
            found = self._set_target(cursor, joined)
            cursor.execute(
                sql.SQL("SELECT row FROM {} WHERE target IS NULL ORDER BY row").format(ROWS)
            )
            none = [row for (row,) in cursor.fetchall()]
            cursor.execute(
                sql.SQL(
                    "WITH many AS ("
                    "SELECT r.row FROM {rows} r JOIN {table} t ON {joined} GROUP BY 1 HAVING count(*) > 1) "
                    "UPDATE {rows} r SET target = NULL FROM many WHERE r.row = many.row RETURNING r.row"
                ).format(rows=ROWS, table=self.table, joined=joined)
            )
            many = sorted(row for (row,) in cursor.fetchall())
            return found - len(many), none, many

    def _set_target(self, cursor: Any, condition: sql.Composable) -> int:
        cursor.execute(
            sql.SQL("UPDATE {rows} r SET target = t.id FROM {table} t WHERE {condition}").format(
                rows=ROWS, table=self.table, condition=condition
            )
        )
        return int(cursor.rowcount)

    def pairs(self, columns: Sequence[str], *, joined: bool) -> dict[str, sql.Composable]:
        """What the columns of a found feature `t` become by its row `r`: all that the file says, or with `joined` the
        values of some columns alone, where the file has one."""
        if joined:
            return {
                name: sql.SQL("coalesce(r.{0}, t.{0})").format(sql.Identifier(name))
                for name in columns
            }
        names = [*columns, "source_id", "source_key", "licence"]
        if self.place and self.stated:
            names.append("municipality_id")
        pairs: dict[str, sql.Composable] = {
            name: sql.SQL("r.{}").format(sql.Identifier(name)) for name in names
        }
        if "status" not in pairs:
            # What an earlier load marked as gone is there again.
            pairs["status"] = sql.SQL(
                "CASE WHEN t.status = {} THEN r.status ELSE t.status END"
            ).format(Status.GONE.value)
        if self.geometry:
            # A row without a geometry leaves what is there, and what follows from it.
            there = sql.SQL("r.{} IS NOT NULL").format(sql.Identifier(self.geometry))
            for name in (self.geometry, *self.model.with_geometry):
                pairs[name] = sql.SQL("CASE WHEN {0} THEN r.{1} ELSE t.{1} END").format(
                    there, sql.Identifier(name)
                )
        return pairs

    def update(self, pairs: Mapping[str, sql.Composable]) -> int:
        """Write what differs into the features that are locked for it (merging.py); how many of them differed."""
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL(
                    "UPDATE {table} t SET ({names}) = ROW({values}) FROM {rows} r"
                    ' JOIN pg_temp.pending p USING ("row")'
                    " WHERE t.id = p.id AND ROW({old}) IS DISTINCT FROM ROW({values})"
                ).format(
                    table=self.table,
                    rows=ROWS,
                    names=sql.SQL(", ").join(map(sql.Identifier, pairs)),
                    old=sql.SQL(", ").join(sql.Identifier("t", name) for name in pairs),
                    values=sql.SQL(", ").join(pairs.values()),
                )
            )
            return int(cursor.rowcount)

    def insert(self) -> int:
        """Add the rows that are no feature yet; their number."""
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("SELECT geoplatform.{}()").format(self._function("insert")))
            return int(cursor.fetchone()[0])

    def _function(self, name: str) -> sql.Identifier:
        return sql.Identifier(f"{name}_{self.model._meta.db_table}")

    def _defaults(self) -> dict[str, str | None]:
        """Django keeps most defaults to itself, so columns that no row fills get them here."""
        defaults = {}
        for field in self.model._meta.concrete_fields:
            generated = (
                isinstance(field, models.GeneratedField)
                or field.has_db_default()
                or field.primary_key
            )
            default = None if generated else field.get_default()
            if default is not None and field.column not in self.columns:
                defaults[str(field.column)] = to_sql(default)
        return defaults
