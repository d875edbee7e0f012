"""The tags of objects that were read, kept whole: what no mapping names today may be a field tomorrow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection
from psycopg import sql

from geoplatform.catalog.models import Source
from geoplatform.exchange.models import ObjectTags

TABLE = sql.Identifier(ObjectTags._meta.db_table)
COLUMNS = sql.SQL("(source_id, source_key, tags)")
AGAIN = sql.SQL("""
INSERT INTO {table} AS t {columns} SELECT source_id, source_key, tags FROM pg_temp.said_tags
ON CONFLICT (source_id, source_key) DO UPDATE SET tags = excluded.tags WHERE t.tags IS DISTINCT FROM excluded.tags
""").format(table=TABLE, columns=COLUMNS)


def keep_tags(source: Source, said: Sequence[pa.Table]) -> None:
    """Keep what was said of objects: tables of their keys and of their tags, JSON as text."""
    rows = pa.concat_tables(said).combine_chunks()
    # Two layers may hold one object; a file says the same of it to both.
    keys = rows.column(0).combine_chunks().dictionary_encode().indices
    _keys, once = np.unique(keys, return_index=True)
    rows = rows.take(pa.array(once.tolist()))
    rows = rows.add_column(0, "source", pa.repeat(pa.scalar(source.pk), len(rows)))
    with connection.cursor() as cursor:
        if not ObjectTags.objects.filter(source=source).exists():
            _copy(cursor, TABLE, rows)  # nothing to compare with: half the work
            return
        cursor.execute(
            sql.SQL(
                "CREATE TEMP TABLE said_tags ON COMMIT DROP AS"
                " SELECT source_id, source_key, tags FROM {table} WITH NO DATA"
            ).format(table=TABLE)
        )
        _copy(cursor, sql.SQL("pg_temp.said_tags"), rows)
        cursor.execute(AGAIN)
        cursor.execute("DROP TABLE pg_temp.said_tags")


def _copy(cursor: Any, table: sql.Composable, rows: pa.Table) -> None:
    statement = sql.SQL("COPY {table} {columns} FROM STDIN (FORMAT csv)")
    with cursor.copy(statement.format(table=table, columns=COLUMNS)) as copy:
        data = io.BytesIO()
        pacsv.write_csv(rows, data, pacsv.WriteOptions(include_header=False))
        copy.write(data.getbuffer())
