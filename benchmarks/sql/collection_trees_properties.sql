-- Trees in a box of degrees with three properties alone.
-- As /api/collections/trees/items?limit=20000&bbox=...&properties=species,height_m,planted_year
SELECT
    '{"type":"Feature","id":"'
    || "layers_plant"."id"::text
    || '","geometry":'
    || coalesce(ST_AsGeoJSON("layers_plant"."location", 7), 'null')
    || ',"properties":{"species":'
    || coalesce(to_json("r_species"."botanical_name")::text, 'null')
    || ',"height_m":'
    || coalesce(CASE WHEN abs("layers_plant"."height_m") < 1e15 AND "layers_plant"."height_m" = trunc("layers_plant"."height_m") THEN "layers_plant"."height_m"::text
    || '.0' ELSE to_json("layers_plant"."height_m")::text END, 'null')
    || ',"planted_year":'
    || coalesce("layers_plant"."planted_year"::text, 'null')
    || '}}'
FROM "layers_plant"
LEFT JOIN "layers_species" "r_species" ON "r_species".id = "layers_plant"."species_id"
WHERE "layers_plant"."growth_form" = 'tree'
    AND ST_Intersects("layers_plant"."location", ST_MakeEnvelope(:west, :south, :east, :north, 4326))
ORDER BY layers_plant.fid LIMIT 20000;
