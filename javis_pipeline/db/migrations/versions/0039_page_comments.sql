CREATE TABLE public.page_comments (
    comment_id     text PRIMARY KEY,
    page_id        text NOT NULL,
    parent_id      text,
    author_id      text,
    body_storage   text NOT NULL,
    version_number bigint NOT NULL,
    created_at     timestamptz,
    updated_at     timestamptz NOT NULL,
    missing_since  timestamptz
);
CREATE INDEX page_comments_by_page ON public.page_comments (page_id);
COMMENT ON TABLE public.page_comments IS 'comments below the text of Confluence pages, read within an hour';
COMMENT ON COLUMN public.page_comments.page_id IS 'the page that it, or what it answers, is below';
COMMENT ON COLUMN public.page_comments.body_storage IS 'its text, as Confluence keeps it';
COMMENT ON COLUMN public.page_comments.version_number IS 'how often it was saved';
COMMENT ON COLUMN public.page_comments.created_at IS 'when it was written; null where Confluence does not tell';
COMMENT ON COLUMN public.page_comments.updated_at IS 'when it was saved last';
COMMENT ON COLUMN public.page_comments.parent_id IS 'the comment that it answers';
COMMENT ON COLUMN public.page_comments.author_id IS 'who wrote it; null where Confluence does not tell';
COMMENT ON COLUMN public.page_comments.missing_since IS 'it was not found then; not found once more, it is gone';

-- Whoever sees the page sees what is said below it.
ALTER TABLE public.page_comments ENABLE ROW LEVEL SECURITY;
CREATE POLICY what_all_may_read ON public.page_comments
    USING (EXISTS (SELECT FROM public.confluence_pages AS p WHERE p.page_id = page_comments.page_id)) WITH CHECK (true);

ALTER TABLE public.sync_watermarks ADD comments_at timestamptz, ADD all_comments_at timestamptz;
COMMENT ON COLUMN public.sync_watermarks.comments_at IS 'when it was last read what was said lately below pages of the space';
COMMENT ON COLUMN public.sync_watermarks.all_comments_at IS 'when all that is said below pages of the space was last listed';
