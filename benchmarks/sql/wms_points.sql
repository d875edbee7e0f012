-- The places of all trees in a box (degrees: west, south, east, north), one after the other.
SELECT string_agg(location_3857::bytea, '')
FROM layers_plant
WHERE growth_form = 'tree' AND location && ST_MakeEnvelope(%s, %s, %s, %s, 4326)
