-- Proposals and decisions (contributions/models.py): what was said stays said.

-- A proposal's content never changes; its state does, and the link to its author may be cut. Text of its reason may be
-- blanked, by the owner alone, when it turns out to name a person.
CREATE OR REPLACE FUNCTION geoplatform.keep_proposal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.layer, NEW.action, NEW.kind, NEW.feature, NEW.duplicate_of, NEW.base_version, NEW.fields, NEW.channel,
            NEW.licence, NEW.consent, NEW.fingerprint, NEW.created)
        IS DISTINCT FROM (OLD.id, OLD.layer, OLD.action, OLD.kind, OLD.feature, OLD.duplicate_of, OLD.base_version, OLD.fields,
            OLD.channel, OLD.licence, OLD.consent, OLD.fingerprint, OLD.created)
        OR (NEW.geometry IS DISTINCT FROM OLD.geometry)
        OR (NEW.author_id IS DISTINCT FROM OLD.author_id AND NEW.author_id IS NOT NULL)
        OR (NEW.reason IS DISTINCT FROM OLD.reason AND session_user <> current_user)
    THEN
        RAISE EXCEPTION 'what was proposed never changes: send another proposal'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS keep ON public.contributions_proposal;
CREATE TRIGGER keep BEFORE UPDATE ON public.contributions_proposal
    FOR EACH ROW EXECUTE FUNCTION geoplatform.keep_proposal();
DROP TRIGGER IF EXISTS refuse_removal ON public.contributions_proposal;
CREATE TRIGGER refuse_removal BEFORE DELETE OR TRUNCATE ON public.contributions_proposal
    FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
DROP TRIGGER IF EXISTS refuse_change ON public.contributions_decision;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON public.contributions_decision
    FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
DROP TRIGGER IF EXISTS refuse_change ON public.contributions_block;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON public.contributions_block
    FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
ALTER TABLE public.contributions_block ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE public.contributions_proposal ENABLE ALWAYS TRIGGER keep;
ALTER TABLE public.contributions_proposal ENABLE ALWAYS TRIGGER refuse_removal;
ALTER TABLE public.contributions_decision ENABLE ALWAYS TRIGGER refuse_change;

-- The rules of contributions/geometry.py once more, the cheap ones first: CASE keeps their order.
ALTER TABLE public.contributions_proposal DROP CONSTRAINT IF EXISTS proposal_geometry;
ALTER TABLE public.contributions_proposal ADD CONSTRAINT proposal_geometry CHECK (CASE
    WHEN geometry IS NULL THEN true
    WHEN GeometryType(geometry) = 'POINT' THEN NOT ST_IsEmpty(geometry) AND ST_CoordDim(geometry) = 2
        AND ST_X(geometry) BETWEEN -180 AND 180 AND ST_Y(geometry) BETWEEN -85.06 AND 85.06
    WHEN GeometryType(geometry) NOT IN ('MULTIPOINT', 'LINESTRING', 'MULTILINESTRING', 'POLYGON', 'MULTIPOLYGON') THEN false
    WHEN ST_MemSize(geometry) > 262144 OR ST_CoordDim(geometry) <> 2 OR ST_NPoints(geometry) NOT BETWEEN 1 AND 5000 THEN false
    WHEN NOT (ST_XMin(geometry) >= -180 AND ST_XMax(geometry) <= 180
        AND ST_YMin(geometry) >= -85.06 AND ST_YMax(geometry) <= 85.06) THEN false
    ELSE ST_IsValid(geometry)
END);
ALTER TABLE public.contributions_proposal DROP CONSTRAINT IF EXISTS proposal_texts;
ALTER TABLE public.contributions_proposal ADD CONSTRAINT proposal_texts CHECK (
    char_length(reason) <= 2000 AND octet_length(fields::text) <= 262144 AND jsonb_typeof(fields) = 'object');
ALTER TABLE public.contributions_decision DROP CONSTRAINT IF EXISTS decision_texts;
ALTER TABLE public.contributions_decision ADD CONSTRAINT decision_texts CHECK (char_length(reason) <= 2000);
