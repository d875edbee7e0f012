"""The index by which features are found by their names; it follows from the declaration of the layers of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep


def searched(columns: Sequence[str], table: str = "") -> str:
    """SQL of all names of a row as one text. The index is used where it is written exactly so."""
    prefix = f'"{table}".' if table else ""
    return " || ' ' || ".join(f"coalesce({prefix}\"{column}\", '')" for column in columns)


def create(table: str, upkeep: Upkeep) -> list[str]:
    """One index: for words as one types them, and for parts of words and slips of the pen (trigrams)."""
    if not upkeep.names:
        return [remove(table)]
    text = searched(upkeep.names)
    return [
        remove(table),
        f"""CREATE INDEX {table}_names ON public.{table}
            USING gin (geoplatform.name_words({text}), geoplatform.folded({text}) gin_trgm_ops)""",
    ]


def remove(table: str) -> str:
    return f"DROP INDEX IF EXISTS public.{table}_names"
