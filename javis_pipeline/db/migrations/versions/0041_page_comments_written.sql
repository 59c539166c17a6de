ALTER TYPE public.resource_type ADD VALUE 'confluence_comment';

-- A comment belongs to its page, which may be wished for like the comment itself: then neither has an id.
DROP POLICY what_all_may_read ON public.page_comments;
ALTER TABLE public.page_comments DROP CONSTRAINT page_comments_pkey;
ALTER TABLE public.page_comments RENAME missing_since TO remote_missing_since;
ALTER TABLE public.page_comments
    ALTER comment_id DROP NOT NULL,
    ALTER page_id DROP NOT NULL,
    ALTER body_storage DROP NOT NULL,
    ALTER version_number DROP NOT NULL,
    ALTER updated_at DROP NOT NULL,
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD key text,
    ADD page_key text,
    ADD space_key text,
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
    ADD restricted boolean NOT NULL DEFAULT false,
    ADD kept_from text GENERATED ALWAYS AS (CASE WHEN restricted THEN 'its page is restricted' END) STORED;

DELETE FROM public.page_comments AS c WHERE NOT EXISTS (SELECT FROM public.confluence_pages AS p WHERE p.page_id = c.page_id);
UPDATE public.page_comments AS c
   SET page_key = p.key, space_key = p.space_key, key = p.key || '#comment-' || c.comment_id,
       restricted = p.restriction IS NOT NULL
  FROM public.confluence_pages AS p WHERE p.page_id = c.page_id;

ALTER TABLE public.page_comments
    ALTER key SET NOT NULL,
    ALTER page_key SET NOT NULL,
    ALTER space_key SET NOT NULL,
    ADD CONSTRAINT page_comments_pkey PRIMARY KEY (record_id),
    ADD CONSTRAINT page_comments_comment_id_is_unique UNIQUE (comment_id);
CREATE INDEX page_comments_by_space ON public.page_comments (space_key);
CREATE INDEX page_comments_out_of_step ON public.page_comments (space_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}' OR comment_id IS NULL;
CREATE INDEX page_comments_refused ON public.page_comments (space_key) WHERE sync_refused <> '{}';

COMMENT ON TABLE public.page_comments IS 'comments below the text of Confluence pages: those of others are read within an hour, ours go both ways';
COMMENT ON COLUMN public.page_comments.record_id IS 'names the comment for ever, from before Confluence knows it';
COMMENT ON COLUMN public.page_comments.key IS 'page and id, for people: 131090#comment-131107; of one that is wished for a provisional one';
COMMENT ON COLUMN public.page_comments.page_id IS 'the page that it, or what it answers, is below; NULL while that is wished for. An INSERT may name the page by its key here';
COMMENT ON COLUMN public.page_comments.page_key IS 'key of the page: its id; of one that is wished for a provisional one';
COMMENT ON COLUMN public.page_comments.space_key IS 'space of the page';
COMMENT ON COLUMN public.page_comments.comment_id IS 'NULL while the comment is wished for, and not known to be in Confluence';
COMMENT ON COLUMN public.page_comments.body_storage IS 'its text, as Confluence keeps it: storage XHTML';
COMMENT ON COLUMN public.page_comments.kept_from IS 'why not everybody may read it; null: who may read the page''s space';
COMMENT ON COLUMN public.page_comments.restricted IS 'only some may read its page';
COMMENT ON COLUMN public.page_comments.remote_missing_since IS 'it was not found then; not found once more, it is gone';
COMMENT ON COLUMN public.page_comments.last_synced_at IS 'when the sync wrote the row last';
COMMENT ON COLUMN public.page_comments.local_modified_at IS 'when it was edited here last';
COMMENT ON COLUMN public.page_comments.local_modified_fields IS '{edited field: what both sides held last}';
COMMENT ON COLUMN public.page_comments.local_seq IS 'grows with each edit here';
COMMENT ON COLUMN public.page_comments.local_deleted_at IS 'when it was deleted here';
COMMENT ON COLUMN public.page_comments.content_hash IS 'of what the sync wrote: it tells what was changed behind the trigger''s back';
COMMENT ON COLUMN public.page_comments.sync_status IS 'synced, local_modified, pushing, conflict or error';
COMMENT ON COLUMN public.page_comments.remote_state IS 'present, gone, hidden, or wanted: not made there yet';
COMMENT ON COLUMN public.page_comments.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the comment itself';
COMMENT ON COLUMN public.page_comments.sync_refused IS '{field: what Confluence said, when, how often, and since when a person wants it asked again}';

-- What hangs on a record finds it, and follows it, whichever kind that is of.
DROP FUNCTION public.javis_find_issue() CASCADE;
DROP FUNCTION public.javis_follow_issue() CASCADE;

-- BEFORE INSERT of what hangs on a record, by anyone but the sync: that is named by its key, or one that it had.
CREATE FUNCTION public.javis_find_place() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;

-- AFTER UPDATE of a record's key: what hangs on it is named after it.
CREATE FUNCTION public.javis_follow_place() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;
