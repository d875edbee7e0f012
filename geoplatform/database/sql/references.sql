-- Foreign keys without a constraint, kept by upkeep (database/references.py).

-- Foreign keys that the database keeps without a constraint; written with the triggers of the table that has them.
CREATE TABLE IF NOT EXISTS geoplatform.referring (
    table_name text, column_name text, target text NOT NULL,
    PRIMARY KEY (table_name, column_name)
);

-- Hold all named rows until the transaction ends, so that nobody deletes them meanwhile; one that is not there is an error.
-- Ids in their order, so that two who hold several do not wait for each other.
CREATE OR REPLACE FUNCTION geoplatform.hold(target text, ids anyarray) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    named bigint := cardinality(array_remove(ids, NULL));
    held bigint;
BEGIN
    EXECUTE format('SELECT FROM public.%I WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE', target) USING ids;
    GET DIAGNOSTICS held = ROW_COUNT;
    IF held < named THEN
        RAISE EXCEPTION '% of % rows named are not in %', named - held, named, target
            USING ERRCODE = 'foreign_key_violation', TABLE = target;
    END IF;
END $$;

-- For the tables that features refer to, after each statement: no reference to a row that is gone is left.
-- Who wrote a reference held its row until the end of the transaction (FOR KEY SHARE, as the server's own foreign keys do), so
-- whoever looks after the deletion sees it. An older snapshot would not: transactions that keep one cannot delete here.
CREATE OR REPLACE FUNCTION geoplatform.still_referenced() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    gone text := 'before';
    its record;
    found boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (SELECT id FROM before EXCEPT SELECT id FROM after) THEN
            RETURN NULL;
        END IF;
        gone := '(SELECT id FROM before EXCEPT SELECT id FROM after)';
    END IF;
    FOR its IN
        SELECT * FROM geoplatform.referring WHERE target = TG_TABLE_NAME ORDER BY table_name, column_name
    LOOP
        IF TG_OP = 'TRUNCATE' THEN
            found := true;
        ELSIF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE EXCEPTION 'rows of % can be deleted in READ COMMITTED alone', TG_TABLE_NAME
                USING ERRCODE = 'feature_not_supported';
        ELSE
            EXECUTE format('SELECT EXISTS (SELECT FROM %s gone JOIN public.%I f ON f.%I = gone.id)',
                gone, its.table_name, its.column_name) INTO found;
        END IF;
        IF found THEN
            RAISE EXCEPTION '% on % is refused: %.% still refers to it', TG_OP, TG_TABLE_NAME, its.table_name, its.column_name
                USING ERRCODE = 'foreign_key_violation', TABLE = its.table_name, COLUMN = its.column_name;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
