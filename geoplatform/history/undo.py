"""The database's part of an undo: what chosen changesets did to the rows of one table is taken back, in sets.

For each feature, what the chosen changesets did is a row of runs: versions next to each other that are all theirs. A
run is taken back by a three-way merge of each part (a column, or columns that only mean something together): where the
feature still has what the run left, it gets what stood before the run; where it has what stood before anyway, nothing
is due; else somebody changed it later, which is told and stays. Later runs go first. Whether a feature is there at all
is merged the same way.

Everything is worked out in temporary tables while the features are locked; then `write` changes what is due. All names
come from the declaration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection, models
from psycopg import sql

from geoplatform.catalog.layer import Layer
from geoplatform.database.redaction import MARKER
from geoplatform.history.relations import Columns, named_by, unique_columns
from geoplatform.history.upkeep import upkeep_of


def choose(changesets: str, parameters: Sequence[Any]) -> int:
    """Note the changesets to take back (ids that `changesets` selects); how many there are."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            "DROP TABLE IF EXISTS pg_temp.undone, pg_temp.undo_conflict;"
            "CREATE TEMP TABLE undone (id bigint PRIMARY KEY) ON COMMIT DROP;"
            "CREATE TEMP TABLE undo_conflict (table_name text, id uuid, columns text[], why text) ON COMMIT DROP"
        )
        cursor.execute(f"INSERT INTO pg_temp.undone {changesets}", parameters)
        chosen = int(cursor.rowcount)
        cursor.execute("ANALYZE pg_temp.undone")
    return chosen


def conflicts(most: int) -> tuple[int, list[tuple[str, UUID, list[str], str]]]:
    """How many parts were left alone, and the first of them: table, feature, columns (none: the feature), why."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_temp.undo_conflict")
        number = cursor.fetchone()[0]
        cursor.execute(
            "SELECT * FROM pg_temp.undo_conflict ORDER BY table_name, id, columns LIMIT %s", [most]
        )
        return number, cursor.fetchall()


@dataclass(frozen=True)
class TableUndo:
    """The undo within one table. `parts` are the columns that only mean something together, each column once."""

    layer: Layer
    parts: tuple[Columns, ...]

    @property
    def table(self) -> str:
        return str(self.layer.model._meta.db_table)

    @cached_property
    def columns(self) -> Columns:
        return tuple(upkeep_of(self.layer).versioned)

    def prepare(self, feature: UUID | None = None) -> bool:
        """Find and lock what the changesets touched, and work out what it should be; whether there is anything."""
        only = self._sql(" AND id = {}", sql.Literal(feature)) if feature else sql.SQL("")
        self._run("DROP TABLE IF EXISTS {ids}, {runs}, {state}")
        self._run(
            """CREATE TEMP TABLE {ids} ON COMMIT DROP AS
            SELECT id FROM public.{table} WHERE changeset IN (SELECT id FROM pg_temp.undone){only}
            UNION SELECT id FROM history.{table} WHERE closed_by IN (SELECT id FROM pg_temp.undone){only}
            UNION SELECT id FROM history.{table} WHERE opened_by IN (SELECT id FROM pg_temp.undone){only}""",
            only=only,
        )
        if not self._run("SELECT EXISTS (SELECT FROM {ids})"):
            return False
        self._run("ANALYZE {ids}")
        # In the order of their ids, as everybody does who locks several.
        self._run(
            "SELECT count(*) FROM (SELECT FROM public.{table} WHERE id IN (SELECT id FROM {ids})"
            " ORDER BY id FOR UPDATE) locked"
        )
        self._run(_RUNS)
        self._run(_STATE, own=self._names("f"), past=self._names("h"))
        self._run("CREATE UNIQUE INDEX ON {state} (id); ANALYZE {state}; ANALYZE {runs}")
        for turn in range(1, (self._run("SELECT max(turn) FROM {runs}") or 0) + 1):
            self._merge(sql.Literal(turn))
        self._forget_markers()
        return True

    def _merge(self, turn: sql.Literal) -> None:
        """Take one run of each feature back."""
        for why, condition in (
            ("gone", "r.base_alive AND r.top_alive AND NOT s.alive"),
            ("there", "r.base_alive AND NOT r.top_alive AND s.alive"),
        ):
            self._run(
                "INSERT INTO pg_temp.undo_conflict SELECT {name}, s.id, NULL, {why}"
                " FROM {runs} r JOIN {state} s USING (id) WHERE r.turn = {turn} AND " + condition,
                turn=turn,
                why=sql.Literal(why),
            )
        # Created: it goes, unless somebody changed it since.
        self._run(
            "INSERT INTO pg_temp.undo_conflict SELECT {name}, s.id, NULL, 'changed' FROM {runs} r"
            " JOIN {state} s USING (id) JOIN ({versions}) t ON t.id = r.id AND t.version = r.top"
            " WHERE r.turn = {turn} AND r.top_alive AND NOT r.base_alive AND s.alive"
            " AND ROW({values}) IS DISTINCT FROM ROW({left})",
            turn=turn,
            values=self._names("s"),
            left=self._names("t"),
        )
        alike = self._sql(
            "r.turn = {} AND s.alive = r.top_alive AND NOT EXISTS (SELECT FROM pg_temp.undo_conflict c"
            " WHERE c.table_name = {} AND c.id = s.id AND c.columns IS NULL)",
            turn,
            sql.Literal(self.table),
        )
        # What was not only deleted or only created had values changed: each part for itself.
        if self._run(
            "SELECT EXISTS (SELECT FROM {runs} WHERE turn = {turn} AND base_alive AND base <> top)",
            turn=turn,
        ):
            self._merge_parts(turn, alike)
        self._run(
            "UPDATE {state} s SET alive = r.base_alive FROM {runs} r WHERE r.id = s.id AND {alike}"
            " AND r.base_alive <> r.top_alive",
            alike=alike,
        )

    def _merge_parts(self, turn: sql.Literal, alike: sql.Composable) -> None:
        joined = self._sql(
            "{{runs}} r JOIN ({{versions}}) t ON t.id = r.id AND t.version = r.top"
            " JOIN ({{versions}}) b ON b.id = r.id AND b.version = r.base"
        )
        told, names, values = [], [], []
        for part in self.parts:
            now, base, top = (self._row(alias, part) for alias in "sbt")
            told.append(
                self._sql(
                    "({}::text[], {} IS DISTINCT FROM {} AND {} IS DISTINCT FROM {} AND {} IS DISTINCT FROM {})",
                    sql.Literal(list(part)), base, top, now, top, now, base,
                )
            )  # fmt: skip
            for column in part:
                names.append(sql.Identifier(column))
                values.append(
                    self._sql(
                        "CASE WHEN {} IS NOT DISTINCT FROM {} THEN b.{} ELSE s.{} END",
                        now, top, sql.Identifier(column), sql.Identifier(column),
                    )
                )  # fmt: skip
        self._run(
            "INSERT INTO pg_temp.undo_conflict SELECT {name}, s.id, p.columns, 'changed' FROM " + joined.as_string(None)
            + " JOIN {state} s ON s.id = r.id CROSS JOIN LATERAL (VALUES {told}) p (columns, differs)"
            " WHERE {alike} AND r.base_alive AND r.base <> r.top AND p.differs",
            told=sql.SQL(", ").join(told),
            alike=alike,
        )  # fmt: skip
        self._run(
            "UPDATE {state} s SET ({columns}) = ROW({values}) FROM " + joined.as_string(None)
            + " WHERE r.id = s.id AND {alike} AND r.base_alive AND r.base <> r.top",
            columns=sql.SQL(", ").join(names),
            values=sql.SQL(", ").join(values),
            alike=alike,
        )  # fmt: skip

    def _forget_markers(self) -> None:
        """What was redacted does not come back as a marker: it comes back empty, where a field may be empty."""
        options = self.layer.model._meta
        blank = {
            str(field.column)
            for field in options.local_concrete_fields
            if getattr(field, "blank", 0)
        }
        for column in upkeep_of(self.layer).texts:
            if column in blank:
                self._run(
                    "UPDATE {state} SET {column} = '' WHERE {column} = {marker}",
                    column=sql.Identifier(column),
                    marker=sql.Literal(MARKER),
                )

    # What is due is written in four steps, so that no reference and no key stands in the way of another one.

    def delete(self, *, referenced: bool) -> int:
        """Delete what should not be there and nothing names; with `referenced`, what is named still is a conflict."""
        named = sql.SQL(" OR ").join(
            [sql.SQL("false")]
            + [
                sql.SQL("EXISTS (SELECT FROM public.{} o WHERE o.{} = s.id)").format(
                    sql.Identifier(table), sql.Identifier(column)
                )
                for table, column in named_by(self.layer.model)
            ]
        )
        if referenced:
            self._run(
                "WITH held AS (UPDATE {state} s SET alive = true WHERE s.was_alive AND NOT s.alive AND EXISTS ("
                " SELECT FROM public.{table} f WHERE f.id = s.id) AND ({named}) RETURNING id)"
                " INSERT INTO pg_temp.undo_conflict SELECT {name}, id, NULL, 'named' FROM held",
                named=named,
            )
        return self._rows(
            "DELETE FROM public.{table} f USING {state} s WHERE f.id = s.id AND s.was_alive AND NOT s.alive"
            " AND NOT ({named})",
            named=named,
        )

    def insert(self) -> int:
        """Bring back what was deleted, with its id, its number and its count of versions."""
        due = "s.alive AND NOT s.was_alive"
        if not self._run("SELECT EXISTS (SELECT FROM {state} s WHERE " + due + ")"):
            return 0
        for condition, why in [*self._missing(), *self._taken()]:
            self._run(
                "WITH held AS (UPDATE {state} s SET alive = false WHERE " + due + " AND {condition} RETURNING id)"
                " INSERT INTO pg_temp.undo_conflict SELECT {name}, id, NULL, {why} FROM held",
                condition=condition,
                why=sql.Literal(why),
            )  # fmt: skip
        stage, back = (sql.Identifier(f"{name}_{self.table}") for name in ("stage", "return"))
        self._run("SELECT geoplatform.{stage}('{{}}')", stage=stage)
        self._run(
            'INSERT INTO pg_temp.staged ("row", id, {columns}) SELECT row_number() OVER (), id, {columns}'
            " FROM {state} s WHERE " + due,
            columns=self._names(),
        )
        self._run("SELECT geoplatform.analyze_staged()")
        return int(self._run("SELECT geoplatform.{back}()", back=back))

    def update(self) -> int:
        """Give what stands the values it should have; one that names what is gone, or is taken, stays as it is."""
        due = self._sql(
            "s.alive AND s.was_alive AND f.id = s.id AND ROW({}) IS DISTINCT FROM ROW({})",
            self._names("s"),
            self._names("f"),
        )
        if not self._run(
            "SELECT EXISTS (SELECT FROM public.{table} f, {state} s WHERE {due})", due=due
        ):
            return 0
        for condition, why in [*self._missing(), *self._taken()]:
            self._run(
                "WITH held AS (UPDATE {state} s SET was_alive = false, alive = false FROM public.{table} f"
                " WHERE {due} AND {condition} RETURNING s.id)"
                " INSERT INTO pg_temp.undo_conflict SELECT {name}, id, NULL, {why} FROM held",
                due=due,
                condition=condition,
                why=sql.Literal(why),
            )
        return self._rows(
            "UPDATE public.{table} f SET ({columns}) = ROW({values}) FROM {state} s WHERE {due}",
            columns=self._names(),
            values=self._names("s"),
            due=due,
        )

    def _missing(self) -> list[tuple[sql.Composed, str]]:
        return [
            (
                sql.SQL(
                    "s.{0} IS NOT NULL AND NOT EXISTS (SELECT FROM public.{1} o WHERE o.id = s.{0})"
                ).format(
                    sql.Identifier(field.column),
                    sql.Identifier(field.related_model._meta.db_table),
                ),
                "missing",
            )
            for field in self.layer.model._meta.local_concrete_fields
            if isinstance(field, models.ForeignKey) and field.column in self.columns
        ]

    def _taken(self) -> list[tuple[sql.Composed, str]]:
        return [
            (
                sql.SQL(
                    "EXISTS (SELECT FROM public.{} o WHERE ({}) = ({}) AND o.id <> s.id)"
                ).format(sql.Identifier(self.table), _names("o", unique), _names("s", unique)),
                "taken",
            )
            for unique in unique_columns(self.layer.model)
            if set(unique) <= set(self.columns)
        ]

    # Composing.

    def _names(self, alias: str = "") -> sql.Composed:
        return _names(alias, self.columns)

    def _row(self, alias: str, part: Columns) -> sql.Composed:
        return sql.SQL("ROW({})").format(_names(alias, part))

    def _sql(self, text: str, *parts: sql.Composable) -> sql.Composed:
        return sql.SQL(text).format(*parts)

    def _parts(self) -> dict[str, sql.Composable]:
        table = sql.Identifier(self.table)
        temporary = {
            name: sql.Identifier("pg_temp", f"undo_{name}_{self.table}")
            for name in ("ids", "runs", "state")
        }
        versions = sql.SQL(
            "SELECT id, version, {columns} FROM history.{table} WHERE id IN (SELECT id FROM {ids})"
            " UNION ALL SELECT id, version, {columns} FROM public.{table} WHERE id IN (SELECT id FROM {ids})"
        ).format(columns=self._names(), table=table, ids=temporary["ids"])
        return {"table": table, "name": sql.Literal(self.table), "versions": versions, **temporary}

    def _execute(self, cursor: Any, text: str, parts: dict[str, sql.Composable]) -> None:
        cursor.execute(sql.SQL(text).format(**self._parts(), **parts))

    def _run(self, text: str, **parts: sql.Composable) -> Any:
        """The one value that a statement gives, if it gives any."""
        with connection.cursor() as cursor:
            self._execute(cursor, text, parts)
            return cursor.fetchone()[0] if cursor.description else None

    def _rows(self, text: str, **parts: sql.Composable) -> int:
        with connection.cursor() as cursor:
            self._execute(cursor, text, parts)
            return int(cursor.rowcount)


def _names(alias: str, columns: Sequence[str]) -> sql.Composed:
    each = [sql.Identifier(alias, c) if alias else sql.Identifier(c) for c in columns]
    return sql.SQL(", ").join(each)


# What the chosen changesets did to each feature, run by run: turn 1 is the last one. An opening of a version and a
# deletion are steps; `base` and `top` are the versions before and after the run, and whether the feature was there.
_RUNS = """
CREATE TEMP TABLE {runs} ON COMMIT DROP AS
WITH v AS (
    SELECT id, version, opened_by, closed_by, deleted FROM history.{table} WHERE id IN (SELECT id FROM {ids})
    UNION ALL SELECT id, version, changeset, NULL, false FROM public.{table} WHERE id IN (SELECT id FROM {ids})
), step AS (
    SELECT id, 2 * version AS step, version, true AS alive, opened_by IN (SELECT id FROM pg_temp.undone) AS ours FROM v
    UNION ALL
    SELECT id, 2 * version + 1, version, false, closed_by IN (SELECT id FROM pg_temp.undone) FROM v WHERE deleted
), island AS (
    SELECT *, lag(version) OVER its AS base, coalesce(lag(alive) OVER its, false) AS base_alive,
        count(*) FILTER (WHERE NOT ours) OVER its AS island
    FROM step WINDOW its AS (PARTITION BY id ORDER BY step)
)
SELECT id, row_number() OVER (PARTITION BY id ORDER BY island DESC) AS turn,
    (array_agg(base ORDER BY step))[1] AS base, (array_agg(base_alive ORDER BY step))[1] AS base_alive,
    max(version) AS top, (array_agg(alive ORDER BY step DESC))[1] AS top_alive
FROM island WHERE ours GROUP BY id, island
"""

# What each feature is now: as it stands, or as it was when it was deleted.
_STATE = """
CREATE TEMP TABLE {state} ON COMMIT DROP AS
SELECT id, true AS alive, true AS was_alive, {own} FROM public.{table} f WHERE id IN (SELECT id FROM {ids})
UNION ALL
SELECT h.id, false, false, {past} FROM history.{table} h
JOIN (
    SELECT id, max(version) AS version FROM history.{table} WHERE id IN (SELECT id FROM {ids}) GROUP BY id
) newest USING (id, version)
WHERE h.deleted AND NOT EXISTS (SELECT FROM public.{table} f WHERE f.id = h.id)
"""
