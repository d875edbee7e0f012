-- The places of all trees in a box (degrees: west, south, east, north), one after the other, and the names that stand
-- beneath them in a picture of a street.
SELECT string_agg(p.location_3857::bytea, ''), array_agg(s.german_name)
FROM layers_plant p LEFT JOIN layers_species s ON s.id = p.species_id
WHERE p.growth_form = 'tree' AND p.location && ST_MakeEnvelope(%s, %s, %s, %s, 4326)
