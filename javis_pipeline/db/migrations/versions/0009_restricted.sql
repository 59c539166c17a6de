-- Restricted text: what only some people of Jira may read. One mechanism: the mark comes with the record, every row that
-- keeps its text bears it too, and row-level security keeps such rows from everybody but the sync, applications and the
-- owner. Which roles those are is in `db/grants.py`.

ALTER TABLE public.jira_issues ADD security_level text;
COMMENT ON COLUMN public.jira_issues.security_level IS 'name of the security level in Jira; null: everybody in the project may read it';
CREATE INDEX jira_issues_restricted ON public.jira_issues (jira_id) WHERE security_level IS NOT NULL;

ALTER TABLE public.comments ADD restriction text, ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.worklogs ADD restriction text, ADD restricted boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN public.comments.restriction IS 'who alone may read it: role:NAME, group:NAME, or internal (no customer); null: who may read the issue';
COMMENT ON COLUMN public.comments.restricted IS 'its issue has a security level';
COMMENT ON COLUMN public.worklogs.restriction IS 'as for comments';
COMMENT ON COLUMN public.worklogs.restricted IS 'its issue has a security level';

ALTER TABLE public.local_edits ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.sync_audit ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.sync_conflicts ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.sync_conflict_values ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.sync_outbox ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.sync_quarantine ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.work_contexts ADD restricted boolean NOT NULL DEFAULT false;
ALTER TABLE public.ai_suggestions ADD restricted boolean NOT NULL DEFAULT false;

-- What is here was stored without marks: the next pull of each project reads everything again.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';

-- BEFORE INSERT on books whose rows name a record, as resource_type and resource_id.
CREATE FUNCTION public.javis_mark_restricted() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.restricted := NEW.resource_type = 'jira_issue' AND EXISTS (
        SELECT FROM public.jira_issues AS i WHERE i.jira_id = NEW.resource_id AND i.security_level IS NOT NULL);
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_mark_restricted_value() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.restricted := EXISTS (SELECT FROM public.sync_conflicts AS c WHERE c.id = NEW.conflict_id AND c.restricted);
    RETURN NEW;
END $$;

-- A document that could not be read may not say so where we look: only one that clearly has no mark bears none.
CREATE FUNCTION public.javis_mark_restricted_payload() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.restricted := NEW.system = 'jira' AND NEW.payload <> '{}' AND (
        jsonb_typeof(NEW.payload -> 'fields') IS DISTINCT FROM 'object'
        OR coalesce(jsonb_typeof(NEW.payload #> '{fields,security}'), 'null') <> 'null'
        OR jsonb_path_exists(NEW.payload, 'strict $.**.visibility ? (@ != null)', silent => true)
        OR jsonb_path_exists(NEW.payload, 'strict $.**.jsdPublic ? (@ == false)', silent => true));
    RETURN NEW;
END $$;

DO $$
DECLARE
    book text;
BEGIN
    FOREACH book IN ARRAY '{local_edits,sync_audit,sync_conflicts,sync_outbox}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER mark_restricted BEFORE INSERT ON public.%I FOR EACH ROW
                        EXECUTE FUNCTION public.javis_mark_restricted()', book);
    END LOOP;
END $$;
CREATE TRIGGER mark_restricted BEFORE INSERT ON public.sync_conflict_values FOR EACH ROW
    EXECUTE FUNCTION public.javis_mark_restricted_value();
CREATE TRIGGER mark_restricted BEFORE INSERT OR UPDATE ON public.sync_quarantine FOR EACH ROW
    EXECUTE FUNCTION public.javis_mark_restricted_payload();

-- AFTER UPDATE of an issue's security level. A text that was once restricted stays so in the books; what was public
-- until now becomes restricted with its issue. Contexts and suggestions do not tell whom they quote: those from before
-- are all kept back, and the next ones quote it no more.
CREATE FUNCTION public.javis_follow_restriction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    is_restricted boolean := NEW.security_level IS NOT NULL;
BEGIN
    IF TG_RELID <> 'public.jira_issues'::regclass THEN
        RAISE EXCEPTION 'javis: % has no security levels', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.comments SET restricted = is_restricted WHERE jira_id = NEW.jira_id AND restricted <> is_restricted;
    UPDATE public.worklogs SET restricted = is_restricted WHERE jira_id = NEW.jira_id AND restricted <> is_restricted;
    IF is_restricted AND OLD.security_level IS NULL THEN
        UPDATE public.local_edits SET restricted = true
         WHERE resource_type = 'jira_issue' AND resource_id = NEW.jira_id AND NOT restricted;
        UPDATE public.sync_audit SET restricted = true
         WHERE resource_type = 'jira_issue' AND resource_id = NEW.jira_id AND NOT restricted;
        UPDATE public.sync_conflict_values SET restricted = true
         WHERE NOT restricted AND conflict_id IN (
             SELECT id FROM public.sync_conflicts WHERE resource_type = 'jira_issue' AND resource_id = NEW.jira_id);
        UPDATE public.sync_conflicts SET restricted = true
         WHERE resource_type = 'jira_issue' AND resource_id = NEW.jira_id AND NOT restricted;
        UPDATE public.sync_outbox SET restricted = true
         WHERE resource_type = 'jira_issue' AND resource_id = NEW.jira_id AND NOT restricted;
        UPDATE public.work_contexts SET restricted = true WHERE NOT restricted;
        UPDATE public.ai_suggestions SET restricted = true WHERE NOT restricted;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.jira_issues FOR EACH ROW
    WHEN (OLD.security_level IS DISTINCT FROM NEW.security_level)
    EXECUTE FUNCTION public.javis_follow_restriction();

CREATE FUNCTION public.javis_reads_restricted() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
RETURN EXISTS (SELECT FROM public.sync_policies AS p
                WHERE p.system = '*' AND p.scope = '*' AND p.verb = 'read_restricted' AND p.policy = 'on');

DO $$
DECLARE
    book      text;
    is_public text;
BEGIN
    FOR book, is_public IN VALUES
        ('jira_issues', 'security_level IS NULL'),
        ('comments', 'restriction IS NULL AND NOT restricted'),
        ('worklogs', 'restriction IS NULL AND NOT restricted'),
        ('local_edits', 'NOT restricted'),
        ('sync_audit', 'NOT restricted'),
        ('sync_conflicts', 'NOT restricted'),
        ('sync_conflict_values', 'NOT restricted'),
        ('sync_outbox', 'NOT restricted'),
        ('sync_quarantine', 'NOT restricted'),
        ('work_contexts', 'NOT restricted'),
        ('ai_suggestions', 'NOT restricted')
    LOOP
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', book);
        EXECUTE format('CREATE POLICY what_all_may_read ON public.%I
                        USING ((%s) OR (SELECT public.javis_reads_restricted())) WITH CHECK (true)', book, is_public);
    END LOOP;
END $$;

-- That the same value is asked for again is the sync's own write by the same rule as every other.
DO $$
DECLARE
    asking record;
BEGIN
    FOR asking IN
        SELECT t.tgname AS name, t.tgrelid::regclass AS target, a.attname AS field,
               split_part(encode(t.tgargs, 'escape'), '\000', 2) AS system,
               split_part(encode(t.tgargs, 'escape'), '\000', 3) AS scope
          FROM pg_trigger AS t
          JOIN pg_attribute AS a ON a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr)
         WHERE t.tgfoid = 'public.javis_ask_again'::regproc
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', asking.name, asking.target);
        EXECUTE format($t$
            CREATE TRIGGER %I BEFORE UPDATE OF %I ON %s FOR EACH ROW
            WHEN (OLD.sync_refused ? %L
                  AND (coalesce(pg_catalog.current_setting('javis.origin', true), '') <> 'sync'
                       OR NOT (coalesce(pg_catalog.pg_has_role(current_user, pg_catalog.to_regrole('javis_sync')::oid, 'USAGE'), false)
                               OR public.javis_owns(%L::regclass))))
            EXECUTE FUNCTION public.javis_ask_again(%L, %L, %L)$t$,
            asking.name, asking.field, asking.target, asking.field, asking.target::text, asking.field, asking.system, asking.scope);
    END LOOP;
END $$;
