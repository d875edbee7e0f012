-- The changeset of the running transaction: made at its first write. Actor, reason and channel are transaction-local settings;
-- without them the database user stands for the actor, so that no road (psql, import, admin) goes unnamed.
-- The setting that remembers the id is believed only with this transaction's own number beside it.
CREATE OR REPLACE FUNCTION geoplatform.changeset() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    this bigint := nullif(current_setting('geoplatform.changeset', true), '')::bigint;
BEGIN
    IF this IS NOT NULL THEN
        PERFORM FROM public.history_changeset
        WHERE id = this AND transaction = pg_current_xact_id()::text::bigint;
        IF FOUND THEN
            RETURN this;
        END IF;
    END IF;
    -- Seen by `stable_instant`: this transaction writes since then. Twelve bits say what lock it is, 52 the microseconds
    -- since 2020 (enough until 2162).
    PERFORM pg_advisory_xact_lock_shared(
        (1306::bigint << 52) | floor(1000000 * (extract(epoch FROM clock_timestamp()) - 1577836800))::bigint);
    INSERT INTO public.history_changeset (actor, reason, channel, transaction, at)
    VALUES (
        coalesce(nullif(current_setting('geoplatform.actor', true), ''), 'database:' || session_user),
        coalesce(current_setting('geoplatform.reason', true), ''),
        coalesce(nullif(current_setting('geoplatform.channel', true), ''), 'sql'),
        pg_current_xact_id()::text::bigint,
        clock_timestamp()
    ) RETURNING id INTO this;
    PERFORM set_config('geoplatform.changeset', this::text, true);
    RETURN this;
END $$;

-- Say who writes from here on to the end of the transaction, why and by which road; the next write begins a changeset.
-- True, so that a statement which is a transaction of its own may say it in its condition.
CREATE OR REPLACE FUNCTION geoplatform.begin_changeset(actor text, channel text, reason text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('geoplatform.actor', actor, true), set_config('geoplatform.channel', channel, true),
        set_config('geoplatform.reason', reason, true), set_config('geoplatform.changeset', '', true);
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION geoplatform.refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: its history would have a hole', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Make or widen the table of closed versions. Columns keep their kind but no length limit, so that a field may grow later.
CREATE OR REPLACE FUNCTION geoplatform.make_history(table_name text, columns text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
    archive text := format('history.%I', table_name);
BEGIN
    EXECUTE format(
        'CREATE TABLE IF NOT EXISTS %s (
            id uuid NOT NULL, fid bigint NOT NULL, version integer NOT NULL, created timestamptz NOT NULL,
            valid_from timestamptz NOT NULL, valid_to timestamptz NOT NULL,
            opened_by bigint NOT NULL, closed_by bigint NOT NULL, deleted boolean NOT NULL,
            PRIMARY KEY (id, version), CHECK (valid_from < valid_to))', archive);
    -- A btree on the end of the period: GiST on the period made bulk updates five times slower.
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (valid_to)', table_name || '_valid_to', archive);
    EXECUTE format('CREATE INDEX IF NOT EXISTS %I ON %s (closed_by)', table_name || '_closed_by', archive);
    FOR wanted IN
        SELECT now.attname, format_type(now.atttypid, NULL) AS type, past.atttypid AS past_type, now.atttypid
        FROM pg_attribute now
        LEFT JOIN pg_attribute past ON past.attrelid = archive::regclass AND past.attname = now.attname
        WHERE now.attrelid = format('public.%I', table_name)::regclass
            AND now.attname = ANY (columns) AND NOT now.attisdropped
        ORDER BY now.attnum
    LOOP
        IF wanted.past_type IS NULL THEN
            EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', archive, wanted.attname, wanted.type);
        ELSIF wanted.past_type <> wanted.atttypid THEN
            EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %I::%s',
                archive, wanted.attname, wanted.type, wanted.attname, wanted.type);
        END IF;
    END LOOP;
END $$;
