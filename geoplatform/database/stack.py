"""The SQL that merges points into the chunks of a table's pyramids, level by level (what for: database/pyramid.py).

heap    points as sums for each cell and combination: the finest level from the points, each other from the one below
shelf   where a combination stands: for each layer it is in, each of its facets' values, and the kind it has there
"""

from __future__ import annotations

from collections.abc import Iterator

from geoplatform.database.points import Pyramids, facts, member, points

FUNCTION = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
DEEPEST = 13
ONE_AT_A_TIME = "PERFORM pg_advisory_xact_lock(530377115, hashtext('{table}'))"


def functions(it: Pyramids) -> Iterator[str]:
    """`merge_<table>(level)`, `heap_<table>(merge)`, `fold_<table>(most)`, `build_<table>()`."""
    yield _merge(it)
    yield _heap(it)
    yield _fold(it)
    yield _build(it)


def _fold(it: Pyramids) -> str:
    """Merge at most `most` deltas, those of neighbouring tiles first; how many there were."""
    names = ", ".join(it.names)
    return f"""
    CREATE FUNCTION geoplatform.fold_{it.table}(most integer) RETURNS bigint {FUNCTION} AS $$
    DECLARE
        merged bigint;
    BEGIN
        {ONE_AT_A_TIME.format(table=it.table)};
        {_new_taken(it)};
        WITH gone AS (
            DELETE FROM geoplatform.delta_{it.table} WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM geoplatform.delta_{it.table} ORDER BY key LIMIT most))
            RETURNING *)
        INSERT INTO pg_temp.taken SELECT x, y, fid, sign, {names}, ROW({names})::text FROM gone;
        GET DIAGNOSTICS merged = ROW_COUNT;
        IF merged > 0 THEN
            PERFORM geoplatform.heap_{it.table}(true);
        END IF;
        DROP TABLE pg_temp.taken;
        RETURN merged;
    END $$"""


def _build(it: Pyramids) -> str:
    """Make all chunks anew from the rows, without the deltas of the same snapshot; how many points there are."""
    names = ", ".join(it.names)
    rows = points(it, f"SELECT 1 AS sign, {facts(it, 'f')} FROM public.{it.table} f")
    layers = ", ".join(f"'{each[0]}'" for each in it.layers)
    return f"""
    CREATE FUNCTION geoplatform.build_{it.table}() RETURNS bigint {FUNCTION} AS $$
    DECLARE
        found bigint;
    BEGIN
        {ONE_AT_A_TIME.format(table=it.table)};
        {_new_taken(it)};
        WITH gone AS (DELETE FROM geoplatform.delta_{it.table})
        INSERT INTO pg_temp.taken SELECT x, y, fid, sign, {names}, ROW({names})::text FROM ({rows}) t;
        GET DIAGNOSTICS found = ROW_COUNT;
        DELETE FROM geoplatform.chunk WHERE layer IN ({layers});
        PERFORM geoplatform.heap_{it.table}(false);
        DROP TABLE pg_temp.taken;
        RETURN found;
    END $$"""


def _new_taken(it: Pyramids) -> str:
    names = ", ".join(it.names)
    return f"""CREATE TEMP TABLE taken ON COMMIT DROP AS
            SELECT x, y, fid, sign, {names}, ''::text AS facts FROM geoplatform.delta_{it.table} WHERE false"""


def _heap(it: Pyramids) -> str:
    """Put what was taken on its shelves, level by level; `merge` with what stands there already."""
    names = ", ".join(it.names)
    first = min(each[1] for each in it.layers)
    layers = ", ".join(f"'{each[0]}'" for each in it.layers)
    return f"""
    CREATE FUNCTION geoplatform.heap_{it.table}(merge boolean) RETURNS void {FUNCTION} SET work_mem = '128MB' AS $$
    DECLARE
        one text;
    BEGIN
        ANALYZE pg_temp.taken;
        INSERT INTO geoplatform.combination_{it.table} (facts, {names})
        SELECT DISTINCT facts, {names} FROM pg_temp.taken t
        WHERE NOT EXISTS (SELECT FROM geoplatform.combination_{it.table} c WHERE c.facts = t.facts);
        {_classes(it)}
        CREATE TEMP TABLE heap ON COMMIT DROP AS
            SELECT {DEEPEST} AS level, t.x >> 6 AS cx, t.y >> 6 AS cy, c.id AS combination, sum(t.sign)::integer AS n,
                sum(t.sign * t.x)::bigint AS sx, sum(t.sign * t.y)::bigint AS sy, sum(t.sign * t.fid)::bigint AS sf
            FROM pg_temp.taken t JOIN geoplatform.combination_{it.table} c USING (facts)
            GROUP BY 2, 3, 4;
        ANALYZE pg_temp.heap;
        {_shelves(it)}
        CREATE TEMP TABLE fresh (place bigint, kind integer, n bigint, sx bigint, sy bigint, sf bigint) ON COMMIT DROP;
        CREATE INDEX ON pg_temp.fresh (place);
        FOR this IN REVERSE {DEEPEST}..{first} LOOP
            IF this < {DEEPEST} THEN
                INSERT INTO pg_temp.heap
                SELECT this, cx >> 1, cy >> 1, combination, sum(n), sum(sx), sum(sy), sum(sf)
                FROM pg_temp.heap WHERE level = this + 1 GROUP BY 2, 3, 4;
                DELETE FROM pg_temp.heap WHERE level = this + 1;
                ANALYZE pg_temp.heap;
            END IF;
            IF merge THEN
                DELETE FROM pg_temp.fresh;
                INSERT INTO pg_temp.fresh {FRESH.format(only="")};
                ANALYZE pg_temp.fresh;
                PERFORM geoplatform.merge_{it.table}(this);
                {_pack("pg_temp.fresh")};
            ELSE
                FOREACH one IN ARRAY ARRAY[{layers}] LOOP
                    {_pack(f"({FRESH.format(only=' AND s.layer = one')}) f")};
                END LOOP;
                RAISE NOTICE 'level %', this;
            END IF;
        END LOOP;
        DROP TABLE pg_temp.heap, pg_temp.shelf, pg_temp.rack, pg_temp.fresh;
    END $$"""


def _classes(it: Pyramids) -> str:
    """Classes that were never seen; only the one who folds makes any."""
    return "".join(
        f"""
        INSERT INTO geoplatform.point_class (layer, symbol, status)
        SELECT DISTINCT '{layer}', {_symbol(symbol)}, status FROM geoplatform.combination_{it.table}
        WHERE {member(layer)}
        EXCEPT SELECT layer, symbol, status FROM geoplatform.point_class WHERE layer = '{layer}';"""
        for layer, _first, _where, symbol, _facets in it.layers
    )


def _symbol(name: str | None) -> str:
    return f'"{name}"::text' if name else "NULL::text"


def _shelves(it: Pyramids) -> str:
    """The first facet divides what it holds by its value and keeps full combinations; all others keep classes."""
    kinds = {name: kind for name, kind, *_ in it.values}
    parts = []
    for layer, first, _where, symbol, facets in it.layers:
        places = ["SELECT '' AS facet, '' AS value, k.id AS kind"]
        for number, (facet, name) in enumerate(facets):
            if kinds[name] == "mask":
                places.append(
                    f"""SELECT '{facet}', '=' || bit, k.id FROM generate_series(0, 23) bit
                    WHERE c."{name}" & (1 << bit) <> 0"""
                )
            elif number == 0:
                places.append(f"""SELECT '{facet}', coalesce('=' || c."{name}"::text, ''), c.id""")
            else:
                places.append(
                    f"""SELECT '{facet}', '=' || c."{name}"::text, k.id WHERE c."{name}" IS NOT NULL"""
                )
        parts.append(
            f"""
            SELECT c.id AS combination, '{layer}' AS layer, {first} AS first, p.*
            FROM geoplatform.combination_{it.table} c
            JOIN geoplatform.point_class k ON k.layer = '{layer}'
                AND (k.symbol, k.status) IS NOT DISTINCT FROM ({_symbol(symbol).replace('"', 'c."', 1)}, c.status)
            CROSS JOIN LATERAL ({" UNION ALL ".join(places)}) p
            WHERE c.{member(layer)} AND c.id IN (SELECT combination FROM pg_temp.heap)"""
        )
    return f"""CREATE TEMP TABLE shelf ON COMMIT DROP AS
            SELECT *, dense_rank() OVER (ORDER BY layer, facet, value)::integer AS id
            FROM ({" UNION ALL ".join(parts)}) p;
        ANALYZE pg_temp.shelf;
        CREATE TEMP TABLE rack ON COMMIT DROP AS SELECT DISTINCT id, layer, facet, value FROM pg_temp.shelf;
        ANALYZE pg_temp.rack;"""


# Each cell in its tile, and in the rim of the tiles that it touches; offsets from the cell's own corner.
SPREAD = """
    SELECT combination, geoplatform.morton(cx >> 6, cy >> 6) AS tile, 66 * ((cy & 63) + 1) + (cx & 63) + 1 AS cell,
        n, sx - n::bigint * (cx << (19 - this)) AS sx, sy - n::bigint * (cy << (19 - this)) AS sy, sf
    FROM pg_temp.heap WHERE level = this
    UNION ALL
    SELECT combination, geoplatform.morton((cx + dx) >> 6, (cy + dy) >> 6),
        66 * (cy - ((cy + dy) >> 6) * 64 + 1) + cx - ((cx + dx) >> 6) * 64 + 1,
        n, sx - n::bigint * (cx << (19 - this)), sy - n::bigint * (cy << (19 - this)), sf
    FROM pg_temp.heap, (VALUES (-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)) o (dx, dy)
    WHERE level = this
        AND (dx = 0 OR cx & 63 = CASE dx WHEN 1 THEN 63 ELSE 0 END)
        AND (dy = 0 OR cy & 63 = CASE dy WHEN 1 THEN 63 ELSE 0 END)
        AND (cx + dx) >> 6 BETWEEN 0 AND (1 << this) - 1 AND (cy + dy) >> 6 BETWEEN 0 AND (1 << this) - 1"""
# Sums of no points can still be something: one point left a cell and another one came.
# One number for shelf, tile and cell, to sort and group by. Sums of offsets fit a double's 53 bits exactly, and
# are added faster than bigints, whose sum is a numeric.
FRESH = f"""
    SELECT (s.id::bigint << 39) + (p.tile::bigint << 13) + p.cell AS place, s.kind, sum(p.n) AS n,
        sum(p.sx::float8)::bigint AS sx, sum(p.sy::float8)::bigint AS sy, sum(p.sf)::bigint AS sf
    FROM ({SPREAD}) p JOIN pg_temp.shelf s USING (combination)
    WHERE s.first <= this{{only}}
    GROUP BY 1, 2
    HAVING sum(p.n) <> 0 OR sum(p.sx::float8) <> 0 OR sum(p.sy::float8) <> 0 OR sum(p.sf) <> 0"""
TILE = "(place >> 13 & 67108863)::integer"  # 2^26 - 1
CELL = "(place & 8191)::smallint"


def _pack(source: str) -> str:
    inside = "cell % 66 BETWEEN 1 AND 64 AND cell / 66 BETWEEN 1 AND 64"
    return f"""
    INSERT INTO geoplatform.chunk (layer, level, tile, facet, value, total, cells, kinds, counts, xs, ys, fids)
    SELECT r.layer, this, w.tile, r.facet, r.value, w.total, w.cells, w.kinds, w.counts, w.xs, w.ys, w.fids
    FROM (
        SELECT place >> 39 AS shelf, {TILE} AS tile, coalesce(sum(n) FILTER (WHERE {inside}), 0) AS total,
            array_agg(cell) AS cells, array_agg(kind) AS kinds, array_agg(n::integer) AS counts,
            array_agg(sx) AS xs, array_agg(sy) AS ys, array_agg(sf) AS fids
        FROM (SELECT *, {CELL} AS cell FROM {source} ORDER BY place, kind) o
        GROUP BY place >> 13, place >> 39, {TILE}
    ) w JOIN pg_temp.rack r ON r.id = w.shelf"""


def _merge(it: Pyramids) -> str:
    """Work what is fresh into the chunks that exist, entry by entry in their arrays; what has no chunk yet is left.

    A few changes of a chunk of thousands of entries: to unpack, group and pack all of them costs forty times as much.
    Entries are in no order; one that comes to nothing makes room for the last.
    """
    arrays = ("cells", "kinds", "counts", "xs", "ys", "fids")
    cut = ", ".join(f"{each} = c_{each}[1:size]" for each in arrays)
    move = " ".join(f"c_{each}[at] := c_{each}[size];" for each in arrays)
    take = " ".join(f"c_{each} := old.{each};" for each in arrays)
    add = " ".join(
        f"c_{each}[at] := c_{each}[at] + entry.{name};"
        for each, name in zip(arrays[2:], ("n", "sx", "sy", "sf"), strict=True)
    )
    new = " ".join(
        f"c_{each}[size] := {value};"
        for each, value in zip(
            arrays,
            ("cell", "entry.kind", "entry.n", "entry.sx", "entry.sy", "entry.sf"),
            strict=True,
        )
    )
    return f"""
    CREATE FUNCTION geoplatform.merge_{it.table}(this integer) RETURNS void {FUNCTION} AS $$
    DECLARE
        old record;
        entry record;
        cell smallint;
        at integer;
        size integer;
        added bigint;
        c_cells smallint[]; c_kinds integer[]; c_counts integer[]; c_xs bigint[]; c_ys bigint[]; c_fids bigint[];
    BEGIN
        FOR old IN
            SELECT t.first, c.* FROM (SELECT DISTINCT place >> 13 << 13 AS first FROM pg_temp.fresh) t
            JOIN pg_temp.rack r ON r.id = t.first >> 39
            JOIN geoplatform.chunk c ON c.layer = r.layer AND c.level = this AND c.facet = r.facet
                AND c.value = r.value AND c.tile = (t.first >> 13 & 67108863)::integer
        LOOP
            {take}
            size := cardinality(c_cells);
            added := 0;
            FOR entry IN
                DELETE FROM pg_temp.fresh WHERE place BETWEEN old.first AND old.first + 8191 RETURNING *
            LOOP
                cell := (entry.place & 8191)::smallint;
                IF cell % 66 BETWEEN 1 AND 64 AND cell / 66 BETWEEN 1 AND 64 THEN
                    added := added + entry.n;
                END IF;
                at := array_position(c_cells, cell);
                WHILE at <= size AND c_kinds[at] <> entry.kind LOOP
                    at := array_position(c_cells, cell, at + 1);
                END LOOP;
                IF at IS NULL OR at > size THEN
                    size := size + 1;
                    {new}
                ELSE
                    {add}
                    IF c_counts[at] = 0 AND c_xs[at] = 0 AND c_ys[at] = 0 AND c_fids[at] = 0 THEN
                        {move}
                        c_cells[size] := -1;
                        size := size - 1;
                    END IF;
                END IF;
            END LOOP;
            UPDATE geoplatform.chunk SET total = total + added, {cut}
            WHERE layer = old.layer AND level = this AND tile = old.tile AND facet = old.facet AND value = old.value;
        END LOOP;
        DELETE FROM geoplatform.chunk WHERE level = this AND cells = '{{}}'
            AND layer IN (SELECT layer FROM pg_temp.rack);
    END $$"""
