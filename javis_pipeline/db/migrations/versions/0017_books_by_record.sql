-- What was written down of a record names it for ever: `resource_id` is the remote's id, which a record has only once the
-- remote knows it. NULL for lines about records that are not here any more.
ALTER TABLE public.sync_outbox ADD record_id uuid;
ALTER TABLE public.sync_conflicts ADD record_id uuid;
ALTER TABLE public.sync_audit ADD record_id uuid;
ALTER TABLE public.local_edits ADD record_id uuid;

-- BEFORE INSERT on these books. What it does is made from the kinds that are declared.
CREATE FUNCTION public.javis_name_record() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;

DO $$
DECLARE
    book text;
BEGIN
    FOREACH book IN ARRAY ARRAY['sync_outbox', 'sync_conflicts', 'sync_audit', 'local_edits'] LOOP
        EXECUTE format('UPDATE public.%I AS b SET record_id = r.record_id FROM public.jira_issues AS r '
                       'WHERE b.resource_type = ''jira_issue'' AND r.jira_id = b.resource_id', book);
        EXECUTE format('UPDATE public.%I AS b SET record_id = r.record_id FROM public.confluence_pages AS r '
                       'WHERE b.resource_type = ''confluence_page'' AND r.page_id = b.resource_id', book);
        EXECUTE format('COMMENT ON COLUMN public.%I.record_id IS ''of the record that this is about''', book);
        EXECUTE format('CREATE INDEX %I ON public.%I (record_id)', book || '_by_record', book);
        EXECUTE format('DROP TRIGGER mark_restricted ON public.%I', book);
        EXECUTE format('CREATE TRIGGER name_record BEFORE INSERT ON public.%I FOR EACH ROW
                        EXECUTE FUNCTION public.javis_name_record()', book);
    END LOOP;
END $$;
DROP FUNCTION public.javis_mark_restricted();

-- The key that a record has now, by one that it has or had. NULL for a key of no record that one may read.
CREATE FUNCTION public.javis_key(key_or_former_key text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT found.key
          FROM (SELECT i.key, 1 AS rank, NULL::timestamptz AS seen FROM public.jira_issues AS i WHERE i.key = $1
                UNION ALL
                SELECT i.key, 2, a.last_seen FROM public.key_aliases AS a JOIN public.jira_issues AS i USING (jira_id)
                 WHERE a.key = $1
                UNION ALL
                SELECT p.page_id, 3, NULL FROM public.confluence_pages AS p WHERE p.page_id = $1) AS found
         ORDER BY found.rank, found.seen DESC
         LIMIT 1);
