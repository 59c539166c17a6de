-- Whatever asks for rows with something to tell asks for a part of this: an edit, a deletion, a wish, an error.
DROP INDEX public.jira_issues_dirty;
CREATE INDEX jira_issues_out_of_step ON public.jira_issues (project_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}';

DROP INDEX public.confluence_pages_dirty;
CREATE INDEX confluence_pages_out_of_step ON public.confluence_pages (space_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}';

DROP INDEX public.comments_dirty;
CREATE INDEX comments_out_of_step ON public.comments (project_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}' OR comment_id IS NULL;

CREATE INDEX comments_refused ON public.comments (project_key) WHERE sync_refused <> '{}';

-- How many records a scope has is told by the sync: to count a million takes a second.
ALTER TABLE public.sync_watermarks ADD COLUMN records bigint;
COMMENT ON COLUMN public.sync_watermarks.records IS 'so many records are there on both sides, as the last run counted them';
UPDATE public.sync_watermarks AS w SET records = held.records
  FROM (SELECT 'jira' AS system, project_key AS scope, count(*) AS records
          FROM public.jira_issues WHERE remote_state = 'present' GROUP BY project_key
         UNION ALL
        SELECT 'confluence', space_key, count(*) FROM public.confluence_pages WHERE remote_state = 'present' GROUP BY space_key
       ) AS held
 WHERE held.system = w.system AND held.scope = w.scope;
