-- A tile of trees at zoom 14, those next to each other as one marker, by raw SQL: what the platform's tile is measured against.
-- Same rows, cells and attributes as /tiles/trees/14/:x/:y.mvt; the bench compares them. The box is the tile and a cell of 128
-- units around it in degrees. The platform draws fewer points than 600 one by one, so it counts them first.
WITH r AS MATERIALIZED (
    SELECT (ST_X(p.location_3857) + 20037508.342789244 - :x * 2445.98490512564) / 0.5971642834779395 AS u,
        (20037508.342789244 - :y * 2445.98490512564 - ST_Y(p.location_3857)) / 0.5971642834779395 AS v,
        p.fid, p.status::text AS status
    FROM layers_plant p
    WHERE p.growth_form = 'tree'
        AND p.location && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
)
SELECT (SELECT ST_AsMVT(t, 'trees', 4096, 'geom', 'fid') FROM (
        SELECT ST_MakePoint(floor(avg(u)), floor(avg(v))) AS geom, count(*)::integer AS n, status,
            CASE WHEN count(*) = 1 THEN min(fid) END AS fid
        FROM r GROUP BY floor(u / 128), floor(v / 128), status) t)
    || (SELECT ST_AsMVT(t, 'trees-counts', 4096, 'geom') FROM (
        SELECT ST_MakePoint(floor(avg(u)), floor(avg(v))) AS geom, count(*)::integer AS n
        FROM r WHERE u >= 0 AND u < 4096 AND v >= 0 AND v < 4096
        GROUP BY floor(u / 512), floor(v / 512)) t);
