"""The SQL that keeps the pyramids of one table of points: what an edit appends, and how it is merged into the chunks.

A cell of the pyramid is a few sums (number of points, of their offsets, of their numbers), so a change is a row that
says what to add or to take away. Edits append such rows (`delta_<table>`) and never touch a chunk: writers do not wait
for each other, and whoever reads takes chunk and visible deltas in one snapshot. `fold_<table>` merges deltas later,
`build_<table>` makes everything anew from the rows; both run one at a time, and MVCC shows readers the state before or
after. What the tables hold: sql/pyramid.sql.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from geoplatform.database import stack
from geoplatform.database.operations import SQL
from geoplatform.database.points import Pyramids, facts, member, points, relevant

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep

DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
TYPES = {
    "text": "text",
    "boolean": "boolean",
    "bigint": "bigint",
    "uuid": "uuid",
    "mask": "integer",
}


def of(table: str, upkeep: Upkeep) -> Pyramids | None:
    if not upkeep.pyramid or not upkeep.geometry:
        return None
    values, layers = upkeep.pyramid["values"], upkeep.pyramid["layers"]
    return Pyramids(table, upkeep.geometry, _tuples(values), _tuples(layers))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def create(table: str, upkeep: Upkeep) -> list[str]:
    """Tables, triggers and functions of the pyramids of `table`, and the pyramids themselves, built from its rows."""
    it = of(table, upkeep)
    if it is None:
        return []
    return [
        *remove(table, upkeep),
        shared(),
        *_tables(it),
        _function(it),
        *_triggers(it),
        *_related(it),
        *_locks(it, upkeep),
        *stack.functions(it),
        f"SELECT geoplatform.build_{table}()",
    ]


def remove(table: str, upkeep: Upkeep) -> list[str]:
    """Everything of the pyramids of `table`: they hold nothing that the rows do not."""
    it = of(table, upkeep)
    related = (
        [f"DROP FUNCTION IF EXISTS {_related_name(it, key)} CASCADE" for key, _table in it.related]
        if it
        else []
    )
    locks = (
        [
            f"DROP TRIGGER IF EXISTS {_lock_name(it, key)} ON public.{target}"
            for key, target in it.related
        ]
        if it
        else []
    )
    return [
        *related,
        *locks,
        f"DROP TRIGGER IF EXISTS pyramid_looks_up ON public.{table}",
        f"DROP FUNCTION IF EXISTS geoplatform.point_{table}, geoplatform.points_{table} CASCADE",
        f"DROP FUNCTION IF EXISTS geoplatform.fold_{table}, geoplatform.build_{table}, geoplatform.heap_{table},"
        f" geoplatform.merge_{table}",
        f"DROP TABLE IF EXISTS geoplatform.delta_{table}, geoplatform.combination_{table}",
        f"""DO $do$ BEGIN
            IF to_regclass('geoplatform.pyramid') IS NOT NULL THEN
                DELETE FROM geoplatform.chunk WHERE layer IN (
                    SELECT layer FROM geoplatform.pyramid WHERE table_name = '{table}');
                DELETE FROM geoplatform.point_class WHERE layer IN (
                    SELECT layer FROM geoplatform.pyramid WHERE table_name = '{table}');
                DELETE FROM geoplatform.pyramid WHERE table_name = '{table}';
            END IF;
        END $do$""",
    ]


def shared() -> str:
    """sql/pyramid.sql."""
    spread = ",".join(str(sum((n >> i & 1) << 2 * i for i in range(7))) for n in range(128))
    return (SQL / "pyramid.sql").read_text().replace("{{spread}}", f"{{{spread}}}").rstrip(" ;\n")


def _tables(it: Pyramids) -> Iterator[str]:
    values = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind, *_ in it.values)
    flags = ", ".join(f"{member(each[0])} boolean NOT NULL" for each in it.layers)
    # key: the Morton number of the tile of zoom 13. x, y: the point on the grid. sign: 1 is there, -1 no longer.
    yield f"""CREATE TABLE geoplatform.delta_{it.table} (key integer NOT NULL, x integer NOT NULL, y integer NOT NULL,
        fid bigint NOT NULL, sign smallint NOT NULL, {values}, {flags})"""
    yield f"CREATE INDEX delta_{it.table}_key ON geoplatform.delta_{it.table} (key)"
    # Its rows live for minutes: dead ones are in every reader's way.
    yield f"""ALTER TABLE geoplatform.delta_{it.table} SET (autovacuum_vacuum_scale_factor = 0,
        autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1)"""
    # All values of a point at once; `facts` is their text, null included, by which a combination is found.
    yield f"""CREATE TABLE geoplatform.combination_{it.table} (
        id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, facts text NOT NULL UNIQUE, {values}, {flags})"""
    for name, *_rest in it.layers:
        yield f"INSERT INTO geoplatform.pyramid VALUES ('{name}', '{it.table}')"


def _append(it: Pyramids, source: str, **options: Any) -> str:
    names = ", ".join(it.names)
    return f"""INSERT INTO geoplatform.delta_{it.table} (key, x, y, fid, sign, {names})
        SELECT geoplatform.morton(t.x >> 12, t.y >> 12), t.x, t.y, t.fid, t.sign, {names}
        FROM ({points(it, source, **options)}) t"""


def _function(it: Pyramids) -> str:
    """Inserts and deletions come as sets. Updates come row by row: to join the rows before with those after, one plan
    would have to serve single edits and bulk updates alike."""
    return f"""
    CREATE FUNCTION geoplatform.points_{it.table}() RETURNS trigger {DEFINER} SET enable_seqscan = off AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            {_append(it, f"SELECT 1 AS sign, {facts(it, 'a')} FROM after a")};
        ELSE
            {_append(it, f"SELECT -1 AS sign, {facts(it, 'b')} FROM before b")};
        END IF;
        RETURN NULL;
    END $$;
    CREATE FUNCTION geoplatform.point_{it.table}() RETURNS trigger {DEFINER} SET enable_seqscan = off AS $$
    BEGIN
        IF {relevant(it, "NEW")} IS DISTINCT FROM {relevant(it, "OLD")} THEN
            {_append(it, f"SELECT -1 AS sign, {facts(it, 'OLD')} UNION ALL SELECT 1, {facts(it, 'NEW')}")};
        END IF;
        RETURN NULL;
    END $$"""


def _triggers(it: Pyramids) -> Iterator[str]:
    for event, old_or_new in (("INSERT", "NEW TABLE AS after"), ("DELETE", "OLD TABLE AS before")):
        yield f"""CREATE TRIGGER pyramid_{event.lower()} AFTER {event} ON public.{it.table} REFERENCING {old_or_new}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.points_{it.table}()"""
    yield f"""CREATE TRIGGER pyramid_update AFTER UPDATE ON public.{it.table}
        FOR EACH ROW EXECUTE FUNCTION geoplatform.point_{it.table}()"""
    for event in ("insert", "delete", "update"):
        yield f"ALTER TABLE public.{it.table} ENABLE ALWAYS TRIGGER pyramid_{event}"


def _locks(it: Pyramids, upkeep: Upkeep) -> Iterator[str]:
    """Whoever looks related values up holds the lock shared, whoever changes them holds it alone (sql/guard.sql).

    The row trigger that derives takes it already where something is derived, but not for deletions.
    """
    if not it.related:
        return
    events = "DELETE" if upkeep.derived_columns() else "INSERT OR UPDATE OR DELETE"
    yield f"""CREATE TRIGGER pyramid_looks_up BEFORE {events} ON public.{it.table}
        FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.looks_up()"""
    yield f"ALTER TABLE public.{it.table} ENABLE ALWAYS TRIGGER pyramid_looks_up"
    for key, table in it.related:
        name = _lock_name(it, key)
        yield f"""CREATE TRIGGER {name} BEFORE UPDATE ON public.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.changes_what_is_derived_from()"""
        yield f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {name}"


def _lock_name(it: Pyramids, key: str) -> str:
    return f"points_{it.table}_{key}_alone"


def _related_name(it: Pyramids, key: str) -> str:
    return f"geoplatform.points_{it.table}_{key}"


def _related(it: Pyramids) -> Iterator[str]:
    """A value of a related row changes: its features are taken away as they were and added as they are.

    The triggers must fire before those that derive features anew (`refresh_...`, `territory_...`), since the deltas of
    these look the new value up for the row before and after; triggers fire in the order of their names.
    """
    for (key, table), columns in it.related.items():
        name = _related_name(it, key)
        short = name.partition(".")[2]
        # A row that comes or goes changes features only within a transaction that defers its foreign keys.
        nothing = ", ".join("NULL" for _each in columns)
        own = ", ".join(f'"{each}"' for each in columns)
        changes = {
            "UPDATE": f"""SELECT v.* FROM before b JOIN after a USING (id) CROSS JOIN LATERAL (
                SELECT 1 AS sign, a.id, {_columns("a", columns)}
                UNION ALL SELECT -1, b.id, {_columns("b", columns)}) v
                WHERE ROW({_columns("a", columns)}) IS DISTINCT FROM ROW({_columns("b", columns)})""",
            "INSERT": f"SELECT 1 AS sign, id, {own} FROM after UNION ALL SELECT -1, id, {nothing} FROM after",
            "DELETE": f"SELECT -1 AS sign, id, {own} FROM before UNION ALL SELECT 1, id, {nothing} FROM before",
        }
        read = ", ".join(f'c."{each}" AS "r_{key}__{each}"' for each in columns)
        appended = {
            event: _append(
                it,
                f"""SELECT c.sign, {facts(it, "f")}, {read}
                FROM ({change}) c JOIN public.{it.table} f ON f."{key}" = c.id""",
                known=(key, table),
            )
            for event, change in changes.items()
        }
        yield f"""
        CREATE FUNCTION {name}() RETURNS trigger {DEFINER} SET enable_seqscan = off AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                {appended["UPDATE"]};
            ELSIF TG_OP = 'INSERT' THEN
                {appended["INSERT"]};
            ELSE
                {appended["DELETE"]};
            END IF;
            RETURN NULL;
        END $$"""
        for event, transition in (
            ("INSERT", "NEW TABLE AS after"),
            ("UPDATE", "OLD TABLE AS before NEW TABLE AS after"),
            ("DELETE", "OLD TABLE AS before"),
        ):
            trigger = f"{short}_{event.lower()}"
            yield f"""CREATE TRIGGER {trigger} AFTER {event} ON public.{table} REFERENCING {transition}
                FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""
            yield f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {trigger}"


def _columns(row: str, columns: Sequence[str]) -> str:
    return ", ".join(f'{row}."{each}"' for each in columns)
