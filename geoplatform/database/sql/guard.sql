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

-- Whoever derives values of a feature holds this lock shared until its transaction ends; whoever changes what is derived
-- from (a border, a species) holds it alone. So neither can overlook the other's uncommitted rows.
CREATE OR REPLACE FUNCTION geoplatform.derives() RETURNS void
LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock_shared(5303771142) $$;

-- The same without waiting: false while somebody changes what is derived from.
CREATE OR REPLACE FUNCTION geoplatform.derives_at_once() RETURNS boolean
LANGUAGE sql AS $$ SELECT pg_try_advisory_xact_lock_shared(5303771142) $$;

CREATE OR REPLACE FUNCTION geoplatform.looks_up() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM geoplatform.derives();
    RETURN NULL;
END $$;

-- For BEFORE STATEMENT triggers: the lock comes before any row's, or two writers could wait for each other.
CREATE OR REPLACE FUNCTION geoplatform.changes_what_is_derived_from() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(5303771142);
    RETURN NULL;
END $$;
