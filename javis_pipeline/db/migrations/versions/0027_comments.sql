ALTER TYPE public.resource_type ADD VALUE 'jira_comment';

-- A comment belongs to its issue, which may be wished for like the comment itself: then neither has an id.
ALTER TABLE public.comments DROP CONSTRAINT comments_pkey;
ALTER TABLE public.comments
    ALTER jira_id DROP NOT NULL,
    ALTER comment_id DROP NOT NULL,
    ALTER body DROP NOT NULL,
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD key text,
    ADD issue_key text,
    ADD project_key text,
    ADD body_adf jsonb,
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

DELETE FROM public.comments AS c WHERE NOT EXISTS (SELECT FROM public.jira_issues AS i WHERE i.jira_id = c.jira_id);
-- An id that two issues have is of one; which, the next sync tells.
DELETE FROM public.comments AS c USING public.comments AS other
 WHERE other.comment_id = c.comment_id AND other.jira_id < c.jira_id;
UPDATE public.comments AS c
   SET issue_key = i.key, project_key = i.project_key, key = i.key || '#' || c.comment_id
  FROM public.jira_issues AS i WHERE i.jira_id = c.jira_id;

ALTER TABLE public.comments
    ALTER key SET NOT NULL,
    ALTER issue_key SET NOT NULL,
    ALTER project_key SET NOT NULL,
    ADD CONSTRAINT comments_pkey PRIMARY KEY (record_id),
    ADD CONSTRAINT comments_comment_id_is_unique UNIQUE (comment_id);
CREATE INDEX comments_by_issue ON public.comments (jira_id);
CREATE INDEX comments_dirty ON public.comments (project_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR comment_id IS NULL OR sync_status <> 'synced';

COMMENT ON COLUMN public.comments.record_id IS 'names the comment for ever, from before Jira knows it';
COMMENT ON COLUMN public.comments.key IS 'issue and id, for people: OQC-12#10234; of one that is wished for a provisional one';
COMMENT ON COLUMN public.comments.issue_key IS 'key that the issue has now';
COMMENT ON COLUMN public.comments.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.comments.comment_id IS 'NULL while the comment is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.comments.body IS 'Markdown';
COMMENT ON COLUMN public.comments.body_adf IS 'the text as Jira has it, of comments that our account wrote: what nobody edits goes back as it came';
COMMENT ON COLUMN public.comments.kept_from IS 'why not everybody may read it; null: who may read the project';
COMMENT ON COLUMN public.comments.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the comment itself';
COMMENT ON COLUMN public.comments.sync_refused IS '{field: what Jira said, when, how often, and since when a person wants it asked again}';

-- Only what our account wrote can be edited there. Comments from before have no text in the form of Jira: all are read again.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';

ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_verb_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_verb_is_known
    CHECK (verb IN ('send', 'read_restricted', 'create', 'comments'));
COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope; comments on: comments are written here too';

-- BEFORE INSERT of what hangs on an issue, by anyone but the sync: it is named by its key, or one that it had.
CREATE FUNCTION public.javis_find_issue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;

-- BEFORE UPDATE OR DELETE of a record by anyone but the sync, where that takes a policy.
CREATE FUNCTION public.javis_obey_policy() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;

-- AFTER UPDATE of an issue's key: what hangs on it is named after it.
CREATE FUNCTION public.javis_follow_issue() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;
