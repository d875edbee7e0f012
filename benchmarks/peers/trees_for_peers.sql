-- tipg and pygeoapi serve one table or view each: the trees with the properties that the API shows.
CREATE VIEW trees_for_peers AS
SELECT
    plant.id,
    plant.location,
    species.botanical_name AS species,
    species.german_name AS species_de,
    species.english_name AS species_en,
    species.category,
    plant.cultivar,
    plant.growth_form,
    plant.edible,
    plant.access,
    plant.fruit_from,
    plant.fruit_to,
    plant.number_of_plants,
    plant.height_m,
    plant.crown_m,
    plant.trunk_girth_cm,
    plant.planted_year,
    plant.note,
    plant.status,
    municipality.ags AS municipality,
    quarter.name AS quarter,
    source.title AS source,
    plant.licence,
    plant.last_confirmed,
    plant.changed,
    plant.version
FROM layers_plant plant
LEFT JOIN layers_species species ON species.id = plant.species_id
LEFT JOIN layers_municipality municipality ON municipality.id = plant.municipality_id
LEFT JOIN layers_quarter quarter ON quarter.id = plant.quarter_id
LEFT JOIN catalog_source source ON source.id = plant.source_id
WHERE plant.growth_form = 'tree';
GRANT SELECT ON trees_for_peers TO geoplatform_web;
