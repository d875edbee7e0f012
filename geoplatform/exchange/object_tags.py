"""The tags of objects that were loaded, kept whole: what no mapping names today may be a field tomorrow."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.csv as pacsv
from django.db import connection
from psycopg import sql

from geoplatform.catalog.models import Feature, Source
from geoplatform.exchange.models import ObjectTags


def keep_tags(model: type[Feature], source: Source, said: Sequence[pa.Table]) -> None:
    """Keep what was said (tables of `key` and `tags`, JSON as text) of objects that are features now."""
    table = sql.Identifier(ObjectTags._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            'CREATE TEMP TABLE IF NOT EXISTS said_tags (key text COLLATE "C", tags jsonb) ON COMMIT DROP'
        )
        cursor.execute("TRUNCATE pg_temp.said_tags")
        with cursor.copy("COPY pg_temp.said_tags FROM STDIN (FORMAT csv)") as copy:
            for each in said:
                data = io.BytesIO()
                pacsv.write_csv(each, data, pacsv.WriteOptions(include_header=False))
                copy.write(data.getbuffer())
        cursor.execute(
            sql.SQL(
                "INSERT INTO {table} AS t (source_id, source_key, tags)"
                " SELECT DISTINCT ON (s.key) f.source_id, s.key, s.tags FROM pg_temp.said_tags s"
                " JOIN {features} f ON f.source_id = {source} AND f.source_key = s.key"
                " ON CONFLICT (source_id, source_key) DO UPDATE SET tags = excluded.tags"
                " WHERE t.tags IS DISTINCT FROM excluded.tags"
            ).format(
                table=table,
                features=sql.Identifier(model._meta.db_table),
                source=sql.Literal(source.pk),
            )
        )
