-- Trees in a box of degrees, told in metres of EPSG:25833 to the millimetre.
-- As /api/collections/trees/items?limit=20000&bbox=...&crs=http://www.opengis.net/def/crs/EPSG/0/25833
SELECT
    '{"type":"Feature","id":"'
    || "layers_plant"."id"::text
    || '","geometry":'
    || coalesce(ST_AsGeoJSON(ST_Transform("layers_plant"."location", 25833), 3, 0), 'null')
    || ',"properties":{"species":'
    || coalesce(to_json("r_species"."botanical_name")::text, 'null')
    || ',"species_de":'
    || coalesce(to_json("r_species"."german_name")::text, 'null')
    || ',"species_en":'
    || coalesce(to_json("r_species"."english_name")::text, 'null')
    || ',"category":'
    || coalesce(to_json("r_species"."category")::text, 'null')
    || ',"cultivar":'
    || to_json("layers_plant"."cultivar")::text
    || ',"growth_form":'
    || coalesce(to_json("layers_plant"."growth_form")::text, 'null')
    || ',"edible":'
    || coalesce("layers_plant"."edible"::text, 'null')
    || ',"access":'
    || to_json("layers_plant"."access")::text
    || ',"fruit_from":'
    || coalesce(CASE WHEN abs("layers_plant"."fruit_from") < 1e15 AND "layers_plant"."fruit_from" = trunc("layers_plant"."fruit_from") THEN "layers_plant"."fruit_from"::text
    || '.0' ELSE to_json("layers_plant"."fruit_from")::text END, 'null')
    || ',"fruit_to":'
    || coalesce(CASE WHEN abs("layers_plant"."fruit_to") < 1e15 AND "layers_plant"."fruit_to" = trunc("layers_plant"."fruit_to") THEN "layers_plant"."fruit_to"::text
    || '.0' ELSE to_json("layers_plant"."fruit_to")::text END, 'null')
    || ',"number_of_plants":'
    || "layers_plant"."number_of_plants"::text
    || ',"height_m":'
    || coalesce(CASE WHEN abs("layers_plant"."height_m") < 1e15 AND "layers_plant"."height_m" = trunc("layers_plant"."height_m") THEN "layers_plant"."height_m"::text
    || '.0' ELSE to_json("layers_plant"."height_m")::text END, 'null')
    || ',"crown_m":'
    || coalesce(CASE WHEN abs("layers_plant"."crown_m") < 1e15 AND "layers_plant"."crown_m" = trunc("layers_plant"."crown_m") THEN "layers_plant"."crown_m"::text
    || '.0' ELSE to_json("layers_plant"."crown_m")::text END, 'null')
    || ',"trunk_girth_cm":'
    || coalesce(CASE WHEN abs("layers_plant"."trunk_girth_cm") < 1e15 AND "layers_plant"."trunk_girth_cm" = trunc("layers_plant"."trunk_girth_cm") THEN "layers_plant"."trunk_girth_cm"::text
    || '.0' ELSE to_json("layers_plant"."trunk_girth_cm")::text END, 'null')
    || ',"planted_year":'
    || coalesce("layers_plant"."planted_year"::text, 'null')
    || ',"note":'
    || to_json("layers_plant"."note")::text
    || ',"status":'
    || to_json("layers_plant"."status")::text
    || ',"municipality":'
    || coalesce(to_json("r_municipality"."ags")::text, 'null')
    || ',"quarter":'
    || coalesce(to_json("r_quarter"."name")::text, 'null')
    || ',"source":'
    || coalesce(to_json("r_source"."title")::text, 'null')
    || ',"licence":'
    || to_json("layers_plant"."licence")::text
    || ',"last_confirmed":'
    || coalesce(to_json("layers_plant"."last_confirmed")::text, 'null')
    || ',"changed":'
    || to_json("layers_plant"."changed")::text
    || ',"version":'
    || "layers_plant"."version"::text
    || '}}'
FROM "layers_plant"
LEFT JOIN "layers_species" "r_species" ON "r_species".id = "layers_plant"."species_id"
LEFT JOIN "layers_municipality" "r_municipality" ON "r_municipality".id = "layers_plant"."municipality_id"
LEFT JOIN "layers_quarter" "r_quarter" ON "r_quarter".id = "layers_plant"."quarter_id"
LEFT JOIN "catalog_source" "r_source" ON "r_source".id = "layers_plant"."source_id"
WHERE "layers_plant"."growth_form" = 'tree'
    AND ST_Intersects("layers_plant"."location", ST_MakeEnvelope(:west, :south, :east, :north, 4326))
ORDER BY layers_plant.fid LIMIT 20000;
