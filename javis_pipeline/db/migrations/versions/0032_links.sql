ALTER TYPE public.resource_type ADD VALUE 'jira_link';

-- The sorts of links that Jira has, with the words for each direction.
CREATE TABLE public.issue_link_types (
    name    text CONSTRAINT issue_link_types_pkey PRIMARY KEY,
    outward text NOT NULL,
    inward  text NOT NULL
);
COMMENT ON TABLE public.issue_link_types IS 'sorts of links, as the site told them last: what links can be called';

-- Until now a link had a row for each of its ends that is synced; now it has one, of the end that its outward words speak of,
-- and of the other where that one is not synced.
ALTER TABLE public.issue_links DROP CONSTRAINT issue_links_pkey;
ALTER TABLE public.issue_links
    ALTER jira_id DROP NOT NULL,
    ALTER link_id DROP NOT NULL,
    ADD record_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD key text,
    ADD issue_key text,
    ADD project_key text,
    ADD back_label text,
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
    ADD remote_missing_since timestamptz;

DELETE FROM public.issue_links AS l WHERE NOT EXISTS (SELECT FROM public.jira_issues AS i WHERE i.jira_id = l.jira_id);
UPDATE public.issue_links AS l SET back_label = other.label
  FROM public.issue_links AS other WHERE other.link_id = l.link_id AND other.direction <> l.direction;
DELETE FROM public.issue_links AS l USING public.issue_links AS other
 WHERE other.link_id = l.link_id AND (other.direction > l.direction OR other.direction = l.direction AND other.jira_id < l.jira_id);
UPDATE public.issue_links AS l
   SET issue_key = i.key, project_key = i.project_key, key = i.key || '#link-' || l.link_id, back_label = coalesce(l.back_label, l.label)
  FROM public.jira_issues AS i WHERE i.jira_id = l.jira_id;

ALTER TABLE public.issue_links
    ALTER key SET NOT NULL,
    ALTER issue_key SET NOT NULL,
    ALTER project_key SET NOT NULL,
    ALTER back_label SET NOT NULL,
    ADD CONSTRAINT issue_links_pkey PRIMARY KEY (record_id),
    ADD CONSTRAINT issue_links_link_id_is_unique UNIQUE (link_id);
CREATE INDEX issue_links_by_issue ON public.issue_links (jira_id);
CREATE INDEX issue_links_by_other_id ON public.issue_links (other_id);
CREATE INDEX issue_links_out_of_step ON public.issue_links (project_key)
 WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
       OR sync_status <> 'synced' OR sync_errors <> '{}' OR link_id IS NULL;
CREATE INDEX issue_links_refused ON public.issue_links (project_key) WHERE sync_refused <> '{}';

COMMENT ON TABLE public.issue_links IS 'one row a link: issue_key label other_key, as in OQC-12 blocks OQC-7';
COMMENT ON COLUMN public.issue_links.record_id IS 'names the link for ever, from before Jira knows it';
COMMENT ON COLUMN public.issue_links.key IS 'issue and id, for people: OQC-12#link-10234; of one that is wished for a provisional one';
COMMENT ON COLUMN public.issue_links.issue_key IS 'key that the issue has now';
COMMENT ON COLUMN public.issue_links.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.issue_links.link_id IS 'NULL while the link is wished for, and not known to be in Jira';
COMMENT ON COLUMN public.issue_links.label IS 'what the issue does to the other one, such as blocks';
COMMENT ON COLUMN public.issue_links.back_label IS 'the same from the other end, such as is blocked by';
COMMENT ON COLUMN public.issue_links.direction IS 'outward: the issue is the one that the outward words of the type speak of, as it is wherever that one is synced';
COMMENT ON COLUMN public.issue_links.sync_errors IS '(row): why the link is not in step, and the remedy';

CREATE VIEW public.links_of_issues WITH (security_invoker = true) AS
SELECT link_id, jira_id, issue_key, type, direction, label, other_id, other_key
  FROM public.issue_links WHERE link_id IS NOT NULL AND local_deleted_at IS NULL AND remote_state = 'present'
UNION ALL
SELECT link_id, other_id, other_key, type, CASE direction WHEN 'outward' THEN 'inward' ELSE 'outward' END, back_label, jira_id, issue_key
  FROM public.issue_links WHERE link_id IS NOT NULL AND local_deleted_at IS NULL AND remote_state = 'present';
COMMENT ON VIEW public.links_of_issues IS 'the links of each issue, whichever end of them it is: two rows a link';

-- Of the other end some issues did not tell: all are read again.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';

ALTER TABLE public.sync_policies DROP CONSTRAINT sync_policies_verb_is_known;
ALTER TABLE public.sync_policies ADD CONSTRAINT sync_policies_verb_is_known
    CHECK (verb IN ('send', 'read_restricted', 'create', 'comments', 'worklogs', 'links'));
COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope; comments, worklogs, links on: these are written here too';

-- BEFORE INSERT OR UPDATE of a link by anyone but the sync: it is a row of the end that its outward words speak of, and the
-- same link twice is the same row.
CREATE FUNCTION public.javis_find_ends() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this  text := coalesce(public.javis_key(NEW.issue_key), NEW.issue_key);
    other public.jira_issues;
    kind  public.issue_link_types;
    swaps boolean;
BEGIN
    IF TG_RELID <> 'public.issue_links'::regclass THEN
        RAISE EXCEPTION 'javis: % holds no links', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'javis: a link is not changed'
            USING ERRCODE = 'restrict_violation', HINT = 'Delete it, and insert another.';
    END IF;
    SELECT * INTO other FROM public.jira_issues AS i WHERE i.key = public.javis_key(NEW.other_key) FOR KEY SHARE;
    IF other.key IS NULL AND EXISTS (
        SELECT FROM public.sync_watermarks AS w
         WHERE w.system = 'jira' AND w.scope = split_part(upper(NEW.other_key), '-', 1)) THEN
        RAISE EXCEPTION 'javis: there is no issue % here', NEW.other_key
            USING ERRCODE = 'foreign_key_violation', HINT = 'Nothing was written.';
    END IF;
    IF coalesce(other.key, upper(NEW.other_key)) = this THEN
        RAISE EXCEPTION 'javis: % cannot be linked to itself', this
            USING ERRCODE = 'check_violation', COLUMN = 'other_key', HINT = 'Nothing was written.';
    END IF;
    SELECT * INTO kind FROM public.issue_link_types AS t
     WHERE lower(btrim(NEW.label)) IN (lower(t.outward), lower(t.inward)) ORDER BY t.name LIMIT 1;
    IF kind.name IS NULL THEN
        RAISE EXCEPTION 'javis: there is no link ''%'' in Jira', coalesce(NEW.label, '(label is not given)')
            USING ERRCODE = 'check_violation', COLUMN = 'label',
                  HINT = coalesce((SELECT 'Possible: ' || string_agg(label, ', ' ORDER BY label) || '.'
                                     FROM (SELECT outward FROM public.issue_link_types
                                           UNION SELECT inward FROM public.issue_link_types) AS t (label)),
                                  'What links can be called is read by the first sync of a project that JAVIS_LINKS names.');
    END IF;
    swaps := lower(btrim(NEW.label)) <> lower(kind.outward) AND other.key IS NOT NULL;
    NEW.type := kind.name;
    NEW.direction := CASE WHEN lower(btrim(NEW.label)) = lower(kind.outward) OR swaps THEN 'outward' ELSE 'inward' END;
    NEW.label := CASE NEW.direction WHEN 'outward' THEN kind.outward ELSE kind.inward END;
    NEW.back_label := CASE NEW.direction WHEN 'outward' THEN kind.inward ELSE kind.outward END;
    NEW.issue_key := CASE WHEN swaps THEN other.key ELSE this END;
    NEW.other_key := CASE WHEN swaps THEN this ELSE coalesce(other.key, upper(NEW.other_key)) END;
    NEW.other_id := (SELECT i.jira_id FROM public.jira_issues AS i WHERE i.key = NEW.other_key);
    -- What is there already is named by its record: whoever inserts it again is told so, or asked for nothing to be done.
    NEW.record_id := coalesce((
        SELECT l.record_id FROM public.issue_links AS l
         WHERE l.type = kind.name AND l.local_deleted_at IS NULL AND l.remote_state IN ('present', 'wanted')
           AND (l.issue_key = NEW.issue_key AND l.other_key = NEW.other_key AND l.direction = NEW.direction
                OR kind.outward = kind.inward AND l.issue_key = NEW.other_key AND l.other_key = NEW.issue_key)
         LIMIT 1), NEW.record_id);
    RETURN NEW;
END $$;

-- AFTER UPDATE of an issue's key: links that lead to it name it as it is called now.
CREATE FUNCTION public.javis_follow_other_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    origin text := coalesce(current_setting('javis.origin', true), '');
BEGIN
    IF TG_RELID <> 'public.jira_issues'::regclass THEN
        RAISE EXCEPTION 'javis: no link leads to %', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('javis.origin', 'sync', true);
    UPDATE public.issue_links SET other_key = NEW.key, other_id = NEW.jira_id
     WHERE other_id = NEW.jira_id OR (other_id IS NULL AND other_key = OLD.key);
    PERFORM set_config('javis.origin', origin, true);
    RETURN NULL;
END $$;
