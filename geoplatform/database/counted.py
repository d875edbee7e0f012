"""How many rows refer to a feature: a column that the database counts anew whenever one of them changes.

It is counted in the feature's own row trigger, which nobody can pass over, and holds the row meanwhile: of two who
change two plots of one garden, the second counts after the first has committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Counting, Upkeep

DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
TRANSITIONS = {
    "insert": "NEW TABLE AS after",
    "update": "OLD TABLE AS before NEW TABLE AS after",
    "delete": "OLD TABLE AS before",
}


def number(rule: Counting, id: str) -> str:
    """SQL of how many there are for the feature with this id (SQL, too)."""
    _column, rows, key, condition = rule
    return f'(SELECT count(*) FROM public.{rows} WHERE {rows}."{key}" = {id} AND ({condition}))'


def derive(upkeep: Upkeep) -> str:
    """For the row trigger."""
    return "".join(
        f"""
        NEW."{rule[0]}" := {number(rule, "NEW.id")};"""
        for rule in upkeep.counted
    )


def create(table: str, upkeep: Upkeep) -> list[str]:
    """Watch the rows that refer to the features of `table`, and count those that are there."""
    parts = [_watch(table, rule) for rule in upkeep.counted]
    # What a column shows that has just been added.
    return [*parts, f"UPDATE public.{table} SET fid = fid"] if parts else []


def remove(table: str, upkeep: Upkeep) -> str:
    return "".join(
        f"DROP FUNCTION IF EXISTS geoplatform.count_{table}_{rule[0]} CASCADE;"
        for rule in upkeep.counted
    )


def _watch(table: str, rule: Counting) -> str:
    column, rows, key, condition = rule
    function = f"count_{table}_{column}"

    def told(transition: str) -> str:
        # Called like the table itself, as whose the condition names its columns.
        return f'SELECT {rows}."{key}", {rows}.id FROM {transition} {rows} WHERE {condition}'

    triggers = ";\n".join(
        f"""DROP TRIGGER IF EXISTS {function}_{event} ON public.{rows};
        CREATE TRIGGER {function}_{event} AFTER {event.upper()} ON public.{rows} REFERENCING {transitions}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.{function}();
        ALTER TABLE public.{rows} ENABLE ALWAYS TRIGGER {function}_{event}"""
        for event, transitions in TRANSITIONS.items()
    )
    # Three branches, since a statement that names a table which is not there cannot even be planned.
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.{function}() RETURNS trigger {DEFINER} AS $$
    DECLARE
        concerned uuid[];
    BEGIN
        IF TG_OP = 'INSERT' THEN
            concerned := ARRAY(SELECT "{key}" FROM ({told("after")}) t);
        ELSIF TG_OP = 'DELETE' THEN
            concerned := ARRAY(SELECT "{key}" FROM ({told("before")}) t);
        ELSE
            concerned := ARRAY(SELECT "{key}" FROM (
                ({told("before")} EXCEPT {told("after")}) UNION ALL ({told("after")} EXCEPT {told("before")})) t);
        END IF;
        -- In one order, so that two who change plots of several gardens do not wait for each other.
        PERFORM FROM public.{table} f WHERE f.id = ANY (concerned) ORDER BY f.id FOR NO KEY UPDATE;
        UPDATE public.{table} f SET fid = f.fid WHERE f.id = ANY (concerned);
        RETURN NULL;
    END $$;
    {triggers}"""
