-- Restrictions of pages. A page is kept from readers until it is known who may read it: the next pull of its space reads
-- that. A restriction is no new version of its page.
ALTER TABLE public.confluence_pages ADD restriction text DEFAULT 'not read yet';
COMMENT ON COLUMN public.confluence_pages.restriction IS
    'who alone may read it in Confluence: user:ID or group:NAME, "as page ID" for what lies below such a page, or "not read yet"; null: who may read the space';
CREATE INDEX confluence_pages_restricted ON public.confluence_pages (space_key) WHERE restriction IS NOT NULL;
ALTER TABLE public.sync_watermarks ADD restrictions_at timestamptz;
COMMENT ON COLUMN public.sync_watermarks.restrictions_at IS 'when it was last read who may read which page of the space';

-- What is here was stored without marks, so it is kept back until its page is known to be for all. Contexts and
-- suggestions do not tell whom they quote: the next ones say nothing of what is restricted.
UPDATE public.local_edits SET restricted = true WHERE resource_type = 'confluence_page';
UPDATE public.sync_audit SET restricted = true WHERE resource_type = 'confluence_page';
UPDATE public.sync_outbox SET restricted = true WHERE resource_type = 'confluence_page';
UPDATE public.sync_conflict_values SET restricted = true
 WHERE conflict_id IN (SELECT id FROM public.sync_conflicts WHERE resource_type = 'confluence_page');
UPDATE public.sync_conflicts SET restricted = true WHERE resource_type = 'confluence_page';
UPDATE public.work_contexts SET restricted = true WHERE EXISTS (SELECT FROM public.confluence_pages);
UPDATE public.ai_suggestions SET restricted = true WHERE EXISTS (SELECT FROM public.confluence_pages);

-- What cannot be read of Confluence does not tell who may read it.
CREATE OR REPLACE FUNCTION public.javis_mark_restricted_payload() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.restricted := NEW.payload <> '{}' AND (
        NEW.system <> 'jira'
        OR jsonb_typeof(NEW.payload -> 'fields') IS DISTINCT FROM 'object'
        OR coalesce(jsonb_typeof(NEW.payload #> '{fields,security}'), 'null') <> 'null'
        OR jsonb_path_exists(NEW.payload, 'strict $.**.visibility ? (@ != null)', silent => true)
        OR jsonb_path_exists(NEW.payload, 'strict $.**.jsdPublic ? (@ == false)', silent => true));
    RETURN NEW;
END $$;
UPDATE public.sync_quarantine SET restricted = true WHERE system <> 'jira' AND payload <> '{}';

-- Whoever sees the page sees what hangs on it: the messages of its versions, and the issues that it speaks of.
ALTER TABLE public.page_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY what_all_may_read ON public.page_versions
    USING (EXISTS (SELECT FROM public.confluence_pages AS p WHERE p.page_id = page_versions.page_id)) WITH CHECK (true);
ALTER TABLE public.page_issue_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY what_all_may_read ON public.page_issue_links
    USING (EXISTS (SELECT FROM public.confluence_pages AS p WHERE p.page_id = page_issue_links.page_id)) WITH CHECK (true);
