-- Which municipality and which quarter a geometry belongs to, and who is assigned anew when a border moves.
-- {municipality} and {quarter} are the tables of those roles.

-- A point belongs to the quarter that holds it, on a shared edge to the lowest key; a line or polygon to the one it overlaps most
-- (metres or square metres in the municipality's metric CRS). Only quarters of the kind their municipality assigns by count.
-- What lies in no quarter belongs to the municipality whose outline holds it; outside all outlines the one its source stated stays.
CREATE OR REPLACE FUNCTION geoplatform.territory(geom geometry, stated uuid, OUT municipality uuid, OUT quarter uuid)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF ST_Dimension(geom) = 0 THEN
        SELECT q.id, q.municipality_id INTO quarter, municipality
        FROM public.{quarter} q
        JOIN public.{municipality} m ON m.id = q.municipality_id AND m.quarter_kind = q.kind
        WHERE ST_Intersects(q.outline, geom)
        ORDER BY m.ags, q.key, q.id LIMIT 1;
        IF quarter IS NULL THEN
            SELECT m.id INTO municipality
            FROM public.{municipality} m
            WHERE ST_Intersects(m.outline, geom)
            ORDER BY m.ags LIMIT 1;
        END IF;
    ELSIF geom IS NOT NULL THEN
        SELECT part.id, part.municipality_id INTO quarter, municipality
        FROM (
            SELECT q.id, q.municipality_id, q.key, m.ags, geoplatform.overlap(q.outline, geom, m.metric_srid) AS size
            FROM public.{quarter} q
            JOIN public.{municipality} m ON m.id = q.municipality_id AND m.quarter_kind = q.kind
            WHERE ST_Intersects(q.outline, geom)
        ) part
        WHERE part.size > 0
        ORDER BY part.size DESC, part.ags, part.key, part.id LIMIT 1;
        IF quarter IS NULL THEN
            SELECT part.id INTO municipality
            FROM (
                SELECT m.id, m.ags, geoplatform.overlap(m.outline, geom, m.metric_srid) AS size
                FROM public.{municipality} m
                WHERE ST_Intersects(m.outline, geom)
            ) part
            WHERE part.size > 0
            ORDER BY part.size DESC, part.ags LIMIT 1;
        END IF;
    END IF;
    municipality := coalesce(municipality, stated);
END $$;

-- The rule above for all points that are staged (`geometry_column` of pg_temp.staged, indexed), area by area instead of
-- point by point: an outline is unpacked (ST_Force2D changes nothing else of it) and prepared once for all its points.
-- Points that lie in no quarter and no outline are left out.
CREATE OR REPLACE FUNCTION geoplatform.located_points(geometry_column text)
RETURNS TABLE ("row" integer, municipality_id uuid, quarter_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'WITH areas AS MATERIALIZED (
            SELECT ST_Force2D(q.outline) AS outline, q.municipality_id, q.id,
                row_number() OVER (ORDER BY m.ags, q.key, q.id) AS place
            FROM public.{quarter} q
            JOIN public.{municipality} m ON m.id = q.municipality_id AND m.quarter_kind = q.kind
        ), in_quarter AS MATERIALIZED (
            SELECT hit."row", min(a.place) AS place
            FROM areas a
            CROSS JOIN LATERAL (
                SELECT s."row" FROM pg_temp.staged s
                WHERE s.target IS NULL AND ST_Intersects(a.outline, s.%1$I) OFFSET 0) hit
            GROUP BY hit."row"
        ), towns AS MATERIALIZED (
            SELECT ST_Force2D(outline) AS outline, id, row_number() OVER (ORDER BY ags) AS place
            FROM public.{municipality} WHERE outline IS NOT NULL
        ), in_outline AS (
            SELECT hit."row", min(m.place) AS place
            FROM towns m
            CROSS JOIN LATERAL (
                SELECT s."row" FROM pg_temp.staged s
                WHERE s.target IS NULL AND ST_Intersects(m.outline, s.%1$I)
                    AND s."row" NOT IN (SELECT i."row" FROM in_quarter i) OFFSET 0) hit
            GROUP BY hit."row"
        )
        SELECT i."row", a.municipality_id, a.id FROM in_quarter i JOIN areas a USING (place)
        UNION ALL
        SELECT i."row", m.id, NULL FROM in_outline i JOIN towns m USING (place)', geometry_column);
END $$;

-- The same for lines and polygons: what lies wholly within an area, as most does, is found by the area prepared once, and
-- only what crosses an edge is cut.
CREATE OR REPLACE FUNCTION geoplatform.located_shapes(geometry_column text)
RETURNS TABLE ("row" integer, municipality_id uuid, quarter_id uuid)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'WITH areas AS MATERIALIZED (
            SELECT ST_Force2D(q.outline) AS outline, q.municipality_id, q.id, m.metric_srid,
                row_number() OVER (ORDER BY m.ags, q.key, q.id) AS place
            FROM public.{quarter} q
            JOIN public.{municipality} m ON m.id = q.municipality_id AND m.quarter_kind = q.kind
        ), in_quarter AS MATERIALIZED (
            SELECT DISTINCT ON (hit."row") hit."row", a.municipality_id, a.id
            FROM areas a
            CROSS JOIN LATERAL (
                SELECT s."row", geoplatform.overlap(a.outline, s.%1$I, a.metric_srid) AS size
                FROM pg_temp.staged s
                WHERE s.target IS NULL AND ST_Intersects(a.outline, s.%1$I) OFFSET 0) hit
            WHERE hit.size > 0
            ORDER BY hit."row", hit.size DESC, a.place
        ), towns AS MATERIALIZED (
            SELECT ST_Force2D(outline) AS outline, id, metric_srid, row_number() OVER (ORDER BY ags) AS place
            FROM public.{municipality} WHERE outline IS NOT NULL
        ), in_outline AS (
            SELECT DISTINCT ON (hit."row") hit."row", m.id
            FROM towns m
            CROSS JOIN LATERAL (
                SELECT s."row", geoplatform.overlap(m.outline, s.%1$I, m.metric_srid) AS size
                FROM pg_temp.staged s
                WHERE s.target IS NULL AND ST_Intersects(m.outline, s.%1$I)
                    AND s."row" NOT IN (SELECT i."row" FROM in_quarter i) OFFSET 0) hit
            WHERE hit.size > 0
            ORDER BY hit."row", hit.size DESC, m.place
        )
        SELECT i."row", i.municipality_id, i.id FROM in_quarter i
        UNION ALL
        SELECT i."row", i.id, NULL FROM in_outline i', geometry_column);
END $$;

-- Length or area of the part of `geom` within `area`; infinite when all of it is (no need to cut then).
CREATE OR REPLACE FUNCTION geoplatform.overlap(area geometry, geom geometry, metric_srid integer) RETURNS double precision
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN ST_CoveredBy(geom, area) THEN 'Infinity'
        WHEN ST_Dimension(geom) = 1 THEN ST_Length(ST_Transform(ST_CollectionExtract(ST_Intersection(area, geom), 2), metric_srid))
        ELSE ST_Area(ST_Transform(ST_CollectionExtract(ST_Intersection(area, geom), 3), metric_srid))
    END
$$;

-- Assign anew whatever touches one of `areas`, in every table that the database looks after.
CREATE OR REPLACE FUNCTION geoplatform.assign_again(areas geometry[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    kept record;
BEGIN
    FOR kept IN
        SELECT * FROM geoplatform.kept
        WHERE in_territory AND geometry_column IS NOT NULL AND to_regclass(format('public.%I', table_name)) IS NOT NULL
    LOOP
        -- Setting the number to itself makes the row's own trigger assign it, by the one rule above.
        EXECUTE format(
            'UPDATE public.%1$I f SET fid = f.fid
             WHERE f.id IN (
                SELECT g.id FROM unnest($1) AS moved (piece)
                JOIN public.%1$I g ON ST_Intersects(g.%2$I, moved.piece)
                CROSS JOIN LATERAL geoplatform.territory(g.%2$I, g.municipality_id) t
                WHERE (g.municipality_id, g.quarter_id) IS DISTINCT FROM (t.municipality, t.quarter))',
            kept.table_name, kept.geometry_column) USING areas;
    END LOOP;
END $$;

-- The outline of a municipality that has none of its own is the union of its quarters.
CREATE OR REPLACE FUNCTION geoplatform.unite_quarters(municipalities uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE public.{municipality} m
    SET outline = (
        SELECT ST_Multi(ST_Union(q.outline)) FROM public.{quarter} q
        WHERE q.municipality_id = m.id AND q.kind = m.quarter_kind)
    WHERE m.id = ANY (municipalities) AND m.outline_from_quarters;
END $$;

CREATE OR REPLACE FUNCTION geoplatform.quarters_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    areas geometry[];
    owners uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(outline), array_agg(DISTINCT municipality_id) INTO areas, owners FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(outline), array_agg(DISTINCT municipality_id) INTO areas, owners FROM before;
    ELSE
        -- Where only the outline moved, only what lies between the old and the new one can change hands.
        SELECT array_agg(area), array_agg(DISTINCT owner) INTO areas, owners
        FROM before b JOIN after a USING (id)
        CROSS JOIN LATERAL unnest(
            CASE WHEN (a.key, a.kind, a.municipality_id) = (b.key, b.kind, b.municipality_id)
                THEN ARRAY[ST_SymDifference(a.outline, b.outline)] ELSE ARRAY[a.outline, b.outline] END) area
        CROSS JOIN LATERAL unnest(ARRAY[a.municipality_id, b.municipality_id]) owner
        WHERE (a.key, a.kind, a.municipality_id, a.outline) IS DISTINCT FROM (b.key, b.kind, b.municipality_id, b.outline);
    END IF;
    IF areas IS NOT NULL THEN
        PERFORM geoplatform.unite_quarters(owners);
        PERFORM geoplatform.assign_again(areas);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION geoplatform.municipalities_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    areas geometry[];
    owners uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(outline) INTO areas FROM after WHERE outline IS NOT NULL;
    ELSE
        SELECT array_agg(area) INTO areas
        FROM before b JOIN after a USING (id)
        CROSS JOIN LATERAL unnest(
            CASE WHEN a.outline IS NULL OR b.outline IS NULL OR (a.quarter_kind, a.ags) <> (b.quarter_kind, b.ags)
                THEN ARRAY[a.outline, b.outline] ELSE ARRAY[ST_SymDifference(a.outline, b.outline)] END) area
        WHERE (a.outline, a.quarter_kind, a.ags) IS DISTINCT FROM (b.outline, b.quarter_kind, b.ags)
            AND area IS NOT NULL;
        -- Another kind of quarter: all of them count anew, whatever the outline is.
        areas := areas || (
            SELECT array_agg(q.outline)
            FROM before b JOIN after a USING (id)
            JOIN public.{quarter} q ON q.municipality_id = a.id
            WHERE (a.quarter_kind, a.ags) IS DISTINCT FROM (b.quarter_kind, b.ags));
        SELECT array_agg(id) INTO owners
        FROM before b JOIN after a USING (id)
        WHERE (a.quarter_kind, a.outline_from_quarters) IS DISTINCT FROM (b.quarter_kind, b.outline_from_quarters);
        -- Only when there is something to do: the update within would call this trigger again, for ever.
        IF owners IS NOT NULL THEN
            PERFORM geoplatform.unite_quarters(owners);
        END IF;
    END IF;
    IF areas IS NOT NULL THEN
        PERFORM geoplatform.assign_again(areas);
    END IF;
    RETURN NULL;
END $$;
