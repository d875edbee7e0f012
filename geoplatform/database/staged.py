"""Many new rows at once: the same upkeep as the row trigger's, said for a set of rows.

A row trigger that looks up quarter, species and history costs several times the insert itself. So an import stages its
rows in a temporary table that belongs to the owner, and `geoplatform.insert_<table>()` derives all of them in one
statement. While that statement runs, and for its table alone, the row trigger stands aside; nobody but the owner's own
functions can make it do so (`unless_staged`). What the two roads store is held equal by a test.
"""

from typing import TYPE_CHECKING

from geoplatform.database import references

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep

# By which function rows of a geometry type find their municipality and quarter; others ask `territory` one by one.
LOCATED = {
    "POINT": "points",
    "LINESTRING": "shapes",
    "MULTILINESTRING": "shapes",
    "POLYGON": "shapes",
    "MULTIPOLYGON": "shapes",
}
FUNCTION = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def unless_staged(table: str) -> str:
    """Condition of the insert trigger, as the second argument of `format` with the owner's name for %L."""
    return f"(current_user <> %L OR current_setting('geoplatform.staged', true) IS DISTINCT FROM '{table}')"


def create(table: str, upkeep: "Upkeep") -> list[str]:
    """`stage_<table>`: an empty table to fill; `insert_<table>`: its rows without `target` become features;
    `return_<table>`: its rows, which have the ids of features that are gone, become those features again.
    """
    return [_stage(table, upkeep), _insert(table, upkeep), _return(table, upkeep)]


def remove(table: str) -> str:
    return f"""DROP FUNCTION IF EXISTS geoplatform.stage_{table};
        DROP FUNCTION IF EXISTS geoplatform.insert_{table};
        DROP FUNCTION IF EXISTS geoplatform.return_{table};"""


def _given(upkeep: "Upkeep") -> list[str]:
    """The columns that an import may fill: what is versioned, and the municipality that it states."""
    return [*upkeep.versioned, *(["municipality_id"] if upkeep.territory else [])]


def _stage(table: str, upkeep: "Upkeep") -> str:
    columns = ", ".join(f'"{name}"' for name in _given(upkeep))
    # Values that are the same for all rows are the columns' defaults, so that they need not be sent.
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.stage_{table}(same jsonb) RETURNS void {FUNCTION} AS $$
    DECLARE
        each record;
    BEGIN
        DROP TABLE IF EXISTS pg_temp.staged;
        CREATE TEMP TABLE staged ON COMMIT DROP AS
            SELECT 0 AS "row", id AS target, id, {columns} FROM public.{table} WHERE false;
        FOR each IN SELECT * FROM jsonb_each_text(same) LOOP
            EXECUTE format('ALTER TABLE pg_temp.staged ALTER COLUMN %I SET DEFAULT %L', each.key, each.value);
        END LOOP;
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON pg_temp.staged TO %I', session_user);
    END $$"""


def _insert(table: str, upkeep: "Upkeep") -> str:
    return _function(
        table,
        upkeep,
        name=f"insert_{table}",
        declare="""
        -- UUIDs of version 7 (RFC 9562, 5.7: milliseconds, then a counter with random bits around it): rows that come
        -- together have ids that lie together, which the index takes for half of what random ones cost.
        front text := lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
            || substr(gen_random_uuid()::text, 1, 3) || '8' || substr(gen_random_uuid()::text, 1, 3);
        tail text := substr(gen_random_uuid()::text, 1, 4);""",
        kept={
            "id": "(front || lpad(to_hex(s.\"row\"), 8, '0') || tail)::uuid",
            "version": "1",
            "created": "moment",
            "changed": "moment",
            "changeset": "this",
        },
    )


def _return(table: str, upkeep: "Upkeep") -> str:
    """What the row trigger does for an id that comes back: number, first day and count of versions go on."""
    return _function(
        table,
        upkeep,
        name=f"return_{table}",
        declare="",
        kept={
            "id": "s.id",
            "fid": "past.fid",
            "version": "past.version + 1",
            "created": "past.created",
            "changed": "greatest(moment, past.valid_to)",
            "changeset": "this",
        },
        past=f""" JOIN (
            SELECT DISTINCT ON (h.id) h.id, h.fid, h.version, h.created, h.valid_to FROM history.{table} h
            WHERE h.id IN (SELECT g.id FROM pg_temp.staged g) ORDER BY h.id, h.version DESC) past ON past.id = s.id""",
        check=f"""
        -- Somebody else may have brought one back and deleted it again meanwhile.
        IF EXISTS (SELECT FROM pg_temp.staged s JOIN public.{table} f ON f.id = s.id
                JOIN history.{table} h ON h.id = f.id AND h.version >= f.version) THEN
            RAISE EXCEPTION 'a feature of {table} was deleted meanwhile by somebody else: please try again'
                USING ERRCODE = 'serialization_failure';
        END IF;""",
    )


def _function(
    table: str,
    upkeep: "Upkeep",
    *,
    name: str,
    declare: str,
    kept: dict[str, str],
    past: str = "",
    check: str = "",
) -> str:
    versioned = ", ".join(f'"{name}"' for name in upkeep.versioned)
    names, values = list(kept), list(kept.values())
    joins = past
    located = ""
    named = {column: f's."{column}"' for column, _target in upkeep.references}
    if upkeep.territory and upkeep.geometry:
        located = _located(upkeep)
        joins += ' LEFT JOIN located t ON t."row" = s."row"'
        named["municipality_id"] = "coalesce(t.municipality_id, s.municipality_id)"
        names += ["municipality_id", "quarter_id"]
        values += [named["municipality_id"], "t.quarter_id"]
    held = references.check_set(
        upkeep, f"FROM pg_temp.staged s{joins} WHERE s.target IS NULL", named
    )
    for number, (key, target) in enumerate(upkeep.related_keys().items()):
        joins += f' LEFT JOIN public.{target} r{number} ON r{number}.id = s."{key}"'
        for field, own, foreign_key, _target, column in upkeep.inherited:
            if foreign_key == key:
                names.append(f'"{field}"')
                values.append(f'coalesce(s."{own}", r{number}."{column}")')
    for column, *_rule in upkeep.counted:
        # Nothing refers yet to a feature that comes.
        names.append(f'"{column}"')
        values.append("0")
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.{name}() RETURNS bigint {FUNCTION} AS $$
    DECLARE
        this bigint;
        moment timestamptz;{declare}
        added bigint;
    BEGIN
        PERFORM geoplatform.check_staged();
        IF NOT EXISTS (SELECT FROM pg_temp.staged WHERE target IS NULL) THEN
            RETURN 0;
        END IF;{_guard(upkeep)}
        PERFORM geoplatform.derives();
        this := geoplatform.changeset();
        moment := clock_timestamp();{located}{held}
        PERFORM set_config('geoplatform.staged', '{table}', true);
        INSERT INTO public.{table} ({", ".join(names)}, {versioned})
        SELECT {", ".join(values)}, {", ".join(f's."{name}"' for name in upkeep.versioned)}
        FROM pg_temp.staged s{joins}
        WHERE s.target IS NULL;
        GET DIAGNOSTICS added = ROW_COUNT;
        PERFORM set_config('geoplatform.staged', '', true);{check}
        RETURN added;
    END $$"""


def _guard(upkeep: "Upkeep") -> str:
    """Refuse what `guard` refuses; points by its rule said in place: a call per row costs more than the rule."""
    if not upkeep.geometry:
        return ""
    column = f's."{upkeep.geometry}"'
    fine = ""
    if upkeep.geometry_type == "POINT":
        fine = f"""
            AND (ST_X({column}) BETWEEN -180 AND 180 AND ST_Y({column}) BETWEEN -85.06 AND 85.06) IS NOT TRUE"""
    return f"""
        PERFORM geoplatform.guard({column}) FROM pg_temp.staged s
        WHERE s.target IS NULL{fine};"""


def _located(upkeep: "Upkeep") -> str:
    """The rule of `territory`, area by area: each outline is prepared once and finds its rows by index."""
    kind = LOCATED.get(upkeep.geometry_type or "")
    if kind is None:
        return _located_one_by_one(upkeep)
    return f"""
        CREATE INDEX ON pg_temp.staged USING gist ("{upkeep.geometry}");
        DROP TABLE IF EXISTS pg_temp.located;
        CREATE TEMP TABLE located ON COMMIT DROP AS
            SELECT * FROM geoplatform.located_{kind}('{upkeep.geometry}');
        CREATE UNIQUE INDEX ON pg_temp.located ("row");
        ANALYZE pg_temp.located;"""


def _located_one_by_one(upkeep: "Upkeep") -> str:
    """Of mixed kinds each row says itself which rule holds."""
    return f"""
        DROP TABLE IF EXISTS pg_temp.located;
        CREATE TEMP TABLE located ON COMMIT DROP AS
            SELECT s."row", t.municipality AS municipality_id, t.quarter AS quarter_id
            FROM pg_temp.staged s
            CROSS JOIN LATERAL geoplatform.territory(s."{upkeep.geometry}", s.municipality_id) t
            WHERE s.target IS NULL;"""
