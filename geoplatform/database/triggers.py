"""The SQL that looks after one feature table: numbers, times, versions, derived columns, drawing geometry.

Written out per table, column by column: generic row-to-JSON triggers cost several times as much.
Everything is replaced as a whole whenever the declaration changes; the history table only ever grows.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoplatform.database import (
    counted,
    edits,
    pyramid,
    redaction,
    references,
    search,
    staged,
    texts,
)
from geoplatform.database.operations import SQL

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep

# The owner's rights, and a search path that nobody else can put a function on.
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
# What looks single rows up must not keep a plan from the day when a table was empty: planned as a scan of
# nothing, 50,000 inserts into a table with as many closed versions took 240 s instead of 5.
BY_INDEX = "SET enable_seqscan = off"
CLOSED = "id, fid, version, created, valid_from, valid_to, opened_by, closed_by, deleted"


def create(table: str, upkeep: "Upkeep") -> str:
    """All statements that put `table` under upkeep. Repeatable."""
    parts = [
        f"ALTER TABLE public.{table} ADD COLUMN IF NOT EXISTS changeset bigint NOT NULL DEFAULT 0",
        f"SELECT geoplatform.make_history('{table}', ARRAY[{_literals(upkeep.versioned)}])",
        f"""INSERT INTO geoplatform.kept VALUES ('{table}', {_text(upkeep.geometry)}, {bool(upkeep.territory)})
            ON CONFLICT (table_name) DO UPDATE SET geometry_column = excluded.geometry_column,
            in_territory = excluded.in_territory""",
        _before(table, upkeep),
        _after(table, upkeep),
        _no_fork(table),
        redaction.create(table, upkeep),
        *_drawing_column(table, upkeep),
        *_source_key(table),
        *references.create(table, upkeep),
        *_refresh_from_related(table, upkeep),
        *_role(table, upkeep),
        *staged.create(table, upkeep),
        *texts.create(table, upkeep),
        *pyramid.create(table, upkeep),
        *search.create(table, upkeep),
        *counted.create(table, upkeep),
        # The first migrations knew neither layers nor the log of edits.
        *(edits.create(table, upkeep) if upkeep.layers else []),
    ]
    return ";\n".join(parts)


def remove(table: str, upkeep: "Upkeep") -> str:
    """Take the triggers away; versions, numbers and the drawing column stay."""
    related = "".join(
        f"DROP FUNCTION IF EXISTS geoplatform.refresh_{table}_{fk} CASCADE;"
        for fk in upkeep.related_keys()
    )
    role = f"DROP TRIGGER IF EXISTS {{0}} ON public.{table};"
    return (
        related
        + staged.remove(table)
        + redaction.remove(table)
        + texts.remove(table, upkeep)
        + references.remove(table)
        + ";"
        + f"{search.remove(table)};"
        + counted.remove(table, upkeep)
        + edits.remove(table)
        + f"""DROP FUNCTION IF EXISTS geoplatform.keep_{table} CASCADE;
        DROP FUNCTION IF EXISTS geoplatform.archive_{table} CASCADE;
        DROP FUNCTION IF EXISTS geoplatform.no_fork_{table} CASCADE;
        DROP TRIGGER IF EXISTS refuse_truncate ON public.{table};
        DROP TRIGGER IF EXISTS alone ON public.{table};"""
        + "".join(
            role.format(f"territory_{event.lower()}") for event in ("INSERT", "UPDATE", "DELETE")
        )
        + "".join(f"{statement};" for statement in pyramid.remove(table, upkeep))
        + f"DELETE FROM geoplatform.kept WHERE table_name = '{table}'"
    )


def _text(value: str | None) -> str:
    return f"'{value}'" if value else "NULL"


def _literals(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _row(prefix: str, names: Sequence[str]) -> str:
    return "ROW(" + ", ".join(f'{prefix}."{name}"' for name in names) + ")"


def _before(table: str, upkeep: "Upkeep") -> str:
    derived = upkeep.derived_columns()
    derive = "\n        PERFORM geoplatform.derives();" if derived else ""
    if upkeep.territory and upkeep.geometry:
        derive += f"""
        SELECT t.municipality, t.quarter INTO NEW.municipality_id, NEW.quarter_id
        FROM geoplatform.territory(NEW."{upkeep.geometry}", NEW.municipality_id) t;"""
    for key, target in upkeep.related_keys().items():
        rules = [rule for rule in upkeep.inherited if rule[2] == key]
        values = ", ".join(f'coalesce(NEW."{own}", r."{column}")' for _, own, _, _, column in rules)
        names = ", ".join(f'NEW."{field}"' for field, *_ in rules)
        derive += f"""
        SELECT {values} INTO {names} FROM (SELECT) one LEFT JOIN public.{target} r ON r.id = NEW."{key}";"""
    derive += counted.derive(upkeep)
    unchanged_derived = (
        f"{_row('NEW', derived)} IS NOT DISTINCT FROM {_row('OLD', derived)}" if derived else "true"
    )
    guard = (
        f"""
        IF TG_OP = 'INSERT' OR NEW."{upkeep.geometry}" IS DISTINCT FROM OLD."{upkeep.geometry}" THEN
            PERFORM geoplatform.guard(NEW."{upkeep.geometry}");
        END IF;"""
        if upkeep.geometry
        else ""
    )
    # A no-op gives OLD back, not NULL: Django reads "no row updated" as an error.
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.keep_{table}() RETURNS trigger {DEFINER} {BY_INDEX} AS $$
    DECLARE
        past record;
    BEGIN
        IF TG_OP = 'UPDATE' AND (NEW.id <> OLD.id OR NEW.fid <> OLD.fid) THEN
            RAISE EXCEPTION 'the id and number of a feature never change'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;{guard}{derive}{references.check_row(table, upkeep)}
        IF TG_OP = 'UPDATE' THEN
            NEW.created := OLD.created;
            IF {_row("NEW", upkeep.versioned)} IS NOT DISTINCT FROM {_row("OLD", upkeep.versioned)} THEN
                IF {unchanged_derived} THEN
                    RETURN OLD;
                END IF;
                NEW.version := OLD.version; NEW.changed := OLD.changed; NEW.changeset := OLD.changeset;
                RETURN NEW;
            END IF;
            NEW.changeset := geoplatform.changeset();
            NEW.version := OLD.version + 1;
            -- The clock of the statement, not of the transaction, so that two edits in one have an order.
            NEW.changed := greatest(clock_timestamp(), OLD.changed + interval '1 microsecond');
        ELSE
            NEW.changeset := geoplatform.changeset();
            -- An id that comes back is the same feature: its number, its first day and its count of versions go on.
            SELECT * INTO past FROM history.{table} WHERE id = NEW.id ORDER BY version DESC LIMIT 1;
            IF FOUND THEN
                NEW.version := past.version + 1;
                NEW.fid := past.fid;
                NEW.created := past.created;
                NEW.changed := greatest(clock_timestamp(), past.valid_to);
            ELSE
                NEW.version := 1;
                NEW.changed := clock_timestamp();
                NEW.created := NEW.changed;
            END IF;
        END IF;
        RETURN NEW;
    END $$;
    DROP TRIGGER IF EXISTS keep_insert ON public.{table};
    DROP TRIGGER IF EXISTS keep_update ON public.{table};
    DO $do$ BEGIN
        EXECUTE format($sql$
            CREATE TRIGGER keep_insert BEFORE INSERT ON public.{table}
                FOR EACH ROW WHEN {staged.unless_staged(table)} EXECUTE FUNCTION geoplatform.keep_{table}()
        $sql$, current_user);
    END $do$;
    CREATE TRIGGER keep_update BEFORE UPDATE ON public.{table}
        FOR EACH ROW EXECUTE FUNCTION geoplatform.keep_{table}();
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER keep_insert;
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER keep_update"""


def _after(table: str, upkeep: "Upkeep") -> str:
    columns = ", ".join(f'"{name}"' for name in upkeep.versioned)
    old = ", ".join(f'OLD."{name}"' for name in upkeep.versioned)
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.archive_{table}() RETURNS trigger {DEFINER} AS $$
    DECLARE
        this bigint;
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            INSERT INTO history.{table} ({CLOSED}, {columns}) VALUES (
                OLD.id, OLD.fid, OLD.version, OLD.created, OLD.changed, NEW.changed,
                OLD.changeset, NEW.changeset, false, {old});
        ELSE
            this := geoplatform.changeset();
            INSERT INTO history.{table} ({CLOSED}, {columns}) VALUES (
                OLD.id, OLD.fid, OLD.version, OLD.created, OLD.changed,
                greatest(clock_timestamp(), OLD.changed + interval '1 microsecond'),
                OLD.changeset, this, true, {old});
        END IF;
        RETURN NULL;
    END $$;
    DROP TRIGGER IF EXISTS archive_update ON public.{table};
    CREATE TRIGGER archive_update AFTER UPDATE ON public.{table}
        FOR EACH ROW WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION geoplatform.archive_{table}();
    DROP TRIGGER IF EXISTS archive_delete ON public.{table};
    CREATE TRIGGER archive_delete AFTER DELETE ON public.{table}
        FOR EACH ROW EXECUTE FUNCTION geoplatform.archive_{table}();
    DROP TRIGGER IF EXISTS refuse_truncate ON public.{table};
    CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
    DROP TRIGGER IF EXISTS refuse_change ON history.{table};
    CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON history.{table}
        FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER archive_update;
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER archive_delete;
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER refuse_truncate;
    ALTER TABLE history.{table} ENABLE ALWAYS TRIGGER refuse_change"""


def _no_fork(table: str) -> str:
    """Whoever inserts an id while somebody else deletes it has counted its versions too early, and must try again.

    Looked at after the insert, for the wait for the other one is over only then.
    """
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.no_fork_{table}() RETURNS trigger {DEFINER} {BY_INDEX} AS $$
    BEGIN
        IF EXISTS (SELECT FROM after a JOIN history.{table} h ON h.id = a.id AND h.version >= a.version) THEN
            RAISE EXCEPTION 'a feature of {table} was deleted meanwhile by somebody else: please try again'
                USING ERRCODE = 'serialization_failure';
        END IF;
        RETURN NULL;
    END $$;
    DROP TRIGGER IF EXISTS no_fork ON public.{table};
    DO $do$ BEGIN
        EXECUTE format($sql$
            CREATE TRIGGER no_fork AFTER INSERT ON public.{table} REFERENCING NEW TABLE AS after
                FOR EACH STATEMENT WHEN {staged.unless_staged(table)} EXECUTE FUNCTION geoplatform.no_fork_{table}()
        $sql$, current_user);
    END $do$;
    ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER no_fork"""


def _drawing_column(table: str, upkeep: "Upkeep") -> list[str]:
    """A generated EPSG:3857 column: transforming while drawing costs a tile half as much again.

    It needs no index: what lies in a tile is found by the box of degrees that the tile is.
    """
    if not upkeep.geometry:
        return []
    name = f"{upkeep.geometry}_3857"
    return [
        f"""ALTER TABLE public.{table} ADD COLUMN IF NOT EXISTS "{name}" geometry({upkeep.geometry_type}, 3857)
            GENERATED ALWAYS AS ({_drawn(upkeep)}) STORED""",
    ]


def _drawn(upkeep: "Upkeep") -> str:
    """EPSG:3857 of the stored geometry. For a point the formula itself (EPSG method 1024, a = 6378137 m): the library's
    way through PROJ takes four times as long."""
    column = f'"{upkeep.geometry}"'
    if upkeep.geometry_type != "POINT":
        return f"ST_Transform({column}, 3857)"
    # The sum makes 0 of numbers next to it, which the server refuses to make smaller; all others it leaves as they are.
    longitude, latitude = (f"radians(ST_{axis}({column}) + 1e-200 - 1e-200)" for axis in "XY")
    x = f"6378137 * {longitude}"
    y = f"6378137 * ln(tan(pi() / 4 + {latitude} / 2))"
    return f"ST_SetSRID(ST_MakePoint({x}, {y}), 3857)"


def _source_key(table: str) -> list[str]:
    """A source's own id finds its feature again, and stands once; null stands as often as it likes."""
    return [
        f"CREATE UNIQUE INDEX IF NOT EXISTS {table}_source_key ON public.{table} (source_id, source_key)"
    ]


def _refresh_from_related(table: str, upkeep: "Upkeep") -> list[str]:
    """When a related row changes a value that features inherit, those features are derived again."""
    parts = []
    for key, target in upkeep.related_keys().items():
        columns = [column for _, _, fk, _, column in upkeep.inherited if fk == key]
        name = f"refresh_{table}_{key}"
        parts.append(f"""
        CREATE OR REPLACE FUNCTION geoplatform.{name}() RETURNS trigger {DEFINER} AS $$
        BEGIN
            UPDATE public.{table} f SET fid = f.fid
            FROM before b JOIN after a USING (id)
            WHERE f."{key}" = a.id AND {_row("a", columns)} IS DISTINCT FROM {_row("b", columns)};
            RETURN NULL;
        END $$;
        {_alone(target, "UPDATE")};
        DROP TRIGGER IF EXISTS {name} ON public.{target};
        CREATE TRIGGER {name} AFTER UPDATE ON public.{target}
            REFERENCING OLD TABLE AS before NEW TABLE AS after
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.{name}();
        ALTER TABLE public.{target} ENABLE ALWAYS TRIGGER {name}""")
    return parts


def _alone(table: str, events: str) -> str:
    """Writers of `table` wait for those who derive from it, and those for them."""
    return f"""DROP TRIGGER IF EXISTS alone ON public.{table};
        CREATE TRIGGER alone BEFORE {events} ON public.{table}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.changes_what_is_derived_from();
        ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER alone"""


def _role(table: str, upkeep: "Upkeep") -> list[str]:
    """Quarters and municipalities: the rule of assignment, and who is assigned anew when they change."""
    if upkeep.role not in {"quarter", "municipality"}:
        return []
    municipality, quarter = upkeep.role_tables
    text = (SQL / "territory.sql").read_text()
    # Whichever of the two comes first installs the rule; it looks the tables up when it runs.
    parts = [
        text.replace("{municipality}", municipality).replace("{quarter}", quarter).rstrip(" ;\n")
    ]
    parts.append(_alone(table, "INSERT OR UPDATE OR DELETE"))
    function = {"quarter": "quarters_changed", "municipality": "municipalities_changed"}[
        upkeep.role
    ]
    tables = {
        "INSERT": "NEW TABLE AS after",
        "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
        "DELETE": "OLD TABLE AS before",
    }
    for event, transition in tables.items():
        if (upkeep.role, event) == ("municipality", "DELETE"):
            continue  # its features protect it
        name = f"territory_{event.lower()}"
        parts.append(f"""
        DROP TRIGGER IF EXISTS {name} ON public.{table};
        CREATE TRIGGER {name} AFTER {event} ON public.{table} REFERENCING {transition}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.{function}();
        ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {name}""")
    return parts
