"""Tables for the stored GeoJSON texts of layers, and the count of changes to what they show of other tables.

The texts themselves are written and read by `query/stored.py`, which tells by itself which of them still hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep


def text_table(layer: str) -> str:
    """The table, in schema `geoplatform`, that holds the texts of a layer."""
    return f"text_{layer.replace('-', '_')}"


def create(table: str, upkeep: Upkeep) -> list[str]:
    """A table of texts for each layer; a trigger that counts changes, where other tables show something of this one."""
    parts = [
        # Not logged: after a crash the texts are made anew.
        f"""CREATE UNLOGGED TABLE IF NOT EXISTS geoplatform.{text_table(layer)} (
            fid bigint PRIMARY KEY,
            made_from xid NOT NULL,   -- xmin of the feature's row
            made_by bigint NOT NULL,  -- number of the SQL that composed it
            related bigint NOT NULL,  -- how often the related tables had changed
            body bytea NOT NULL);
        INSERT INTO geoplatform.texts VALUES ('{text_table(layer)}', '{table}')
            ON CONFLICT (text_table) DO UPDATE SET table_name = excluded.table_name"""
        for layer in upkeep.layers
    ]
    return [*parts, count_changes(table)] if upkeep.shown_elsewhere else parts


def count_changes(table: str) -> str:
    """Count the statements that change or delete rows of `table`."""
    transitions = {
        "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
        "DELETE": "OLD TABLE AS before",
    }
    return ";\n".join(
        f"""DROP TRIGGER IF EXISTS related_{event.lower()}d ON public.{table};
        CREATE TRIGGER related_{event.lower()}d AFTER {event} ON public.{table} REFERENCING {tables}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.related_changed();
        ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER related_{event.lower()}d"""
        for event, tables in transitions.items()
    )


def remove(table: str, upkeep: Upkeep) -> str:
    return "".join(
        f"DROP TABLE IF EXISTS geoplatform.{text_table(layer)};"
        f"DELETE FROM geoplatform.texts WHERE text_table = '{text_table(layer)}';"
        for layer in upkeep.layers
    ) + "".join(
        f"DROP TRIGGER IF EXISTS related_{event} ON public.{table};"
        for event in ("updated", "deleted")
    )
