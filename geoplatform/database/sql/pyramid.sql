-- What the pyramids of all point layers share; the functions of one table are written out by database/pyramid.py.

-- Packed cells: one row for each layer, level, tile (Morton number of its column and row) and facet value. Facet '' holds all points;
-- values are written '=value', and '' for null. A tile of 64 x 64 cells has a rim of one cell around it, so that markers at its edge
-- are whole: cell = 66 * (row + 1) + column + 1. `total` counts the points of the tile itself, without the rim.
-- The arrays run side by side: cell, kind (a class, or in the first facet a combination), number of points, sums of their offsets
-- from the cell's corner (in units of the grid of zoom 13, 2^25 in each direction), sum of their numbers (`fid`).
CREATE TABLE IF NOT EXISTS geoplatform.chunk (
    layer text NOT NULL,
    level smallint NOT NULL,
    tile integer NOT NULL,
    facet text NOT NULL,
    value text NOT NULL,
    total bigint NOT NULL,
    cells smallint[] NOT NULL,
    kinds integer[] NOT NULL,
    counts integer[] NOT NULL,
    xs bigint[] NOT NULL,
    ys bigint[] NOT NULL,
    fids bigint[] NOT NULL,
    PRIMARY KEY (layer, level, tile, facet, value)
);
DO $$ BEGIN
    ALTER TABLE geoplatform.chunk ALTER cells SET COMPRESSION lz4, ALTER kinds SET COMPRESSION lz4, ALTER counts SET COMPRESSION lz4,
        ALTER xs SET COMPRESSION lz4, ALTER ys SET COMPRESSION lz4, ALTER fids SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported OR syntax_error THEN
    NULL;  -- a server built without lz4 compresses with its own method
END $$;

-- What points of one class have in common: they are drawn alike.
CREATE TABLE IF NOT EXISTS geoplatform.point_class (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    layer text NOT NULL,
    symbol text,
    status text NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS point_class_once ON geoplatform.point_class (layer, status, coalesce('=' || symbol, ''));

-- Which tables have pyramids, and the layers that stand on them.
CREATE TABLE IF NOT EXISTS geoplatform.pyramid (
    layer text PRIMARY KEY,
    table_name text NOT NULL
);

-- The bits of two numbers of 13 bits by turns, x first: tiles of one tile of a coarser zoom are neighbours in this order.
CREATE OR REPLACE FUNCTION geoplatform.morton(x integer, y integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('{{spread}}'::integer[])[(x & 127) + 1] | (('{{spread}}'::integer[])[(x >> 7) + 1] << 14)
        | (('{{spread}}'::integer[])[(y & 127) + 1] << 1) | (('{{spread}}'::integer[])[(y >> 7) + 1] << 15)
$$;

-- Merge deltas of every table that has at least `enough` of them, 5,000 of each at most; how many were merged. To merge a delta costs
-- as much as to build twenty points or more, so after an import the pyramids are built anew instead.
CREATE OR REPLACE FUNCTION geoplatform.fold_due(enough bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    each record;
    waiting bigint;
    merged bigint := 0;
BEGIN
    FOR each IN
        SELECT p.table_name, c.reltuples FROM (SELECT DISTINCT table_name FROM geoplatform.pyramid) p
        JOIN pg_class c ON c.oid = to_regclass(format('public.%I', p.table_name)) ORDER BY p.table_name
    LOOP
        EXECUTE format('SELECT count(*) FROM geoplatform.%I', 'delta_' || each.table_name) INTO waiting;
        IF waiting >= 10000 AND waiting * 20 > each.reltuples THEN
            EXECUTE format('SELECT geoplatform.%I()', 'build_' || each.table_name);
        ELSIF waiting > 0 AND waiting >= enough THEN
            EXECUTE format('SELECT geoplatform.%I(5000)', 'fold_' || each.table_name) INTO waiting;
        ELSE
            waiting := 0;
        END IF;
        merged := merged + waiting;
    END LOOP;
    RETURN merged;
END $$;
