"""The triggers that append to the edit log (sql/edits.sql): a row for each feature that a statement changed, its box.

A statement that changes many is told by the boxes of at most 16 x 16 cells: a little more than changed is then taken
for changed, never less. Every column counts, derived ones too, for tiles show them; rows that an update left as they
were do not.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geoplatform.database.upkeep import Upkeep

# More rows than this are told by cells.
SINGLY = 16
CELLS = 16
TRANSITIONS = {
    "INSERT": "NEW TABLE AS after",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
    "DELETE": "OLD TABLE AS before",
}
DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def create(table: str, upkeep: "Upkeep") -> list[str]:
    """The triggers of `table`, and of tables without upkeep whose rows its features show."""
    parts = []
    if upkeep.geometry:
        parts = [_function(table, upkeep), *_triggers(table, f"log_{table}")]
    else:
        parts = _triggers(table, "log_anywhere")
    for shown in upkeep.shows:
        parts += _triggers(shown, "log_anywhere")
    return parts


def remove(table: str) -> str:
    """Take the triggers of `table` away; those of the tables that it shows stay, for others show them too."""
    return "".join(
        f"DROP TRIGGER IF EXISTS log_{event.lower()} ON public.{table};" for event in TRANSITIONS
    ) + (f"DROP FUNCTION IF EXISTS geoplatform.log_{table} CASCADE;")


def _triggers(table: str, function: str) -> list[str]:
    return [
        f"""DROP TRIGGER IF EXISTS log_{event.lower()} ON public.{table};
        CREATE TRIGGER log_{event.lower()} AFTER {event} ON public.{table} REFERENCING {transition}
            FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.{function}();
        ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER log_{event.lower()}"""
        for event, transition in TRANSITIONS.items()
    ]


def _function(table: str, upkeep: "Upkeep") -> str:
    geometry = f'"{upkeep.geometry}"'
    # Where a changed feature was and where it is; one row where it stayed.
    changed = f"""before b JOIN after a USING (id)
            CROSS JOIN LATERAL (
                SELECT b.{geometry} AS geom UNION ALL
                SELECT a.{geometry} WHERE a.{geometry} IS DISTINCT FROM b.{geometry}) g
            WHERE b IS DISTINCT FROM a"""
    sources = {
        "INSERT": f"(SELECT {geometry} AS geom FROM after) g",
        "UPDATE": f"(SELECT g.geom FROM {changed}) g",
        "DELETE": f"(SELECT {geometry} AS geom FROM before) g",
    }
    branches = "".join(
        f"""
        {"IF" if event == "INSERT" else "ELSIF"} TG_OP = '{event}' THEN
            IF (SELECT count(*) FROM {"before" if event == "DELETE" else "after"}) <= {SINGLY} THEN
                INSERT INTO geoplatform.edit (about, box) SELECT TG_RELID, box(g.geom) FROM {source};
            ELSE
                -- Planned each time: a plan kept from a few rows would join many of them one by one.
                EXECUTE $many${_by_cells(source, upkeep)}$many$ USING TG_RELID;
            END IF;"""
        for event, source in sources.items()
    )
    return f"""
    CREATE OR REPLACE FUNCTION geoplatform.log_{table}() RETURNS trigger {DEFINER} AS $$
    BEGIN{branches}
        END IF;
        RETURN NULL;
    END $$"""


def _by_cells(source: str, upkeep: "Upkeep") -> str:
    """Boxes of what lies in each cell of a grid over all of it."""
    x, y = (f"ST_{axis}{'' if upkeep.geometry_type == 'POINT' else 'Min'}(g.geom)" for axis in "XY")

    def cell(value: str, low: str, high: str) -> str:
        return f"width_bucket({value}, {low}, {high} + 1e-9, {CELLS})"

    return f"""
                WITH g AS MATERIALIZED (SELECT g.geom FROM {source} WHERE g.geom IS NOT NULL),
                    whole AS (
                        SELECT min({x}) AS west, max({x}) AS east, min({y}) AS south, max({y}) AS north FROM g)
                INSERT INTO geoplatform.edit (about, box)
                SELECT $1, ST_3DExtent(g.geom)::box FROM g, whole
                GROUP BY {cell(x, "west", "east")}, {cell(y, "south", "north")}"""
