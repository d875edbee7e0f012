"""What alone may happen to a closed version: a text in it is replaced by a marker, and that is written down.

A trigger on each history table sees to it, whoever writes: not the function that redacts (sql/redaction.sql), not the
owner changes anything else. A name or a telephone number has to go from what was; that a version stood there, when and
by whom, stays.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep

# What stands in the place of a text. Programs compare with it, so it is never translated in the data.
MARKER = "[redacted]"


def create(table: str, upkeep: "Upkeep") -> str:
    """The trigger on the closed versions of `table`."""
    allowed = "".join(
        f"""
        IF NEW."{column}" = '{MARKER}' AND OLD."{column}" NOT IN ('', '{MARKER}') THEN
            due."{column}" := '{MARKER}';
            gone := gone || '{column}'::text;
        END IF;"""
        for column in upkeep.texts
    )
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.redact_{table}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE
        due history.{table} := OLD;
        gone text[] := '{{}}';
    BEGIN{allowed}
        -- Byte by byte, for equal is not the same: geometries that are, numbers that are.
        IF NEW *<> due OR gone = '{{}}' THEN
            RAISE EXCEPTION 'UPDATE on history.{table} is refused: only a text may become the marker'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.history_redaction (table_name, feature, version, columns, changeset_id)
        VALUES ('{table}', OLD.id, OLD.version, gone, geoplatform.changeset());
        RETURN due;
    END $$;
    DROP TRIGGER IF EXISTS redact_only ON history.{table};
    CREATE TRIGGER redact_only BEFORE UPDATE ON history.{table}
        FOR EACH ROW EXECUTE FUNCTION geoplatform.redact_{table}();
    ALTER TABLE history.{table} ENABLE ALWAYS TRIGGER redact_only"""


def remove(table: str) -> str:
    """What is left of a table that goes is its history, of which then nothing may change any more."""
    return f"""
    DROP FUNCTION IF EXISTS geoplatform.redact_{table} CASCADE;
    DO $do$ BEGIN
        IF to_regclass('history.{table}') IS NOT NULL THEN
            DROP TRIGGER IF EXISTS refuse_change ON history.{table};
            CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON history.{table}
                FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
            ALTER TABLE history.{table} ENABLE ALWAYS TRIGGER refuse_change;
        END IF;
    END $do$;"""
