-- How often the rows of a table have changed from which other layers show something (a species' name, a quarter's).
-- Stored texts say how often it had been when they were made (query/stored.py).
CREATE TABLE IF NOT EXISTS geoplatform.related_changes (
    table_name text PRIMARY KEY,
    times bigint NOT NULL
);

-- Which table of texts belongs to which table of features; written when a table's triggers are installed.
CREATE TABLE IF NOT EXISTS geoplatform.texts (
    text_table text PRIMARY KEY,
    table_name text NOT NULL
);

CREATE OR REPLACE FUNCTION geoplatform.related_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- A statement may touch rows without changing any. Two conditions: one would name `after` for deletions too.
    IF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (SELECT FROM before b JOIN after a USING (id) WHERE b *<> a) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO geoplatform.related_changes AS r VALUES (TG_TABLE_NAME, 1)
    ON CONFLICT (table_name) DO UPDATE SET times = r.times + 1;
    RETURN NULL;
END $$;

-- Take away the stored texts of features that are gone; how many there were.
CREATE OR REPLACE FUNCTION geoplatform.sweep_texts() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    each record;
    gone bigint;
    total bigint := 0;
BEGIN
    FOR each IN SELECT text_table, table_name FROM geoplatform.texts LOOP
        EXECUTE format(
            'DELETE FROM geoplatform.%I t WHERE NOT EXISTS (SELECT FROM public.%I f WHERE f.fid = t.fid)',
            each.text_table, each.table_name);
        GET DIAGNOSTICS gone = ROW_COUNT;
        total := total + gone;
    END LOOP;
    RETURN total;
END $$;
