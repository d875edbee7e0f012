-- A tile of trees at zoom 14 by ST_AsMVT alone: the raw SQL that the platform's tile is measured against.
-- Same rows and attributes as /tiles/trees/14/:x/:y.mvt; the bench compares them. The box is the tile and its buffer in degrees.
SELECT ST_AsMVT(t, 'trees', 4096, 'geom', 'fid') FROM (
    SELECT ST_AsMVTGeom(p.location_3857, ST_TileEnvelope(14, :x, :y), 4096, 64, true) AS geom, p.fid, p.id::text AS id,
        s.german_name::text AS species_de, p.status::text AS status
    FROM layers_plant p
    LEFT JOIN layers_species s ON s.id = p.species_id
    WHERE p.growth_form = 'tree'
        AND p.location && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
) t WHERE t.geom IS NOT NULL;
