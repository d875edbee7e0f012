-- Who changed what, and what was redacted, is itself never rewritten. The one way to change it: a reason becomes the marker.

CREATE OR REPLACE FUNCTION geoplatform.redact_changeset_only() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    due public.history_changeset := OLD;
BEGIN
    due.reason := '[redacted]';
    IF NEW *<> due OR OLD.reason IN ('', '[redacted]') THEN
        RAISE EXCEPTION 'UPDATE on history_changeset is refused: only a reason may become the marker'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO public.history_redaction (table_name, feature, version, columns, changeset_id)
    VALUES ('history_changeset', NULL, OLD.id, ARRAY['reason'], geoplatform.changeset());
    RETURN NEW;
END $$;

DROP TRIGGER IF EXISTS refuse_change ON public.history_changeset;
CREATE TRIGGER refuse_change BEFORE DELETE OR TRUNCATE ON public.history_changeset
    FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
DROP TRIGGER IF EXISTS redact_only ON public.history_changeset;
CREATE TRIGGER redact_only BEFORE UPDATE ON public.history_changeset
    FOR EACH ROW EXECUTE FUNCTION geoplatform.redact_changeset_only();
DROP TRIGGER IF EXISTS refuse_change ON public.history_redaction;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON public.history_redaction
    FOR EACH STATEMENT EXECUTE FUNCTION geoplatform.refuse();
ALTER TABLE public.history_changeset ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE public.history_changeset ENABLE ALWAYS TRIGGER redact_only;
ALTER TABLE public.history_redaction ENABLE ALWAYS TRIGGER refuse_change;

-- Redact texts of one closed version; which columns held any. The triggers above and those of the history tables
-- (database/redaction.py) decide what can be redacted and write it down; without a name and a reason nothing is.
CREATE OR REPLACE FUNCTION geoplatform.redact(of_table text, feature uuid, of_version integer, columns text[])
RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    held text[];
BEGIN
    PERFORM geoplatform.redaction_has_a_reason();
    IF NOT EXISTS (SELECT FROM geoplatform.kept WHERE kept.table_name = of_table) THEN
        RAISE EXCEPTION 'no table % has a history', of_table USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('SELECT array_remove(ARRAY[%s], NULL) FROM history.%I WHERE id = $1 AND version = $2',
        (SELECT string_agg(format('CASE WHEN %1$I::text NOT IN ('''', ''[redacted]'') THEN %1$L END', each), ', ')
            FROM unnest(columns) each), of_table)
        INTO held USING feature, of_version;
    IF held <> '{}' THEN
        EXECUTE format('UPDATE history.%I SET %s WHERE id = $1 AND version = $2', of_table,
            (SELECT string_agg(format('%I = ''[redacted]''', each), ', ') FROM unnest(held) each))
            USING feature, of_version;
    END IF;
    RETURN held;
END $$;

-- Redact the reason that somebody wrote for a changeset; whether there was one.
CREATE OR REPLACE FUNCTION geoplatform.redact_reason(of_changeset bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM geoplatform.redaction_has_a_reason();
    UPDATE public.history_changeset SET reason = '[redacted]'
    WHERE id = of_changeset AND reason NOT IN ('', '[redacted]');
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION geoplatform.redaction_has_a_reason() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('geoplatform.actor', true), '') = ''
            OR coalesce(current_setting('geoplatform.reason', true), '') = '' THEN
        RAISE EXCEPTION 'who redacts says who they are and why' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- The web role gets the right by `migrate` (database/grants.py), nobody else.
REVOKE EXECUTE ON FUNCTION geoplatform.redact, geoplatform.redact_reason FROM PUBLIC;
