-- The tile store. A tile keeps the snapshot it was made in and serves while `unchanged` says so (edits.sql). Edits never
-- touch it: nobody waits for anybody, and what a slow reader stores late is as old as its snapshot says.
CREATE UNLOGGED TABLE IF NOT EXISTS geoplatform.tile (
    layer text NOT NULL,
    z smallint NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    variant text NOT NULL,      -- which program drew it, and the facets asked for
    about oid NOT NULL,         -- the layer's table
    place box NOT NULL,         -- degrees: where a change shows in this tile
    shown oid[] NOT NULL,       -- tables whose every change may show in it
    seen pg_snapshot NOT NULL,
    generation bigint NOT NULL, -- the newest one that `seen` saw
    etag text NOT NULL,
    body bytea NOT NULL,        -- gzip (RFC 1952)
    PRIMARY KEY (layer, z, x, y, variant)
);
-- It comes compressed.
ALTER TABLE geoplatform.tile ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX IF NOT EXISTS tile_generation ON geoplatform.tile (generation);

-- One row, always. A tile that still holds: its `etag`, and its `body` unless the etag is among `known`; `old` says that it
-- should be touched. Else nulls; who then makes the tile stores it with `seen` and `generation`. `generation` is null where it
-- must not be stored: before the first mark, and in a transaction that has changed something itself.
-- In SQL, so that it is planned as part of the asking statement: a body that passed through PL/pgSQL cost twice as much.
CREATE OR REPLACE FUNCTION geoplatform.stored_tile(
    layer text, z integer, x integer, y integer, variant text, known text[])
RETURNS TABLE (etag text, body bytea, old boolean, seen text, generation bigint)
LANGUAGE sql STABLE AS $$
    SELECT t.etag, CASE WHEN t.etag = ANY (known) THEN NULL ELSE t.body END, t.generation < now.generation,
        pg_current_snapshot()::text,
        CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN now.generation END
    FROM (SELECT (
        SELECT m.generation FROM geoplatform.edit_mark m
        WHERE m.server = pg_postmaster_start_time() ORDER BY m.generation DESC LIMIT 1) AS generation) now
    LEFT JOIN geoplatform.tile t ON t.layer = stored_tile.layer AND t.z = stored_tile.z AND t.x = stored_tile.x
        AND t.y = stored_tile.y AND t.variant = stored_tile.variant
        AND geoplatform.unchanged(t.about, t.place, t.shown, t.seen, t.generation)
$$;

-- Keep a tile that was made after `seen`. An older one never takes a newer one's place. Now and then it prunes.
CREATE OR REPLACE FUNCTION geoplatform.store_tile(
    layer text, z integer, x integer, y integer, variant text, about text, place box, shown text[],
    seen pg_snapshot, generation bigint, etag text, body bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF generation IS NOT NULL THEN
        INSERT INTO geoplatform.tile AS t VALUES (layer, z, x, y, variant, about::regclass, place,
            ARRAY(SELECT each::regclass::oid FROM unnest(shown) each), seen, generation, etag, body)
        ON CONFLICT ON CONSTRAINT tile_pkey DO UPDATE SET about = excluded.about, place = excluded.place,
            shown = excluded.shown, seen = excluded.seen, generation = excluded.generation,
            etag = excluded.etag, body = excluded.body
        WHERE (t.generation, pg_snapshot_xmax(t.seen)) <= (excluded.generation, pg_snapshot_xmax(excluded.seen));
    END IF;
    IF generation IS NULL OR EXISTS (
            SELECT FROM geoplatform.edit_mark m
            WHERE m.generation = store_tile.generation AND m.made < clock_timestamp() - interval '1 minute') THEN
        PERFORM geoplatform.prune_tiles();
    END IF;
END $$;

-- A tile that still holds is as good as one made now: it will be asked about fewer edits, and stays when others go.
CREATE OR REPLACE FUNCTION geoplatform.touch_tile(layer text, z integer, x integer, y integer, variant text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- One statement: the snapshot that is written is the one in which nothing was found to have changed.
    UPDATE geoplatform.tile t SET seen = pg_current_snapshot(), generation = geoplatform.generation()
    WHERE t.layer = touch_tile.layer AND t.z = touch_tile.z AND t.x = touch_tile.x AND t.y = touch_tile.y
        AND t.variant = touch_tile.variant
        AND geoplatform.unchanged(t.about, t.place, t.shown, t.seen, t.generation);
END $$;

-- To be called now and then, by whoever may read. Prunes the log, drops tiles that nobody asked for since, and above
-- `most_tiles` or `most_bytes` the largest zooms first, for they are the cheapest to make again. At most 5,000 in one call.
CREATE OR REPLACE FUNCTION geoplatform.prune_tiles(
    most_tiles integer DEFAULT 50000, most_bytes bigint DEFAULT 1000000000,
    most_marks integer DEFAULT 1000, most_edits integer DEFAULT 20000) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    oldest bigint := geoplatform.prune_edits(most_marks, most_edits);
BEGIN
    IF oldest IS NULL THEN
        RETURN;  -- somebody else is at it
    END IF;
    DELETE FROM geoplatform.tile WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM geoplatform.tile WHERE generation < oldest LIMIT 5000));
    DELETE FROM geoplatform.tile WHERE ctid = ANY (ARRAY(
        SELECT place FROM (
            SELECT ctid AS place, row_number() OVER many AS number, sum(octet_length(body)) OVER many AS bytes
            FROM geoplatform.tile WINDOW many AS (ORDER BY z, generation DESC ROWS UNBOUNDED PRECEDING)) t
        WHERE number > most_tiles OR bytes > most_bytes LIMIT 5000));
END $$;
