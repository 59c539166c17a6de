-- A page that is wished for has no id and no place in Confluence yet. Its key is then one of ours, by which people go on
-- finding it; that of every other page is its id.
ALTER TABLE public.confluence_pages DROP CONSTRAINT confluence_pages_pkey;
ALTER TABLE public.confluence_pages DROP CONSTRAINT confluence_pages_record_id_is_unique;
ALTER TABLE public.confluence_pages
    ALTER page_id DROP NOT NULL,
    ALTER space_id DROP NOT NULL,
    ALTER status DROP NOT NULL,
    ADD made_as text,
    ADD key text GENERATED ALWAYS AS (coalesce(page_id, made_as)) STORED,
    ADD CONSTRAINT confluence_pages_pkey PRIMARY KEY (record_id),
    ADD CONSTRAINT confluence_pages_page_id_is_unique UNIQUE (page_id),
    ADD CONSTRAINT confluence_pages_have_an_id_or_are_made_here CHECK (coalesce(page_id, made_as) IS NOT NULL),
    ADD CONSTRAINT confluence_pages_there_have_a_place CHECK (
        page_id IS NULL OR made_as IS NOT NULL OR (space_id IS NOT NULL AND status IS NOT NULL));
CREATE UNIQUE INDEX confluence_pages_made_as ON public.confluence_pages (made_as) WHERE made_as IS NOT NULL;

COMMENT ON COLUMN public.confluence_pages.page_id IS 'NULL while the page is wished for, and not known to be in Confluence';
COMMENT ON COLUMN public.confluence_pages.made_as IS 'of a page that was made here, the key that it had before Confluence knew it';
COMMENT ON COLUMN public.confluence_pages.key IS 'the id; of a page that is wished for a provisional one';

CREATE OR REPLACE FUNCTION public.javis_provisional_key(scope text, record_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce($1 || '-', '') || 'new-' || (
    SELECT string_agg(substr('abcdefghijklmnopqrstuvwxyz234567', 1 + (digits >> (5 * place) & 31)::integer, 1), '' ORDER BY place)
      FROM (SELECT ('x' || left(md5($2::text), 10))::bit(40)::bigint AS digits) AS made, generate_series(0, 7) AS place);

CREATE OR REPLACE FUNCTION public.javis_key(key_or_former_key text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT found.key
          FROM (SELECT CASE WHEN lower($1) ~ '^new-[a-z2-7]{8}$' THEN lower($1)
                            WHEN lower(right($1, 13)) ~ '^-new-[a-z2-7]{8}$'
                            THEN upper(left($1, -13)) || lower(right($1, 13)) ELSE upper($1) END AS asked) AS a
         CROSS JOIN LATERAL (
                SELECT i.key, 1 AS rank, NULL::timestamptz AS seen FROM public.jira_issues AS i WHERE i.key = a.asked
                UNION ALL
                SELECT i.key, 2, f.last_seen FROM public.key_aliases AS f JOIN public.jira_issues AS i USING (jira_id)
                 WHERE f.key = a.asked
                UNION ALL
                SELECT p.key, 3, NULL FROM public.confluence_pages AS p WHERE p.page_id = a.asked
                UNION ALL
                SELECT p.key, 3, NULL FROM public.confluence_pages AS p WHERE p.made_as = a.asked) AS found
         ORDER BY found.rank, found.seen DESC
         LIMIT 1);
