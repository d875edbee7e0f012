-- The latest instant, no later than `wanted`, about which nothing can change any more: a transaction that still writes
-- may commit rows dated before now. Every writer holds a lock that says since when (changeset.sql); locks, unlike other
-- roles' transactions, are seen by everybody. It lets go of it only after its rows are visible.
CREATE OR REPLACE FUNCTION geoplatform.stable_instant(wanted timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog AS $$
DECLARE
    now_is timestamptz := clock_timestamp();  -- before the locks are looked at
    writing_since bigint;  -- microseconds since 2020
BEGIN
    SELECT min(((classid::bigint & 1048575) << 32) | objid::bigint) INTO writing_since
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 20 = 1306
        AND pid <> pg_backend_pid()  -- what this very transaction writes it sees already
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
    RETURN least(wanted, now_is,
        timestamptz '2020-01-01 00:00:00+00' + writing_since * interval '1 microsecond');
END $$;

-- A box in another CRS, its bent edges included, as a box in degrees: what an index on stored degrees is asked with.
-- Where the box lies outside of what its CRS is made for, the whole world.
CREATE OR REPLACE FUNCTION geoplatform.degrees_around(area geometry) RETURNS geometry
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    side double precision := greatest(ST_XMax(area) - ST_XMin(area), ST_YMax(area) - ST_YMin(area), 1);
    bent geometry;
BEGIN
    bent := ST_Envelope(ST_Transform(ST_Segmentize(area, side / 16), 4326));
    RETURN ST_Expand(bent, 0.000001 + 0.01 * greatest(ST_XMax(bent) - ST_XMin(bent), ST_YMax(bent) - ST_YMin(bent)));
EXCEPTION WHEN OTHERS THEN
    RETURN ST_MakeEnvelope(-180, -90, 180, 90, 4326);
END $$;
