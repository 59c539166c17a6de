ALTER TYPE public.resource_type ADD VALUE 'jira_worklog';

-- A worklog belongs to its issue, which may be wished for like the worklog itself: then neither has an id.
ALTER TABLE public.worklogs DROP CONSTRAINT worklogs_pkey;
ALTER TABLE public.worklogs
    ALTER jira_id DROP NOT NULL,
    ALTER worklog_id DROP NOT NULL,
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD key text,
    ADD issue_key text,
    ADD project_key text,
    ADD comment text,
    ADD comment_adf jsonb,
    ADD created_at timestamptz,
    ADD updated_at timestamptz,
    ADD last_synced_at timestamptz DEFAULT now(),
    ADD local_modified_at timestamptz,
    ADD local_modified_fields jsonb NOT NULL DEFAULT '{}',
    ADD local_seq bigint NOT NULL DEFAULT 0,
    ADD local_deleted_at timestamptz,
    ADD content_hash uuid,
    ADD sync_status public.sync_status NOT NULL DEFAULT 'synced',
    ADD sync_errors jsonb NOT NULL DEFAULT '{}',
    ADD sync_refused jsonb NOT NULL DEFAULT '{}',
    ADD remote_state public.remote_state NOT NULL DEFAULT 'present',
    ADD remote_missing_since timestamptz,
    ADD kept_from text GENERATED ALWAYS AS (
        coalesce(restriction, CASE WHEN restricted THEN 'its issue is restricted' END)) STORED;

DELETE FROM public.worklogs AS c WHERE NOT EXISTS (SELECT FROM public.jira_issues AS i WHERE i.jira_id = c.jira_id);
-- An id that two issues have is of one; which, the next sync tells.
DELETE FROM public.worklogs AS c USING public.worklogs AS other
 WHERE other.worklog_id = c.worklog_id AND other.jira_id < c.jira_id;
UPDATE public.worklogs AS c
   SET issue_key = i.key, project_key = i.project_key, key = i.key || '#worklog-' || c.worklog_id
  FROM public.jira_issues AS i WHERE i.jira_id = c.jira_id;

ALTER TABLE public.worklogs
    ALTER key SET NOT NULL,
    ALTER issue_key SET NOT NULL,
    ALTER project_key SET NOT NULL,
    ADD CONSTRAINT worklogs_pkey PRIMARY KEY (record_id),
    ADD CONSTRAINT worklogs_worklog_id_is_unique UNIQUE (worklog_id);
CREATE INDEX worklogs_by_issue ON public.worklogs (jira_id);
CREATE INDEX worklogs_out_of_step ON public.worklogs (project_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}' OR worklog_id IS NULL;
CREATE INDEX worklogs_refused ON public.worklogs (project_key) WHERE sync_refused <> '{}';

COMMENT ON COLUMN public.worklogs.record_id IS 'names the worklog for ever, from before Jira knows it';
COMMENT ON COLUMN public.worklogs.key IS 'issue and id, for people: OQC-12#worklog-10234; of one that is wished for a provisional one';
COMMENT ON COLUMN public.worklogs.issue_key IS 'key that the issue has now';
COMMENT ON COLUMN public.worklogs.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.worklogs.worklog_id IS 'NULL while the worklog is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.worklogs.started_at IS 'when the work began';
COMMENT ON COLUMN public.worklogs.seconds IS 'how long it took, at least a minute';
COMMENT ON COLUMN public.worklogs.comment IS 'Markdown';
COMMENT ON COLUMN public.worklogs.comment_adf IS 'the text as Jira has it, of worklogs that our account wrote: what nobody edits goes back as it came';
COMMENT ON COLUMN public.worklogs.kept_from IS 'why not everybody may read it; null: who may read the project';
COMMENT ON COLUMN public.worklogs.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the worklog itself';
COMMENT ON COLUMN public.worklogs.sync_refused IS '{field: what Jira said, when, how often, and since when a person wants it asked again}';

-- Texts of worklogs were not kept until now: all are read again.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';

ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_verb_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_verb_is_known
    CHECK (verb IN ('send', 'read_restricted', 'create', 'comments', 'worklogs'));
COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope; comments, worklogs on: these are written here too';

-- BEFORE INSERT OR UPDATE by anyone but the sync, of a number that is below the least. Arguments: its column, the least.
CREATE FUNCTION public.javis_refuse_little() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'javis: % must be at least %', TG_ARGV[0], TG_ARGV[1]
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0],
              HINT = 'Nothing was written.';
END $$;
