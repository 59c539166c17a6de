ALTER TABLE public.jira_issues
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT jira_issues_record_id_is_unique UNIQUE;
ALTER TABLE public.confluence_pages
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT confluence_pages_record_id_is_unique UNIQUE;
COMMENT ON COLUMN public.jira_issues.record_id IS 'names the record for ever: keys change, and a deleted record keeps it';
COMMENT ON COLUMN public.confluence_pages.record_id IS 'names the record for ever: a deleted record keeps it';

-- BEFORE UPDATE of a record's name, by anyone.
CREATE FUNCTION public.javis_keep_record_id() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'javis: record_id of % cannot be changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'It names the record for ever.';
END $$;
