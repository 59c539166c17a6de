CREATE TABLE public.attachments (
    jira_id       text NOT NULL,
    attachment_id text NOT NULL,
    author_id     text,
    name          text NOT NULL,
    mime_type     text,
    size          bigint NOT NULL,
    created_at    timestamptz NOT NULL,
    restricted    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (jira_id, attachment_id)
);
COMMENT ON TABLE public.attachments IS 'files that hang on issues; javis attachment get fetches one';
COMMENT ON COLUMN public.attachments.name IS 'what somebody called it: may hold anything, and twice the same';
COMMENT ON COLUMN public.attachments.size IS 'bytes, as Jira says';
COMMENT ON COLUMN public.attachments.restricted IS 'its issue has a security level';
ALTER TABLE public.attachments ENABLE ROW LEVEL SECURITY;
CREATE POLICY what_all_may_read ON public.attachments
    USING (NOT restricted OR (SELECT public.javis_reads_restricted())) WITH CHECK (true);

-- Of issues that did not change nothing is known yet.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';
