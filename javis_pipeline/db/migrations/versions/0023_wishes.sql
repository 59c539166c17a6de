-- Inserted here, and not known to be there. (A new label cannot be used before the transaction that adds it has ended: the
-- views and triggers that are made along compare it as text.)
ALTER TYPE public.remote_state ADD VALUE 'wanted';
ALTER TABLE public.jira_issues ALTER jira_id DROP NOT NULL;
COMMENT ON COLUMN public.jira_issues.jira_id IS 'NULL while the issue is wished for, and not known to be in Jira';

CREATE TABLE public.sync_creates (
    record_id     uuid PRIMARY KEY,
    number        bigint GENERATED ALWAYS AS IDENTITY,
    resource_type public.resource_type NOT NULL,
    scope         text NOT NULL,
    key           text NOT NULL,
    state         text NOT NULL DEFAULT 'planned',
    floor         bigint NOT NULL,
    attempt       integer NOT NULL DEFAULT 0,
    fence_number  bigint,
    fence_at      timestamptz,
    fence_account text,
    proof_at      timestamptz,
    looks         integer NOT NULL DEFAULT 0,
    next_look_at  timestamptz,
    remote_id     text,
    remote_key    text,
    shows_mark    boolean,
    refused_seq   bigint,
    refused_at    timestamptz,
    refusals      integer NOT NULL DEFAULT 0,
    last_error    text,
    evidence      jsonb NOT NULL DEFAULT '{}',
    run_id        text,
    changed_at    timestamptz NOT NULL,
    CONSTRAINT sync_creates_state_is_known CHECK (state IN (
        'planned', 'sent', 'unknown', 'asks', 'rejected', 'confirmed', 'bound', 'gone', 'withdrawn'))
);
COMMENT ON TABLE public.sync_creates IS 'what became of each row that was inserted here; record_id is the mark that its requests carry';
COMMENT ON COLUMN public.sync_creates.floor IS 'the highest number that was known when the wish was: what is made of it has a higher one';
COMMENT ON COLUMN public.sync_creates.fence_number IS 'the highest number that was known just before the last request, at fence_at by the remote''s clock';
COMMENT ON COLUMN public.sync_creates.shows_mark IS 'whether the record that was made was seen with its mark';
CREATE INDEX sync_creates_open ON public.sync_creates (scope) WHERE remote_id IS NULL;
CREATE INDEX sync_creates_by_remote ON public.sync_creates (remote_id);

CREATE TABLE public.jira_create_forms (
    project_key text NOT NULL,
    type_name   text NOT NULL,
    form        jsonb NOT NULL,
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (project_key, type_name)
);
COMMENT ON TABLE public.jira_create_forms IS 'what each type of issue asks for when one is made in the project';

ALTER TABLE public.sync_watermarks ADD creating_stopped_at timestamptz;
COMMENT ON COLUMN public.sync_watermarks.creating_stopped_at IS 'when marks were met that no row knows, or the database was restored: nothing is made for a while, and until a whole pull';

ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_verb_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_verb_is_known
    CHECK (verb IN ('send', 'read_restricted', 'create'));
COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope';

-- BEFORE INSERT of a record by anyone but the sync. What it does is made from the kinds that are declared.
CREATE FUNCTION public.javis_wish() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN NEW; END $$;

-- A provisional key: the same for the same record, and never used again.
CREATE FUNCTION public.javis_provisional_key(scope text, record_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $1 || '-new-' || (
    SELECT string_agg(substr('abcdefghijklmnopqrstuvwxyz234567', 1 + (digits >> (5 * place) & 31)::integer, 1), '' ORDER BY place)
      FROM (SELECT ('x' || left(md5($2::text), 10))::bit(40)::bigint AS digits) AS made, generate_series(0, 7) AS place);

-- People write keys as they like.
CREATE OR REPLACE FUNCTION public.javis_key(key_or_former_key text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT found.key
          FROM (SELECT CASE WHEN lower(right($1, 13)) ~ '^-new-[a-z2-7]{8}$'
                            THEN upper(left($1, -13)) || lower(right($1, 13)) ELSE upper($1) END AS asked) AS a
         CROSS JOIN LATERAL (
                SELECT i.key, 1 AS rank, NULL::timestamptz AS seen FROM public.jira_issues AS i WHERE i.key = a.asked
                UNION ALL
                SELECT i.key, 2, f.last_seen FROM public.key_aliases AS f JOIN public.jira_issues AS i USING (jira_id)
                 WHERE f.key = a.asked
                UNION ALL
                SELECT p.page_id, 3, NULL FROM public.confluence_pages AS p WHERE p.page_id = a.asked) AS found
         ORDER BY found.rank, found.seen DESC
         LIMIT 1);
