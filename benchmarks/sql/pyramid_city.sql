-- The whole city in one tile of zoom 10 (column 544, row 330) straight from its chunk: the raw query on the pyramid that the
-- tile server is measured against. No deltas and no choice of facets; the bench compares the markers.
SELECT ST_AsMVT(t, 'trees', 4096, 'geom', 'fid')
FROM (
    SELECT ST_MakePoint((u.cell % 66 - 1) * 64 + (u.sx / u.n >> 3), (u.cell / 66 - 1) * 64 + (u.sy / u.n >> 3)) AS geom,
        u.n, k.status, CASE WHEN u.n = 1 THEN u.sf END AS fid
    FROM geoplatform.chunk c
    CROSS JOIN LATERAL unnest(c.cells, c.kinds, c.counts, c.xs, c.ys, c.fids) u (cell, kind, n, sx, sy, sf)
    JOIN geoplatform.point_class k ON k.id = u.kind
    WHERE c.layer = 'trees' AND c.level = 10 AND c.tile = geoplatform.morton(544, 330)
        AND c.facet = '' AND c.value = ''
) t;
