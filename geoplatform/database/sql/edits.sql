-- The edit log: which part of which table a transaction changed. Whoever keeps something made of features (a tile, a validator)
-- keeps the snapshot it was made in with it, and asks `unchanged` whether it still holds.

-- Rows are appended by the statements that change features (database/edits.py), never updated, and pruned by `prune_edits`.
CREATE TABLE IF NOT EXISTS geoplatform.edit (
    about oid NOT NULL,  -- the table
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    box box              -- west, south, east, north in degrees, all that changed within it; NULL: it stands nowhere
);
CREATE INDEX IF NOT EXISTS edit_about ON geoplatform.edit (about, xid);

-- Marks divide time into generations. The log is whole from the oldest mark on: what it lacks, that mark's snapshot saw.
-- Numbers of transactions mean something in one cluster only, and less after a return to an earlier state; so marks hold
-- as long as the server runs that made them.
CREATE TABLE IF NOT EXISTS geoplatform.edit_mark (
    generation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    snapshot pg_snapshot NOT NULL DEFAULT pg_current_snapshot(),
    made timestamptz NOT NULL DEFAULT clock_timestamp(),
    server timestamptz NOT NULL DEFAULT pg_postmaster_start_time()
);

-- The server whose marks count here: this one, on a replica the one that it follows, as far as its newest mark tells.
CREATE OR REPLACE FUNCTION geoplatform.edit_server() RETURNS timestamptz
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RETURN (SELECT m.server FROM geoplatform.edit_mark m ORDER BY m.generation DESC LIMIT 1);
    END IF;
    RETURN pg_postmaster_start_time();
END $$;

-- The snapshot of the asking statement, to be kept with what is read now. A replica does not tell which transactions were
-- running (PostgreSQL counts them as ended), only the oldest of them: all from that one on count as not seen.
CREATE OR REPLACE FUNCTION geoplatform.seen_now() RETURNS pg_snapshot
LANGUAGE plpgsql STABLE AS $$
DECLARE
    now pg_snapshot := pg_current_snapshot();
BEGIN
    IF pg_is_in_recovery() THEN
        RETURN format('%1$s:%1$s:', pg_snapshot_xmin(now))::pg_snapshot;
    END IF;
    RETURN now;
END $$;

-- The newest generation, which goes with every snapshot that is kept; NULL before the first mark.
CREATE OR REPLACE FUNCTION geoplatform.generation() RETURNS bigint
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    RETURN (SELECT m.generation FROM geoplatform.edit_mark m
        WHERE m.server = pg_postmaster_start_time() ORDER BY m.generation DESC LIMIT 1);
END $$;

-- What is kept with something made of what the asking statement reads: its snapshot, the newest generation (NULL where no
-- mark stands before it, or where the transaction itself has changed something), and whether it is time to prune.
CREATE OR REPLACE FUNCTION geoplatform.moment(OUT seen text, OUT generation bigint, OUT due boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
    SELECT m.generation, m.made < clock_timestamp() - interval '1 minute' INTO generation, due
    FROM geoplatform.edit_mark m WHERE m.server = geoplatform.edit_server() ORDER BY m.generation DESC LIMIT 1;
    due := due IS NOT FALSE;
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        generation := NULL;
    END IF;
    seen := geoplatform.seen_now()::text;
END $$;

-- Whether nothing has changed since `seen`, as far as this statement sees: no feature of the table `about` in `place`
-- (degrees), and no row of the tables `shown`. `generation` is the newest one that `seen` saw, or an older one.
-- Also true of what was made in a later snapshot than `seen`; so `seen` may be taken a statement ahead of the making.
CREATE OR REPLACE FUNCTION geoplatform.unchanged(
    about oid, place box, shown oid[], seen pg_snapshot, generation bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    server_here timestamptz := pg_postmaster_start_time();
BEGIN
    IF pg_is_in_recovery() THEN
        server_here := geoplatform.edit_server();
    END IF;
    RETURN unchanged.generation >= (
            SELECT m.generation FROM geoplatform.edit_mark m
            WHERE m.server = server_here ORDER BY m.generation LIMIT 1)
        AND NOT EXISTS (
            SELECT FROM geoplatform.edit e
            WHERE e.about = unchanged.about AND e.xid >= pg_snapshot_xmin(seen)
                AND e.box && place AND NOT pg_visible_in_snapshot(e.xid, seen))
        AND NOT EXISTS (
            SELECT FROM geoplatform.edit e
            WHERE e.about = ANY (shown) AND e.xid >= pg_snapshot_xmin(seen)
                AND NOT pg_visible_in_snapshot(e.xid, seen));
END $$;

-- What was committed since `seen`, by table (those of `tables`, by their names): boxes in degrees, none for what stands nowhere;
-- NULL for more than `most`. One row, in the snapshot of the asking statement, whose text is `now`: who keeps it and asks with
-- it the next time misses nothing, also not what an older transaction commits later. `generation` is the newest mark's, to be
-- kept with it; `due`: it is time to prune. `held` is false where the log cannot tell, because it no longer reaches back to
-- `seen` or this server never gave it; also where `seen` is NULL.
CREATE OR REPLACE FUNCTION geoplatform.edits_since(
    INOUT generation bigint, seen pg_snapshot, tables text[], most integer,
    OUT now text, OUT held boolean, OUT due boolean, OUT edits jsonb)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
DECLARE
    asked bigint := generation;
    oldest bigint;
    made timestamptz;
BEGIN
    now := pg_current_snapshot()::text;
    SELECT m.generation, m.made INTO generation, made FROM geoplatform.edit_mark m
        WHERE m.server = pg_postmaster_start_time() ORDER BY m.generation DESC LIMIT 1;
    SELECT m.generation INTO oldest FROM geoplatform.edit_mark m
        WHERE m.server = pg_postmaster_start_time() ORDER BY m.generation LIMIT 1;
    due := made IS NULL OR made < clock_timestamp() - interval '1 minute';
    held := coalesce(asked BETWEEN oldest AND generation
        AND pg_snapshot_xmax(seen) <= pg_snapshot_xmax(now::pg_snapshot), false);
    IF NOT held THEN
        RETURN;
    END IF;
    edits := (
        SELECT jsonb_object_agg(t.name, t.boxes) FROM (
            SELECT each.name, CASE WHEN count(*) <= most THEN coalesce(
                jsonb_agg(DISTINCT jsonb_build_array((e.box[1])[0], (e.box[1])[1], (e.box[0])[0], (e.box[0])[1]))
                    FILTER (WHERE e.box IS NOT NULL), '[]') END AS boxes
            FROM unnest(tables) each (name)
            JOIN geoplatform.edit e ON e.about = each.name::regclass::oid
            WHERE e.xid >= pg_snapshot_xmin(seen) AND NOT pg_visible_in_snapshot(e.xid, seen)
            GROUP BY each.name) t);
END $$;

-- Make a mark and forget what the oldest mark that stays has seen. At most `most_marks` stay, and fewer while the log holds
-- more than `most_edits` rows; one call deletes at most ten thousand. Returns the oldest generation, NULL while another one prunes.
CREATE OR REPLACE FUNCTION geoplatform.prune_edits(most_marks integer DEFAULT 1000, most_edits integer DEFAULT 20000)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    newest bigint;
    oldest bigint;
    since pg_snapshot;
BEGIN
    IF NOT pg_try_advisory_xact_lock(5303771143) THEN
        RETURN NULL;
    END IF;
    DELETE FROM geoplatform.edit_mark WHERE server <> pg_postmaster_start_time();
    IF NOT EXISTS (SELECT FROM geoplatform.edit_mark) THEN
        -- A replica that takes over may lack the last marks of the one before; their numbers are not given again.
        PERFORM setval('geoplatform.edit_mark_generation_seq',
            nextval('geoplatform.edit_mark_generation_seq') + 1000000);
    END IF;
    INSERT INTO geoplatform.edit_mark DEFAULT VALUES RETURNING generation INTO newest;
    SELECT min(generation) INTO oldest FROM geoplatform.edit_mark;
    oldest := greatest(oldest, newest - most_marks + 1);
    IF (SELECT count(*) FROM geoplatform.edit) > most_edits THEN
        oldest := greatest(oldest, (oldest + newest + 1) / 2);
    END IF;
    DELETE FROM geoplatform.edit_mark WHERE generation < oldest;
    SELECT generation, snapshot INTO oldest, since FROM geoplatform.edit_mark ORDER BY generation LIMIT 1;
    -- Numbers that this cluster has not reached yet came with a copy of another one's data.
    DELETE FROM geoplatform.edit WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM geoplatform.edit
        WHERE pg_visible_in_snapshot(xid, since)
            OR xid >= pg_snapshot_xmax(pg_current_snapshot()) AND xid <> pg_current_xact_id()
        LIMIT 10000));
    RETURN oldest;
END $$;

-- For tables without geometry: one row for a statement that changed any row.
CREATE OR REPLACE FUNCTION geoplatform.log_anywhere() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO geoplatform.edit (about) SELECT TG_RELID WHERE EXISTS (SELECT FROM after);
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO geoplatform.edit (about) SELECT TG_RELID WHERE EXISTS (SELECT FROM before);
    ELSE
        EXECUTE 'INSERT INTO geoplatform.edit (about) SELECT $1 WHERE EXISTS ('
            'SELECT FROM before b JOIN after a USING (id) WHERE b IS DISTINCT FROM a)' USING TG_RELID;
    END IF;
    RETURN NULL;
END $$;
