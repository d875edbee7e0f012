"""Foreign keys that upkeep keeps instead of a constraint: the same refusals, but in sets where rows come in sets.

The server checks its own foreign keys row by row: for 175,000 plants and three keys two seconds. A field with
`db_constraint=False` is kept here instead (decision 14). Who writes a reference holds the row that it names FOR KEY
SHARE; after a deletion a statement trigger looks for references that are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep


def create(table: str, upkeep: Upkeep) -> list[str]:
    """Note what `table` refers to, and watch the tables that it refers to."""
    noted = [
        f"INSERT INTO geoplatform.referring VALUES ('{table}', '{column}', '{target}')"
        for column, target in upkeep.references
    ]
    watched = [_watch(target) for target in sorted({target for _, target in upkeep.references})]
    return [remove(table), *noted, *watched] if noted else []


def remove(table: str) -> str:
    """`table` refers to nothing any more; the triggers on other tables find that out by themselves."""
    return f"DELETE FROM geoplatform.referring WHERE table_name = '{table}'"


def check_row(table: str, upkeep: Upkeep) -> str:
    """For the row trigger: what NEW refers to is there, and stays; looked up only when it is another than before."""
    return "".join(
        f"""
        IF NEW."{column}" IS NOT NULL AND (TG_OP = 'INSERT' OR NEW."{column}" IS DISTINCT FROM OLD."{column}") THEN
            PERFORM FROM public.{target} WHERE id = NEW."{column}" FOR KEY SHARE;
            IF NOT FOUND THEN
                RAISE EXCEPTION '{table}.{column}: there is no % in {target}', NEW."{column}"
                    USING ERRCODE = 'foreign_key_violation', TABLE = '{table}', COLUMN = '{column}';
            END IF;
        END IF;"""
        for column, target in upkeep.references
    )


def check_set(upkeep: Upkeep, rows: str, values: dict[str, str]) -> str:
    """For a set of rows (FROM and WHERE of a query, and each column's value in it): the same, in one pass over them."""
    if not upkeep.references:
        return ""
    named = ", ".join(f'{values[column]} AS "{column}"' for column, _target in upkeep.references)
    hold = ", ".join(
        f"""geoplatform.hold('{target}', ARRAY(SELECT DISTINCT "{column}" FROM named))"""
        for column, target in upkeep.references
    )
    return f"""
        PERFORM * FROM (
            WITH named AS MATERIALIZED (SELECT DISTINCT {named} {rows}) SELECT {hold}) held;"""


def _watch(target: str) -> str:
    events = {
        "DELETE": ("AFTER", "REFERENCING OLD TABLE AS before"),
        "UPDATE": ("AFTER", "REFERENCING OLD TABLE AS before NEW TABLE AS after"),
        "TRUNCATE": ("BEFORE", ""),
    }
    return ";\n".join(
        f"""CREATE OR REPLACE TRIGGER still_referenced_{event.lower()} {when} {event} ON public.{target} {transition}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.still_referenced();
        ALTER TABLE public.{target} ENABLE ALWAYS TRIGGER still_referenced_{event.lower()}"""
        for event, (when, transition) in events.items()
    )
