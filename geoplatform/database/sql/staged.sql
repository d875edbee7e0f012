-- What all `insert_<table>()` share (database/staged.py).

-- The staged rows are read with the owner's rights, so the table must be the owner's own: a view of somebody else's could
-- bring functions along.
CREATE OR REPLACE FUNCTION geoplatform.check_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
        WHERE c.oid = to_regclass('pg_temp.staged') AND c.relkind = 'r' AND r.rolname = current_user) THEN
        RAISE EXCEPTION 'nothing is staged' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
END $$;

-- Statistics for the statements that follow; those of geometries would cost the most and help none of them.
CREATE OR REPLACE FUNCTION geoplatform.analyze_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM geoplatform.check_staged();
    ANALYZE pg_temp.staged ("row", target, source_key);
END $$;
