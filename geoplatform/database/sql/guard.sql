-- A geometry that cannot be stored is refused with a sentence, before anything is derived from it.
-- Latitudes end where Web Mercator does (EPSG:3857, 85.06 degrees): beyond, the drawing column has no value.
CREATE OR REPLACE FUNCTION geoplatform.guard(geom geometry) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF geom IS NULL THEN
        RETURN;
    END IF;
    -- Written so that NaN, which compares greater than all numbers in SQL, is refused too.
    IF ST_IsEmpty(geom) OR NOT (ST_XMin(geom) >= -180 AND ST_XMax(geom) <= 180
            AND ST_YMin(geom) >= -85.06 AND ST_YMax(geom) <= 85.06) THEN
        RAISE EXCEPTION 'geometry is empty or outside longitude -180..180, latitude -85.06..85.06 (EPSG:4326)'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'geometry_in_range';
    END IF;
    IF ST_Dimension(geom) = 2 AND NOT ST_IsValid(geom) THEN
        RAISE EXCEPTION 'polygon is not valid: %', ST_IsValidReason(geom)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'geometry_valid';
    END IF;
END $$;

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

-- Statistics for the statements that follow.
CREATE OR REPLACE FUNCTION geoplatform.analyze_staged() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM geoplatform.check_staged();
    ANALYZE pg_temp.staged;
END $$;
