"""A load meets what people changed: the three-way merge of its rows, in sets.

base     what the source said last: the version that its last import wrote, or what was kept aside when people's changes
         stood there already (`LastSaid`)
says     what it says now, in the staged rows
current  the feature as it stands

Part by part (a column, or columns that only mean something together): where people changed nothing, the source's value
is written; where they did, theirs stays. Where both changed it, each in another way, that is a disagreement, and it is
given back for people to decide. It is the rule of contributions/merge.py; a property test holds both equal.

Features that stand as an import left them are not looked at one by one: they are told by the changeset of their row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection, models
from psycopg import sql

from geoplatform.catalog import registry
from geoplatform.catalog.layer import Layer
from geoplatform.catalog.models import Status
from geoplatform.catalog.properties import has_field, own_field
from geoplatform.contributions.models import Proposal
from geoplatform.contributions.services import Disagreement
from geoplatform.contributions.undo import parts
from geoplatform.exchange.models import LastSaid
from geoplatform.exchange.staging import Staging
from geoplatform.history.upkeep import condition, upkeep_of
from geoplatform.query.select import raw_cursor

# Whose a feature is, which is not for people to change.
OWNED = ("source_id", "source_key", "licence", "municipality_id")
STATUS = "status"
# Roads by which staff take back what was done; what they decide about proposals goes by them, too.
UNDO = ("review", "command")
# Rows found from which on they are joined as a whole.
MANY = 5000


@dataclass(frozen=True)
class Told:
    """What the source newly says of a feature that people had changed, with the row of the file and its key."""

    row: int
    key: str | None
    word: Disagreement


@dataclass(frozen=True)
class Merging:
    """The merge of one load. `joined`: values are joined to features that exist, and a blank says nothing."""

    staging: Staging
    layer: Layer
    joined: bool

    def lock(self, pairs: dict[str, sql.Composable], found: int) -> None:
        """Lock the features that may be written, and note which of them people changed.

        Nothing else is written afterwards, so nobody's edit can fall between the look and the write.
        """
        self.run("DROP TABLE IF EXISTS pg_temp.pending, pg_temp.met")
        if found > MANY:
            # The statistics of the staged rows are from before they were found.
            self.run("SET LOCAL enable_nestloop = off")
        # Before the rows' own locks, as all who derive from what lies around take them.
        self.run("SELECT geoplatform.derives()")
        self.run(
            """CREATE TEMP TABLE pending ON COMMIT DROP AS
            SELECT r."row", t.id, i.id IS NULL OR s.feature IS NOT NULL OR o.id IS NOT NULL AS met
            FROM pg_temp.staged r JOIN {table} t ON t.id = r.target
            LEFT JOIN (SELECT id FROM history_changeset WHERE channel = 'import') i ON i.id = t.changeset
            LEFT JOIN (SELECT DISTINCT feature FROM {said}) s ON s.feature = t.id
            LEFT JOIN pg_temp.origin o ON o."row" = r."row"
            WHERE i.id IS NULL OR s.feature IS NOT NULL OR o.id IS NOT NULL OR ROW({old}) IS DISTINCT FROM ROW({new})
            FOR UPDATE OF t""",
            old=_row("t", pairs),
            new=sql.SQL(", ").join(pairs.values()),
        )
        self.run(
            "SET LOCAL enable_nestloop TO DEFAULT;"
            ' CREATE INDEX ON pg_temp.pending ("row"); ANALYZE pg_temp.pending'
        )

    def merge(self) -> list[Told]:
        """Put into the staged rows what people's changes leave of them; what both changed is given back."""
        if not self.run("SELECT EXISTS (SELECT FROM pg_temp.pending WHERE met)"):
            return []
        self.bases()
        found = self._told()
        self._keep()
        merged = [
            sql.SQL("CASE WHEN {edited} THEN t.{name} ELSE {says} END").format(
                edited=self.edited(part), name=sql.Identifier(name), says=self._says(name)
            )
            for part in self._parts
            for name in part
            if name in self._said
        ]
        names = [name for part in self._parts for name in part if name in self._said]
        self.run(
            "UPDATE pg_temp.staged r SET ({names}) = ROW({merged}) FROM pg_temp.met m JOIN {table} t USING (id)"
            ' WHERE r."row" = m."row"',
            names=_names(names),
            merged=sql.SQL(", ").join(merged),
        )
        return found

    def gone(self) -> int:
        """How many of the locked features are marked as gone now."""
        return int(
            self.run(
                "SELECT count(*) FROM pg_temp.pending p JOIN {table} t ON t.id = p.id WHERE t.status = {gone}",
                gone=Status.GONE.value,
            )
        )

    @cached_property
    def columns(self) -> dict[str, models.Field[Any, Any]]:
        """All columns whose values a source may say, by the order of the declaration."""
        versioned = {*upkeep_of(self.layer).versioned} - {*OWNED}
        fields = self.staging.model._meta.local_concrete_fields
        return {str(each.column): each for each in fields if each.column in versioned}

    @cached_property
    def _said(self) -> set[str]:
        """Columns that this load says something about."""
        said = {*self.staging.columns}
        if self.staging.geometry:
            said |= {self.staging.geometry, *self.staging.model.with_geometry}
        return said if self.joined else said | {STATUS}

    @cached_property
    def _parts(self) -> list[tuple[str, ...]]:
        """What is decided together, as far as this load says anything about it."""
        shape = (self.staging.geometry, *self.staging.model.with_geometry)
        found: dict[tuple[str, ...], None] = {}
        for part in parts(self.layer):
            whole = shape if self.staging.geometry and {*part} & {*shape} else part
            if {*whole} & self._said and {*whole} <= {*self.columns}:
                found[tuple(str(each) for each in whole)] = None
        return list(found)

    def bases(self) -> None:
        """`met`: each of these features with what its source said last, a column `b_...` for each of its columns."""
        open_to_people = {
            str(own_field(each, name).column)
            for each in registry.layers()
            if each.model is self.staging.model
            for name in each.editable
        }
        bases = []
        for name, each in self.columns.items():
            # What no import has ever written is taken over, unless people filled it in who would want to be asked.
            # So is what a feature lacks that goes on for another one.
            theirs = sql.SQL("coalesce(t.{0}::text, '') <> ''").format(sql.Identifier(name))
            unknown = sql.SQL("CASE WHEN {} THEN NULL ELSE t.{} END").format(
                theirs if name in open_to_people else sql.SQL("false"), sql.Identifier(name)
            )
            bases.append(
                sql.SQL(
                    "CASE WHEN o.id IS NOT NULL AND NOT ({theirs}) THEN t.{name}"
                    " WHEN said.id IS NOT NULL THEN (said.values ->> {text})::{type}"
                    " WHEN past.id IS NOT NULL THEN past.{name} ELSE {unknown} END AS {base}"
                ).format(
                    text=name,
                    type=sql.SQL(str(each.db_type(connection))),
                    name=sql.Identifier(name),
                    theirs=theirs,
                    unknown=unknown,
                    base=sql.Identifier(f"b_{name}"),
                )
            )
        self.run(
            """CREATE TEMP TABLE met ON COMMIT DROP AS
            SELECT p."row", p.id, CASE WHEN said.id IS NULL THEN past.version ELSE said.version END AS version, {bases}
            FROM pg_temp.pending p JOIN {table} t ON t.id = p.id
            LEFT JOIN pg_temp.origin o ON o."row" = p."row"
            LEFT JOIN {said} said ON said.feature = coalesce(o.id, p.id) AND said.layer = {layer}
            LEFT JOIN LATERAL (
                SELECT s.id, s.version FROM {said} s
                WHERE s.feature = coalesce(o.id, p.id) ORDER BY s.at LIMIT 1) other ON said.id IS NULL
            LEFT JOIN LATERAL (
                -- Who takes a load back says nothing about the feature; who sets the same values by hand does.
                SELECT c.channel = ANY({undo}) AND NOT EXISTS (
                    SELECT FROM {proposals} a WHERE a.changeset = c.id AND a.feature = p.id) AS it
                FROM history_changeset c WHERE c.id = t.changeset) undone ON true
            LEFT JOIN LATERAL (
                -- Another file of this source met people's changes before: what stood there then. Else where a load
                -- was taken back, what an import had left before it.
                SELECT h.* FROM history.{plain} h JOIN history_changeset c ON c.id = h.opened_by
                WHERE c.channel = 'import' AND h.id = coalesce(o.id, p.id) AND said.id IS NULL
                    AND (other.id IS NULL OR h.version = other.version)
                ORDER BY (undone.it AND ROW({past}) IS NOT DISTINCT FROM ROW({now})) DESC, h.version DESC LIMIT 1
            ) past ON true
            WHERE p.met""",
            bases=sql.SQL(", ").join(bases),
            layer=self.layer.name,
            undo=sql.Literal(list(UNDO)),
            proposals=sql.Identifier(Proposal._meta.db_table),
            plain=sql.Identifier(self.staging.model._meta.db_table),
            past=_row("h", self.columns),
            now=_row("t", self.columns),
        )
        self.run('CREATE INDEX ON pg_temp.met ("row"); ANALYZE pg_temp.met')

    def _told(self) -> list[Told]:
        """Read the features of which the source says something new, and sort out what people changed, too."""
        columns = [name for part in self._parts for name in part]
        flags = [
            test(part)
            for part in self._parts
            for test in (self._changed, self.edited, self._differs)
        ]
        statement = self.compose(
            """SELECT r."row", r.source_key, m.id, m.version, {municipality}, {quarter}, t.licence, {layer},
                ARRAY[{flags}], {says}
            FROM pg_temp.met m JOIN pg_temp.staged r ON r."row" = m."row" JOIN {table} t ON t.id = m.id
            WHERE {changed} ORDER BY r."row" """,
            municipality=place_of(self.layer, "t", "municipality"),
            quarter=place_of(self.layer, "t", "quarter"),
            layer=layer_of(self.layer, sql.SQL("m.id")),
            flags=sql.SQL(", ").join(flags),
            says=sql.SQL(", ").join(self._says(name) for name in columns),
            changed=sql.SQL(" OR ").join(self._changed(part) for part in self._parts),
        )
        layers = {each.name: each for each in registry.layers()}
        found = []
        with connection.wrap_database_errors, raw_cursor() as cursor:
            rows = cursor.execute(statement).fetchall()
        for row, key, id, version, municipality, quarter, licence, name, kinds, *values in rows:
            layer = layers.get(name, self.layer)
            moved: set[str] = set()
            differs: set[str] = set()
            for number, part in enumerate(self._parts):
                names = {self.columns[each].name for each in part}
                is_new, edited, other = kinds[3 * number : 3 * number + 3]
                moved |= names if is_new else set()
                differs |= names if edited and other else set()
            disagreement = Disagreement(
                layer=layer,
                feature=id,
                base_version=version,
                says={
                    self.columns[column].name: value
                    for column, value in zip(columns, values, strict=True)
                },
                moved=frozenset(moved),
                differs=frozenset(differs),
                municipality=municipality,
                quarter=quarter,
                licence=licence,
            )
            found.append(Told(row, key, disagreement))
        return found

    def _keep(self) -> None:
        """Keep what the source says now as its last word about these features; what is the same writes nothing."""
        names = list(self.columns)
        says = sql.SQL(", ").join(sql.SQL("({})::text").format(self._says(name)) for name in names)
        self.run(
            """INSERT INTO {said} AS l (feature, layer, values, version)
            SELECT m.id, {layer}, jsonb_object(ARRAY[{names}], ARRAY[{says}]), m.version
            FROM pg_temp.met m JOIN pg_temp.staged r ON r."row" = m."row" JOIN {table} t ON t.id = m.id
            ON CONFLICT (feature, layer) DO UPDATE SET values = excluded.values, at = now()
            WHERE l.values IS DISTINCT FROM excluded.values""",
            layer=self.layer.name,
            names=sql.SQL(", ").join(map(sql.Literal, names)),
            says=says,
        )

    def _says(self, name: str) -> sql.Composable:
        """What the source says of a column now; where the load brings nothing about it, what it said last."""
        staged = sql.SQL("r.{}").format(sql.Identifier(name))
        before = base(name)
        if name not in self._said:
            return before
        if self.joined:
            return sql.SQL("coalesce({}, {})").format(staged, before)
        if name == STATUS and name not in self.staging.columns:
            # A row in the file says that it is there, where the last word was that it is gone.
            return sql.SQL("CASE WHEN {1} = {2} THEN {0} ELSE {1} END").format(
                staged, before, Status.GONE.value
            )
        if self.staging.geometry and name in (
            self.staging.geometry,
            *self.staging.model.with_geometry,
        ):
            return sql.SQL("CASE WHEN r.{} IS NULL THEN {} ELSE {} END").format(
                sql.Identifier(self.staging.geometry), before, staged
            )
        return staged

    def _changed(self, part: Sequence[str]) -> sql.Composable:
        return _differ(map(self._says, part), map(base, part))

    def edited(self, part: Sequence[str]) -> sql.Composable:
        return _differ(map(_current, part), map(base, part))

    def _differs(self, part: Sequence[str]) -> sql.Composable:
        return _differ(map(self._says, part), map(_current, part))

    def compose(self, statement: str, **values: Any) -> sql.Composed:
        table = sql.Identifier("public", self.staging.model._meta.db_table)
        said = sql.Identifier(LastSaid._meta.db_table)
        return sql.SQL(statement).format(table=table, said=said, **values)

    def run(self, statement: str, **values: Any) -> Any:
        """Run a statement; the first value of its first row, if it gives any."""
        with connection.cursor() as cursor:
            cursor.execute(self.compose(statement, **values))
            return cursor.fetchone()[0] if cursor.description else None


def base(name: str) -> sql.Composable:
    return sql.SQL("m.{}").format(sql.Identifier(f"b_{name}"))


def _current(name: str) -> sql.Composable:
    return sql.SQL("t.{}").format(sql.Identifier(name))


def _differ(ones: Iterable[sql.Composable], others: Iterable[sql.Composable]) -> sql.Composable:
    return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(
        sql.SQL(", ").join(ones), sql.SQL(", ").join(others)
    )


def _row(prefix: str, names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(prefix, name) for name in names)


def _names(names: Iterable[str]) -> sql.Composable:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def place_of(layer: Layer, row: str, name: str) -> sql.Composable:
    """Municipality or quarter of a row, as SQL."""
    return sql.Identifier(row, f"{name}_id") if has_field(layer, name) else sql.SQL("NULL::uuid")


def layer_of(layer: Layer, id: sql.Composable) -> sql.Composable:
    """The name of a layer that holds a feature as it stands, `layer` first: there a proposal about it is shown."""
    others = [each for each in registry.layers() if each.model is layer.model and each is not layer]
    cases = [
        sql.SQL("WHEN {} THEN {}").format(sql.SQL(condition(each) or "true"), each.name)
        for each in (layer, *others)
    ]
    table = sql.Identifier("public", layer.model._meta.db_table)
    return sql.SQL("(SELECT CASE {} END FROM {} WHERE id = {})").format(
        sql.SQL(" ").join(cases), table, id
    )
