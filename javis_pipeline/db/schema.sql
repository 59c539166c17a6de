-- What the migrations make, written by `make schema`. Read it; to change it, add a migration.

CREATE TYPE public.outbox_state AS ENUM (
    'planned',
    'sent',
    'confirmed',
    'rejected',
    'abandoned',
    'dropped'
);

CREATE TYPE public.remote_state AS ENUM (
    'present',
    'gone',
    'hidden',
    'moved',
    'wanted'
);

CREATE TYPE public.resolution AS ENUM (
    'pending',
    'local',
    'remote',
    'merged',
    'manual',
    'equal',
    'superseded'
);

CREATE TYPE public.resource_type AS ENUM (
    'jira_issue',
    'confluence_page',
    'jira_comment',
    'jira_worklog',
    'jira_link',
    'confluence_comment'
);

CREATE TYPE public.sync_status AS ENUM (
    'synced',
    'local_modified',
    'pushing',
    'conflict',
    'error'
);

CREATE FUNCTION public.confluence_comment_content_hash(body_storage text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, COALESCE(md5(body_storage), '
'::text))))::uuid;

CREATE TABLE public.page_comments (
    comment_id text,
    page_id text,
    parent_id text,
    author_id text,
    body_storage text,
    version_number bigint,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    remote_missing_since timestamp with time zone,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    key text NOT NULL,
    page_key text NOT NULL,
    space_key text NOT NULL,
    last_synced_at timestamp with time zone DEFAULT now(),
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    restricted boolean DEFAULT false NOT NULL,
    kept_from text GENERATED ALWAYS AS (
CASE
    WHEN restricted THEN 'its page is restricted'::text
    ELSE NULL::text
END) STORED
);

COMMENT ON TABLE public.page_comments IS 'comments below the text of Confluence pages: those of others are read within an hour, ours go both ways';

COMMENT ON COLUMN public.page_comments.comment_id IS 'NULL while the comment is wished for, and not known to be in Confluence';

COMMENT ON COLUMN public.page_comments.page_id IS 'the page that it, or what it answers, is below; NULL while that is wished for. An INSERT may name the page by its key here';

COMMENT ON COLUMN public.page_comments.parent_id IS 'the comment that it answers';

COMMENT ON COLUMN public.page_comments.author_id IS 'who wrote it; null where Confluence does not tell';

COMMENT ON COLUMN public.page_comments.body_storage IS 'its text, as Confluence keeps it: storage XHTML';

COMMENT ON COLUMN public.page_comments.version_number IS 'how often it was saved';

COMMENT ON COLUMN public.page_comments.created_at IS 'when it was written; null where Confluence does not tell';

COMMENT ON COLUMN public.page_comments.updated_at IS 'when it was saved last';

COMMENT ON COLUMN public.page_comments.remote_missing_since IS 'it was not found then; not found once more, it is gone';

COMMENT ON COLUMN public.page_comments.record_id IS 'names the comment for ever, from before Confluence knows it';

COMMENT ON COLUMN public.page_comments.key IS 'page and id, for people: 131090#comment-131107; of one that is wished for a provisional one';

COMMENT ON COLUMN public.page_comments.page_key IS 'key of the page: its id; of one that is wished for a provisional one';

COMMENT ON COLUMN public.page_comments.space_key IS 'space of the page';

COMMENT ON COLUMN public.page_comments.last_synced_at IS 'when the sync wrote the row last';

COMMENT ON COLUMN public.page_comments.local_modified_at IS 'when it was edited here last';

COMMENT ON COLUMN public.page_comments.local_modified_fields IS '{edited field: what both sides held last}';

COMMENT ON COLUMN public.page_comments.local_seq IS 'grows with each edit here';

COMMENT ON COLUMN public.page_comments.local_deleted_at IS 'when it was deleted here';

COMMENT ON COLUMN public.page_comments.content_hash IS 'of what the sync wrote: it tells what was changed behind the trigger''s back';

COMMENT ON COLUMN public.page_comments.sync_status IS 'synced, local_modified, pushing, conflict or error';

COMMENT ON COLUMN public.page_comments.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the comment itself';

COMMENT ON COLUMN public.page_comments.sync_refused IS '{field: what Confluence said, when, how often, and since when a person wants it asked again}';

COMMENT ON COLUMN public.page_comments.remote_state IS 'present, gone, hidden, or wanted: not made there yet';

COMMENT ON COLUMN public.page_comments.restricted IS 'only some may read its page';

COMMENT ON COLUMN public.page_comments.kept_from IS 'why not everybody may read it; null: who may read the page''s space';

CREATE FUNCTION public.confluence_comment_content_hash(row_ public.page_comments) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.confluence_comment_content_hash((row_).body_storage);

COMMENT ON FUNCTION public.confluence_comment_content_hash(row_ public.page_comments) IS 'made from f8488d30d93754dff1d6fe4342f101fb';

CREATE FUNCTION public.confluence_comment_base_hash(row_ public.page_comments) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.confluence_comment_content_hash(row_) ELSE public.confluence_comment_content_hash(jsonb_populate_record(row_, (row_).local_modified_fields)) END;

CREATE FUNCTION public.confluence_page_content_hash(title text, body_storage text, parent_id text, labels text[]) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, COALESCE(title, '
'::text), COALESCE(md5(body_storage), '
'::text), COALESCE(parent_id, '
'::text), COALESCE((labels)::text, '
'::text))))::uuid;

CREATE TABLE public.confluence_pages (
    page_id text,
    space_key text NOT NULL,
    space_id text,
    title text,
    body_storage text,
    parent_id text,
    status text DEFAULT 'current'::text,
    version_number integer,
    version_created_at timestamp with time zone,
    version_author_id text,
    version_message text,
    author_id text,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone,
    last_synced_at timestamp with time zone,
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    remote_missing_since timestamp with time zone,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    restriction text DEFAULT 'not read yet'::text,
    made_as text,
    key text GENERATED ALWAYS AS (COALESCE(page_id, made_as)) STORED,
    removal text,
    CONSTRAINT confluence_pages_have_an_id_or_are_made_here CHECK ((COALESCE(page_id, made_as) IS NOT NULL)),
    CONSTRAINT confluence_pages_removal_is_known CHECK ((removal = ANY (ARRAY['archive'::text, 'delete'::text, 'done'::text]))),
    CONSTRAINT confluence_pages_there_have_a_place CHECK (((page_id IS NULL) OR (made_as IS NOT NULL) OR ((space_id IS NOT NULL) AND (status IS NOT NULL))))
);
ALTER TABLE ONLY public.confluence_pages ALTER COLUMN body_storage SET STORAGE EXTERNAL;

COMMENT ON COLUMN public.confluence_pages.page_id IS 'NULL while the page is wished for, and not known to be in Confluence';

COMMENT ON COLUMN public.confluence_pages.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the record itself';

COMMENT ON COLUMN public.confluence_pages.sync_refused IS '{field: what the remote said, when, how often, and since when a person wants it asked again}';

COMMENT ON COLUMN public.confluence_pages.record_id IS 'names the record for ever: a deleted record keeps it';

COMMENT ON COLUMN public.confluence_pages.restriction IS 'who alone may read it in Confluence: user:ID or group:NAME, "as page ID" for what lies below such a page, or "not read yet"; null: who may read the space';

COMMENT ON COLUMN public.confluence_pages.made_as IS 'of a page that was made here, the key that it had before Confluence knew it';

COMMENT ON COLUMN public.confluence_pages.key IS 'the id; of a page that is wished for a provisional one';

COMMENT ON COLUMN public.confluence_pages.removal IS 'of a row that was deleted here: what becomes of it in Confluence, or done; NULL: it is hidden here only';

CREATE FUNCTION public.confluence_page_content_hash(row_ public.confluence_pages) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.confluence_page_content_hash((row_).title, (row_).body_storage, (row_).parent_id, (row_).labels);

COMMENT ON FUNCTION public.confluence_page_content_hash(row_ public.confluence_pages) IS 'made from 9cdad7aa6d39c8aa36c493e0107c765e';

CREATE FUNCTION public.confluence_page_base_hash(row_ public.confluence_pages) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.confluence_page_content_hash(row_) ELSE public.confluence_page_content_hash(jsonb_populate_record(row_, (row_).local_modified_fields)) END;

CREATE FUNCTION public.javis_ask_again() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    field_name text := TG_ARGV[0];
    after_doc  jsonb := to_jsonb(NEW);
    refusal    jsonb := NEW.sync_refused -> field_name;
BEGIN
    IF after_doc -> field_name IS DISTINCT FROM to_jsonb(OLD) -> field_name THEN
        NEW.sync_refused := NEW.sync_refused - field_name;
    ELSIF abs(extract(epoch FROM clock_timestamp() - coalesce(refusal ->> 'again', refusal ->> 'at')::timestamptz)) >= 60 THEN
        NEW.sync_refused := jsonb_set(NEW.sync_refused, ARRAY[field_name, 'again'], to_jsonb(clock_timestamp()));
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[1], 'scope', after_doc ->> TG_ARGV[2])::text);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_ask_elements_again() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    doc      jsonb := to_jsonb(NEW);
    held     jsonb := doc -> TG_ARGV[0];
    before   jsonb := to_jsonb(OLD) -> TG_ARGV[0];
    is_asked boolean := false;
    refused  record;
BEGIN
    FOR refused IN SELECT name, refusal FROM jsonb_each(OLD.sync_refused) AS r (name, refusal) WHERE NOT doc ? name LOOP
        IF held -> refused.name IS DISTINCT FROM before -> refused.name THEN
            NEW.sync_refused := NEW.sync_refused - refused.name;
        ELSIF held = before AND abs(extract(epoch FROM clock_timestamp()
              - coalesce(refused.refusal ->> 'again', refused.refusal ->> 'at')::timestamptz)) >= 60 THEN
            NEW.sync_refused := jsonb_set(NEW.sync_refused, ARRAY[refused.name, 'again'], to_jsonb(clock_timestamp()));
            is_asked := true;
        END IF;
    END LOOP;
    IF is_asked THEN
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[1], 'scope', doc ->> TG_ARGV[2])::text);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_check_texts() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    lines      text[] := string_to_array(TG_ARGV[2], ',');
    before_doc jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    whose      text := coalesce(before_doc ->> TG_ARGV[0], 'a new record');
    checked    record;
    remedy     text;
    problem    text;
BEGIN
    FOR checked IN
        SELECT most.key AS name, most.value::integer AS longest, to_jsonb(NEW) ->> most.key AS held
          FROM jsonb_each_text(TG_ARGV[1]::jsonb) AS most
         WHERE TG_OP = 'INSERT' OR to_jsonb(NEW) -> most.key <> before_doc -> most.key
         ORDER BY most.key
    LOOP
        problem := NULL;
        IF checked.name = ANY (lines) AND coalesce(checked.held, '') !~ '\S' THEN
            problem := 'must not be empty';
            remedy := 'Give it a text.';
        ELSIF checked.name = ANY (lines) AND checked.held ~ '[\n\r]' THEN
            problem := 'must be one line';
            remedy := 'Take the line breaks out.';
        ELSIF length(checked.held) > checked.longest THEN
            problem := format('must have at most %s characters, and has %s', checked.longest, length(checked.held));
            remedy := 'Shorten it.';
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % of % %', checked.name, whose, problem
                USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = checked.name,
                      HINT = 'Nothing was written. ' || remedy;
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_check_values() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    most_bytes integer := TG_ARGV[0];
    most_items integer := 1000;
    largest    numeric := 1.7976931348623157e308;
    most_digits integer := 400;
    before_doc jsonb := CASE TG_OP WHEN 'UPDATE' THEN to_jsonb(OLD) ELSE '{}' END;
    written    jsonb := to_jsonb(NEW);
    checked    record;
    held       jsonb;
    problem    text;
BEGIN
    FOR checked IN
        SELECT a.attname AS name, a.attnotnull AS is_required, format_type(a.atttypid, NULL) AS type
          FROM pg_attribute AS a
         WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
         ORDER BY a.attnum
    LOOP
        held := written -> checked.name;
        CONTINUE WHEN held IS NOT DISTINCT FROM before_doc -> checked.name;
        problem := NULL;
        IF jsonb_typeof(held) = 'null' THEN
            -- A constraint would say the same of a plain NULL, but of a set only after it was read as an empty one.
            IF checked.is_required THEN
                problem := CASE checked.type WHEN 'text[]' THEN 'cannot be NULL; an empty set is ''{}'''
                                             WHEN 'jsonb' THEN 'cannot be NULL; an empty object is ''{}'''
                                             ELSE 'cannot be NULL' END;
            END IF;
        ELSIF checked.type IN ('numeric', 'double precision', 'real') THEN
            -- Infinity and NaN are texts in JSON.
            IF jsonb_typeof(held) <> 'number' OR abs(held::numeric) > largest OR length(held::text) > most_digits THEN
                problem := format('must be a finite number that fits a double, of at most %s digits', most_digits);
            END IF;
        ELSIF checked.type = 'date' THEN
            IF (held #>> '{}')::date NOT BETWEEN '0001-01-01' AND '9999-12-31' THEN
                problem := 'must be a day from 0001-01-01 to 9999-12-31';
            END IF;
        ELSIF checked.type LIKE 'timestamp%' THEN
            IF (held #>> '{}')::timestamptz NOT BETWEEN '0001-01-02 00:00+00' AND '9999-12-30 00:00+00' THEN
                problem := 'must be an instant of the years 0001 to 9999';
            END IF;
        ELSIF checked.type = 'text[]' THEN
            IF EXISTS (SELECT FROM jsonb_array_elements(held) AS item WHERE jsonb_typeof(item) = 'array') THEN
                problem := 'must have one dimension';
            ELSIF held @> '[null]' THEN
                problem := 'must not hold NULL';
            ELSIF jsonb_array_length(held) > most_items OR octet_length(held::text) > most_bytes THEN
                problem := format('must have at most %s items and %s bytes', most_items, most_bytes);
            END IF;
        ELSIF checked.type = 'jsonb' THEN
            IF jsonb_typeof(held) <> 'object' THEN
                problem := 'must be a JSON object';
            ELSIF octet_length(held::text) > most_bytes THEN
                problem := format('must have at most %s bytes', most_bytes);
            ELSIF EXISTS (SELECT FROM jsonb_path_query(held, 'strict $.** ? (@.type() == "number")') AS number
                           WHERE abs(number::numeric) > largest OR length(number::text) > most_digits) THEN
                problem := format('must hold only numbers that fit a double, of at most %s digits', most_digits);
            END IF;
        ELSIF checked.type = 'text' AND octet_length(held #>> '{}') > most_bytes THEN
            problem := format('must have at most %s bytes', most_bytes);
        END IF;
        IF problem IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % %', checked.name, problem
                USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = checked.name,
                      HINT = 'Nothing was written. What each column takes is in docs/security.md.';
        END IF;
    END LOOP;
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_checked_elements(was jsonb, becomes jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    kept     jsonb := '{}';
    one_way  text[] := '{}';
    ways     text[] := '{}';
    edited   record;
    held     jsonb;
BEGIN
    FOR edited IN
        SELECT e.name, e.value, was -> e.name AS had, f.field_id, f.name AS called, f.policy, f.sort, f.gone_at
          FROM jsonb_each(becomes) AS e (name, value) LEFT JOIN public.jira_fields AS f ON f.field_id = e.name
         ORDER BY f.name
    LOOP
        held := edited.value;
        IF held = edited.had THEN
            kept := kept || jsonb_build_object(edited.name, edited.had);
            CONTINUE;
        END IF;
        CONTINUE WHEN held = 'null' AND edited.had IS NULL;
        IF edited.field_id IS NULL OR edited.gone_at IS NOT NULL THEN
            RAISE EXCEPTION 'javis: there is no custom field %', edited.name
                USING ERRCODE = 'restrict_violation', HINT = 'javis fields, and the table jira_fields, list them by id.';
        END IF;
        IF edited.policy NOT IN ('two_way', 'local_to_remote') THEN
            one_way := one_way || edited.called;
            ways := ways || (edited.field_id || ':two_way');
        END IF;
        IF edited.sort IN ('options', 'users', 'groups', 'labels', 'versions') AND jsonb_typeof(held) = 'array'
           AND NOT jsonb_path_exists(held, 'strict $[*] ? (@.type() != "string")') THEN
            SELECT coalesce(jsonb_agg(item ORDER BY item COLLATE "C"), 'null') INTO held
              FROM (SELECT DISTINCT item FROM jsonb_array_elements_text(held) AS item) AS items;
            held := CASE held WHEN edited.had THEN edited.had ELSE held END;
        END IF;
        IF held <> 'null' THEN
            kept := kept || jsonb_build_object(edited.name, held);
        END IF;
    END LOOP;
    IF one_way <> '{}' THEN
        RAISE EXCEPTION 'javis: % cannot be changed here', array_to_string(one_way, ', ')
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Change them in Jira; or let them go both ways: JIRA_FIELD_POLICY=' || array_to_string(ways, ',')
                         || ' is taken over by the next sync.';
    END IF;
    RETURN kept;
END $_$;

CREATE FUNCTION public.javis_drop_view_by_name(project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    view_id oid := to_regclass(format('public.%I', 'issues_' || lower(project)));
BEGIN
    IF view_id IS NOT NULL AND obj_description(view_id, 'pg_class') LIKE 'issues of % with custom fields by name;%' THEN
        EXECUTE format('DROP VIEW public.%I', 'issues_' || lower(project));
    END IF;
    DELETE FROM public.jira_field_columns WHERE project_key = project;
END $$;

CREATE FUNCTION public.javis_edit_by_name() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    was       jsonb := to_jsonb(OLD);
    becomes   jsonb := to_jsonb(NEW);
    columns   text[] := '{}';
    elements  jsonb := '{}';
    assigned  text;
    changed   record;
BEGIN
    FOR changed IN SELECT c.name, c.field_id FROM public.jira_field_columns AS c WHERE c.project_key = TG_ARGV[0] LOOP
        CONTINUE WHEN becomes -> changed.name IS NOT DISTINCT FROM was -> changed.name;
        IF changed.field_id IS NULL THEN
            columns := columns || changed.name;
        ELSE
            elements := elements || jsonb_build_object(changed.field_id, becomes -> changed.name);
        END IF;
    END LOOP;
    SELECT string_agg(format('%1$I = ($1).%1$I', name), ', ') INTO assigned FROM unnest(columns) AS name;
    IF elements <> '{}' THEN
        assigned := concat_ws(', ', assigned, 'custom_fields = custom_fields || $2');
    END IF;
    IF assigned IS NOT NULL THEN
        EXECUTE format('UPDATE public.jira_issues SET %s WHERE record_id = $3', assigned)
          USING jsonb_populate_record(NULL::public.jira_issues, becomes), elements, (was ->> 'record_id')::uuid;
    END IF;
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_find_ends() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.javis_find_place() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    system text := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira' WHEN 'public.confluence_pages'::regclass THEN 'confluence' WHEN 'public.comments'::regclass THEN 'jira' WHEN 'public.worklogs'::regclass THEN 'jira' WHEN 'public.issue_links'::regclass THEN 'jira' WHEN 'public.page_comments'::regclass THEN 'confluence' END;
    word   text := replace(TG_ARGV[5], '_key', '');
    named  text := to_jsonb(NEW) ->> TG_ARGV[6];
    place  jsonb;
BEGIN
    IF system IS NULL THEN
        RAISE EXCEPTION 'javis: nothing of % hangs on a record', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format(
        'SELECT jsonb_build_object(''key'', p.%3$I, ''id'', p.%2$I, ''scope'', p.%4$I, ''restricted'', p.%5$I IS NOT NULL, '
        '''there'', p.local_deleted_at IS NULL AND p.remote_state IN (''present'', ''wanted'')) '
        'FROM public.%1$I AS p WHERE p.%3$I = public.javis_key($1) FOR KEY SHARE',
        TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4]) INTO place USING named;
    IF place IS NULL THEN
        RAISE EXCEPTION 'javis: there is no % % here', word, coalesce(named, format('(%s is not given)', TG_ARGV[6]))
            USING ERRCODE = 'foreign_key_violation', HINT = 'Nothing was written.';
    END IF;
    IF NOT (place ->> 'there')::boolean THEN
        RAISE EXCEPTION 'javis: % % is not in % any more, or was deleted here', word, place ->> 'key', initcap(system)
            USING ERRCODE = 'restrict_violation', HINT = 'Nothing was written.';
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(
        TG_ARGV[5], place -> 'key', TG_ARGV[1], place -> 'id', TG_ARGV[3], place -> 'scope',
        'restricted', place -> 'restricted'));
END $_$;

CREATE FUNCTION public.javis_follow_other_end() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

CREATE FUNCTION public.javis_follow_place() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    origin  text := coalesce(current_setting('javis.origin', true), '');
    was     jsonb := to_jsonb(OLD);
    becomes jsonb := to_jsonb(NEW);
    book    text;
BEGIN
    IF (CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END) IS NULL THEN
        RAISE EXCEPTION 'javis: nothing hangs on %', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('javis.origin', 'sync', true);
    EXECUTE format(
        'UPDATE public.%1$I AS c SET %5$I = $1, %6$I = $2, %4$I = $3, '
        'key = CASE WHEN c.%2$I IS NULL THEN c.key ELSE $1 || %3$L || c.%2$I END '
        'WHERE c.%4$I = $3 OR (c.%4$I IS NULL AND c.%5$I = $4)',
        TG_ARGV[0], TG_ARGV[1], '#' || TG_ARGV[2], TG_ARGV[3], TG_ARGV[4], TG_ARGV[5])
      USING becomes ->> TG_ARGV[6], becomes ->> TG_ARGV[5], becomes ->> TG_ARGV[3], was ->> TG_ARGV[6];
    IF becomes ->> TG_ARGV[5] <> was ->> TG_ARGV[5] THEN
        FOREACH book IN ARRAY ARRAY['sync_conflicts', 'sync_outbox', 'sync_creates'] LOOP
            EXECUTE format('UPDATE public.%I AS b SET scope = $1 FROM public.%I AS c '
                           'WHERE c.%I = $2 AND b.record_id = c.record_id', book, TG_ARGV[0], TG_ARGV[3])
              USING becomes ->> TG_ARGV[5], becomes ->> TG_ARGV[3];
        END LOOP;
    END IF;
    PERFORM set_config('javis.origin', origin, true);
    RETURN NULL;
END $_$;

CREATE FUNCTION public.javis_follow_restriction() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    of_kind  public.resource_type := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END;
    hidden   text[];  -- ids of those that not everybody may read now
    shown    text[];  -- of those that all may read now
    let_go   text[];  -- of those among them that were only kept back
    is_newly boolean; -- whether all could read one of the hidden ones
    book     text;
BEGIN
    IF of_kind IS NULL OR of_kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % has no restricted records', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    EXECUTE format(
        'SELECT array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NOT NULL), array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NULL), '
        'array_agg(n.%1$I) FILTER (WHERE n.%2$I IS NULL AND o.%2$I = %3$L), bool_or(o.%2$I IS NULL) '
        'FROM rows_before AS o JOIN rows_after AS n USING (%1$I) WHERE o.%2$I IS DISTINCT FROM n.%2$I',
        TG_ARGV[1], TG_ARGV[2], 'not read yet') INTO hidden, shown, let_go, is_newly;
    IF hidden IS NULL AND shown IS NULL THEN
        RETURN NULL;
    END IF;
    FOREACH book IN ARRAY string_to_array(TG_ARGV[3], ',') LOOP
        EXECUTE format('UPDATE public.%1$I SET restricted = NOT restricted '
                       'WHERE (%2$I = ANY ($1) AND NOT restricted) OR (%2$I = ANY ($2) AND restricted)', book, TG_ARGV[1])
          USING hidden, shown;
    END LOOP;
    UPDATE public.sync_conflict_values AS b SET restricted = NOT b.restricted FROM public.sync_conflicts AS c
     WHERE c.id = b.conflict_id AND c.resource_type = of_kind
       AND (c.resource_id = ANY (hidden) AND NOT b.restricted OR c.resource_id = ANY (let_go) AND b.restricted);
    FOREACH book IN ARRAY ARRAY['sync_conflicts', 'local_edits', 'sync_audit', 'sync_outbox'] LOOP
        EXECUTE format('UPDATE public.%I SET restricted = NOT restricted WHERE resource_type = $1 '
                       'AND (resource_id = ANY ($2) AND NOT restricted OR resource_id = ANY ($3) AND restricted)', book)
          USING of_kind, hidden, let_go;
    END LOOP;
    IF is_newly THEN
        UPDATE public.work_contexts SET restricted = true WHERE NOT restricted;
        UPDATE public.ai_suggestions SET restricted = true WHERE NOT restricted;
    END IF;
    RETURN NULL;
END $_$;

CREATE FUNCTION public.javis_forget(history text, ids text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    before timestamptz := now() - interval '7 days';
    gone   bigint;
BEGIN
    CASE history
        WHEN 'local_edits' THEN
            DELETE FROM public.local_edits WHERE id = ANY (ARRAY(
                SELECT id FROM public.local_edits WHERE id = ANY (ids::bigint[]) AND edited_at < before
                   FOR UPDATE SKIP LOCKED));
        WHEN 'sync_audit' THEN
            DELETE FROM public.sync_audit WHERE id = ANY (ARRAY(
                SELECT id FROM public.sync_audit WHERE id = ANY (ids::bigint[]) AND at < before
                   FOR UPDATE SKIP LOCKED));
        WHEN 'sync_conflicts' THEN
            DELETE FROM public.sync_conflicts WHERE id = ANY (ARRAY(
                SELECT id FROM public.sync_conflicts
                 WHERE id = ANY (ids::uuid[]) AND coalesce(applied_at, resolved_at, created_at) < before
                   AND (state = 'closed' OR applied_at IS NOT NULL)
                   FOR UPDATE SKIP LOCKED));
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;

CREATE FUNCTION public.javis_keep_record_id() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: record_id of % cannot be changed', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'It names the record for ever.';
END $$;

CREATE FUNCTION public.javis_keep_tombstone() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    kind    public.resource_type := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END;
    system  text := TG_ARGV[1];
    scope   text := TG_ARGV[2];
    id      text := TG_ARGV[3];
    doc     jsonb := to_jsonb(OLD);
    origin  text := coalesce(current_setting('javis.origin', true), '');
    is_kept boolean;
    becomes text;  -- of the record there
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % keeps no tombstones', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF OLD.local_deleted_at IS NULL THEN
        SELECT p.policy INTO becomes FROM public.sync_policies AS p
         WHERE p.verb = TG_ARGV[4] AND p.policy <> 'off' AND p.system = TG_ARGV[1] AND p.scope = doc ->> TG_ARGV[2]
           AND doc ->> TG_ARGV[3] IS NOT NULL;
        PERFORM set_config('javis.origin', 'sync', true);
        EXECUTE format(
            'UPDATE %I.%I SET local_deleted_at = clock_timestamp(), local_modified_at = clock_timestamp(), '
            'local_seq = local_seq + 1 %s WHERE record_id = $1 RETURNING local_deleted_at IS NOT NULL',
            TG_TABLE_SCHEMA, TG_TABLE_NAME, CASE WHEN TG_ARGV[4] <> '' THEN ', removal = $2' ELSE '' END)
            INTO is_kept USING OLD.record_id, becomes;
        PERFORM set_config('javis.origin', origin, true);
        -- Whoever gave the table another owner and not the function would lose deletions without a word.
        IF is_kept IS DISTINCT FROM true THEN
            RAISE EXCEPTION 'javis: % cannot be deleted: the owner of javis_keep_tombstone() does not own %',
                doc ->> id, TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
        VALUES (system, doc ->> scope, kind, coalesce(doc ->> id, doc ->> 'record_id'), OLD.record_id,
                '(row)', 'true', 'null');
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system, 'scope', doc ->> scope)::text);
    END IF;
    RETURN NULL;
END $_$;

CREATE TABLE public.jira_issues (
    key text NOT NULL,
    jira_id text,
    project_key text NOT NULL,
    title text,
    description text,
    description_adf jsonb,
    environment text,
    issue_type text,
    issue_type_id text,
    is_subtask boolean DEFAULT false NOT NULL,
    hierarchy_level integer,
    status text,
    status_id text,
    status_category text,
    priority text,
    priority_id text,
    resolution text,
    labels text[] DEFAULT '{}'::text[] NOT NULL,
    components text[] DEFAULT '{}'::text[] NOT NULL,
    fix_versions text[] DEFAULT '{}'::text[] NOT NULL,
    affected_versions text[] DEFAULT '{}'::text[] NOT NULL,
    assignee_id text,
    reporter_id text,
    creator_id text,
    parent_key text,
    parent_id text,
    epic_key text,
    sprint text,
    sprint_id bigint,
    team text,
    story_points numeric,
    estimate_seconds bigint,
    remaining_seconds bigint,
    spent_seconds bigint,
    due_date date,
    flagged boolean DEFAULT false NOT NULL,
    custom_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone,
    remote_updated_at timestamp with time zone,
    resolved_at timestamp with time zone,
    last_synced_at timestamp with time zone,
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    remote_missing_since timestamp with time zone,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    security_level text,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    custom_raw jsonb DEFAULT '{}'::jsonb NOT NULL,
    resolution_id text,
    team_id text,
    removal text,
    CONSTRAINT jira_issues_removal_is_known CHECK ((removal = ANY (ARRAY['archive'::text, 'delete'::text, 'done'::text]))),
    CONSTRAINT jira_issues_status_category_is_known CHECK ((status_category = ANY (ARRAY['new'::text, 'indeterminate'::text, 'done'::text])))
);
ALTER TABLE ONLY public.jira_issues ALTER COLUMN description_adf SET STORAGE EXTERNAL;
ALTER TABLE ONLY public.jira_issues ALTER COLUMN custom_fields SET STORAGE MAIN;

COMMENT ON COLUMN public.jira_issues.key IS 'what people call it; it changes when the issue is moved to another project';

COMMENT ON COLUMN public.jira_issues.jira_id IS 'NULL while the issue is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.jira_issues.project_key IS 'the project that it is in';

COMMENT ON COLUMN public.jira_issues.title IS 'one line, of at most 255 characters';

COMMENT ON COLUMN public.jira_issues.description IS 'Markdown view of description_adf; edit this one';

COMMENT ON COLUMN public.jira_issues.description_adf IS 'the document behind the description; NULL on a Jira of a company''s own';

COMMENT ON COLUMN public.jira_issues.environment IS 'where it happens, as Markdown';

COMMENT ON COLUMN public.jira_issues.issue_type IS 'its name; issue_types follows';

COMMENT ON COLUMN public.jira_issues.issue_type_id IS 'in issue_types';

COMMENT ON COLUMN public.jira_issues.is_subtask IS 'whether it is a part of its parent';

COMMENT ON COLUMN public.jira_issues.hierarchy_level IS '-1 a sub-task, 0 a story or the like, 1 an epic, more above';

COMMENT ON COLUMN public.jira_issues.status IS 'its name; Jira takes it to another one by a transition';

COMMENT ON COLUMN public.jira_issues.status_id IS 'in statuses';

COMMENT ON COLUMN public.jira_issues.status_category IS 'new, indeterminate or done';

COMMENT ON COLUMN public.jira_issues.priority IS 'its name';

COMMENT ON COLUMN public.jira_issues.priority_id IS 'in priorities';

COMMENT ON COLUMN public.jira_issues.resolution IS 'how it ended, by name; it goes out with the status';

COMMENT ON COLUMN public.jira_issues.labels IS 'words without blanks, each merged by itself';

COMMENT ON COLUMN public.jira_issues.components IS 'names, each merged by itself';

COMMENT ON COLUMN public.jira_issues.fix_versions IS 'names of the versions that will have it';

COMMENT ON COLUMN public.jira_issues.affected_versions IS 'names of the versions in which it was found';

COMMENT ON COLUMN public.jira_issues.assignee_id IS 'account of whoever works on it; users has the names';

COMMENT ON COLUMN public.jira_issues.reporter_id IS 'account of whoever it is reported by';

COMMENT ON COLUMN public.jira_issues.creator_id IS 'account of whoever made it';

COMMENT ON COLUMN public.jira_issues.parent_key IS 'the story of a sub-task, the epic of anything else';

COMMENT ON COLUMN public.jira_issues.parent_id IS 'jira_id of the parent';

COMMENT ON COLUMN public.jira_issues.epic_key IS 'the epic that it belongs to, for a sub-task that of its story';

COMMENT ON COLUMN public.jira_issues.sprint IS 'name of the sprint that it is in, else of the last one';

COMMENT ON COLUMN public.jira_issues.sprint_id IS 'number of that sprint; sprints has them';

COMMENT ON COLUMN public.jira_issues.team IS 'name of the team, or its id where Jira tells no name';

COMMENT ON COLUMN public.jira_issues.story_points IS 'how much work it is thought to be';

COMMENT ON COLUMN public.jira_issues.estimate_seconds IS 'how long it was thought to take at first; whole minutes';

COMMENT ON COLUMN public.jira_issues.remaining_seconds IS 'how long it is thought to take from now on; whole minutes';

COMMENT ON COLUMN public.jira_issues.spent_seconds IS 'how long was worked on it';

COMMENT ON COLUMN public.jira_issues.due_date IS 'when it should be done';

COMMENT ON COLUMN public.jira_issues.flagged IS 'whether somebody marked it as held up';

COMMENT ON COLUMN public.jira_issues.custom_fields IS 'custom fields with a value, by field id; jira_fields names them';

COMMENT ON COLUMN public.jira_issues.created_at IS 'when it was made';

COMMENT ON COLUMN public.jira_issues.remote_updated_at IS 'when it was changed there last';

COMMENT ON COLUMN public.jira_issues.resolved_at IS 'when it was done';

COMMENT ON COLUMN public.jira_issues.last_synced_at IS 'when it was written by the sync';

COMMENT ON COLUMN public.jira_issues.local_modified_at IS 'when it was edited here last';

COMMENT ON COLUMN public.jira_issues.local_modified_fields IS 'edited fields that are not there yet, each with what both sides held before';

COMMENT ON COLUMN public.jira_issues.local_seq IS 'grows with each edit here';

COMMENT ON COLUMN public.jira_issues.local_deleted_at IS 'when its row was deleted here';

COMMENT ON COLUMN public.jira_issues.content_hash IS 'tells whether the row was changed past the triggers';

COMMENT ON COLUMN public.jira_issues.sync_status IS 'synced, local_modified, pushing, conflict or error';

COMMENT ON COLUMN public.jira_issues.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the record itself';

COMMENT ON COLUMN public.jira_issues.remote_state IS 'present, gone, hidden, moved, or wanted as long as it is only here';

COMMENT ON COLUMN public.jira_issues.remote_missing_since IS 'first of the two proofs that the issue is gone';

COMMENT ON COLUMN public.jira_issues.sync_refused IS '{field: what the remote said, when, how often, and since when a person wants it asked again}';

COMMENT ON COLUMN public.jira_issues.security_level IS 'name of the security level in Jira; null: everybody in the project may read it';

COMMENT ON COLUMN public.jira_issues.record_id IS 'names the record for ever: keys change, and a deleted record keeps it';

COMMENT ON COLUMN public.jira_issues.custom_raw IS 'what custom_fields does not tell of its values: ids of what was chosen, documents of texts';

COMMENT ON COLUMN public.jira_issues.resolution_id IS 'in resolutions';

COMMENT ON COLUMN public.jira_issues.team_id IS 'in teams';

COMMENT ON COLUMN public.jira_issues.removal IS 'of a row that was deleted here: what becomes of it in Jira, or done; NULL: it is hidden here only';

CREATE TABLE public.key_aliases (
    jira_id text NOT NULL,
    key text NOT NULL,
    first_seen timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL
);

CREATE FUNCTION public.javis_key(key_or_former_key text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT found.key FROM ((SELECT CASE WHEN (lower(javis_key.key_or_former_key) ~ '^new-[a-z2-7]{8}$'::text) THEN lower(javis_key.key_or_former_key) WHEN (lower("right"(javis_key.key_or_former_key, 13)) ~ '^-new-[a-z2-7]{8}$'::text) THEN (upper("left"(javis_key.key_or_former_key, '-13'::integer)) || lower("right"(javis_key.key_or_former_key, 13))) ELSE upper(javis_key.key_or_former_key) END AS asked) a CROSS JOIN LATERAL (SELECT i.key, 1 AS rank, NULL::timestamp with time zone AS seen FROM public.jira_issues i WHERE (i.key = a.asked) UNION ALL SELECT i.key, 2, f.last_seen FROM (public.key_aliases f JOIN public.jira_issues i USING (jira_id)) WHERE (f.key = a.asked) UNION ALL SELECT p.key, 3, NULL::timestamp with time zone FROM public.confluence_pages p WHERE (p.page_id = a.asked) UNION ALL SELECT p.key, 3, NULL::timestamp with time zone FROM public.confluence_pages p WHERE (p.made_as = a.asked)) found) ORDER BY found.rank, found.seen DESC LIMIT 1);

CREATE FUNCTION public.javis_make_view_by_name(project text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    view_name text := 'issues_' || lower(project);
    mark      text := 'issues of ' || project || ' with custom fields by name; javis fields rebuild-view ' || project || ' makes it anew';
    view_id   oid := to_regclass(format('public.%I', view_name));
    found     text := obj_description(view_id, 'pg_class');
    selected  text;
    described record;
    grantee   record;
BEGIN
    IF view_id IS NOT NULL AND NOT coalesce(starts_with(found, mark), false) THEN
        RAISE EXCEPTION 'javis: there is something else that is called %', view_name
            USING ERRCODE = 'duplicate_table', HINT = 'Rename it; the next run makes the view.';
    END IF;
    SELECT string_agg(format(CASE
               WHEN c.field_id IS NULL THEN 'i.%2$I'
               WHEN f.field_id IS NULL OR f.gone_at IS NOT NULL THEN CASE
                    WHEN c.sort = 'number' THEN 'NULL::numeric'
                    WHEN c.sort = 'date' THEN 'NULL::date'
                    WHEN c.sort IN ('options', 'users', 'groups', 'labels', 'versions', 'components') THEN 'NULL::text[]'
                    WHEN c.sort = 'other' THEN 'NULL::jsonb'
                    ELSE 'NULL::text' END || ' AS %2$I'
               WHEN c.sort = 'number' THEN
                    'CASE jsonb_typeof(i.custom_fields -> %1$L) WHEN ''number'' THEN (i.custom_fields ->> %1$L)::numeric END AS %2$I'
               WHEN c.sort = 'date' THEN
                    '(jsonb_path_query_first(i.custom_fields -> %1$L, ''$.datetime("YYYY-MM-DD")'', silent => true) #>> ''{}'')::date AS %2$I'
               WHEN c.sort IN ('options', 'users', 'groups', 'labels', 'versions', 'components') THEN
                    'CASE jsonb_typeof(i.custom_fields -> %1$L) WHEN ''array'' '
                    'THEN ARRAY(SELECT jsonb_array_elements_text(i.custom_fields -> %1$L)) END AS %2$I'
               WHEN c.sort = 'other' THEN 'i.custom_fields -> %1$L AS %2$I'
               ELSE 'i.custom_fields ->> %1$L AS %2$I' END, c.field_id, c.name), ', ' ORDER BY c.position)
      INTO selected
      FROM public.jira_field_columns AS c
      LEFT JOIN public.jira_fields AS f USING (field_id)
     WHERE c.project_key = project;
    SELECT mark || '; made from ' || md5(selected || string_agg(concat_ws(' ', c.name, f.name, f.type, f.gone_at IS NULL), ','
                                                                 ORDER BY c.position))
      INTO mark
      FROM public.jira_field_columns AS c
      LEFT JOIN public.jira_fields AS f USING (field_id)
     WHERE c.project_key = project;
    IF found = mark THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE VIEW public.%I WITH (security_invoker = true) AS '
                   'SELECT %s FROM public.jira_issues AS i WHERE i.project_key = %L', view_name, selected, project);
    EXECUTE format('COMMENT ON VIEW public.%I IS %L', view_name, mark);
    FOR described IN
        SELECT c.name, f.field_id || ': ' || CASE
                   WHEN f.gone_at IS NOT NULL THEN 'the site does not list it any more; its values are in custom_fields'
                   WHEN f.name <> c.name AND c.name <> f.name || ' (' || substr(f.field_id, 13) || ')'
                   THEN 'is called ' || f.name || ' now' ELSE f.type END AS words
          FROM public.jira_field_columns AS c JOIN public.jira_fields AS f USING (field_id)
         WHERE c.project_key = project
    LOOP
        EXECUTE format('COMMENT ON COLUMN public.%I.%I IS %L', view_name, described.name, described.words);
    END LOOP;
    IF view_id IS NULL THEN
        EXECUTE format('CREATE TRIGGER edit_by_name INSTEAD OF UPDATE ON public.%I FOR EACH ROW '
                       'EXECUTE FUNCTION public.javis_edit_by_name(%L)', view_name, project);
        EXECUTE format('CREATE TRIGGER refuse_by_name INSTEAD OF INSERT OR DELETE ON public.%I FOR EACH ROW '
                       'EXECUTE FUNCTION public.javis_refuse_by_name()', view_name);
    END IF;
    FOR grantee IN
        SELECT rolname AS role, CASE rolname WHEN 'javis_app' THEN 'SELECT, INSERT, UPDATE, DELETE' ELSE 'SELECT' END AS rights
          FROM pg_roles WHERE rolname IN ('javis_read', 'javis_app', 'javis_sync')
    LOOP
        EXECUTE format('GRANT %s ON public.%I TO %I', grantee.rights, view_name, grantee.role);
    END LOOP;
END $_$;

CREATE FUNCTION public.javis_mark_restricted_payload() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
BEGIN
    NEW.restricted := NEW.payload <> '{}' AND (
        NEW.system <> 'jira'
        OR jsonb_typeof(NEW.payload -> 'fields') IS DISTINCT FROM 'object'
        OR coalesce(jsonb_typeof(NEW.payload #> '{fields,security}'), 'null') <> 'null'
        OR jsonb_path_exists(NEW.payload, 'strict $.**.visibility ? (@ != null)', silent => true)
        OR jsonb_path_exists(NEW.payload, 'strict $.**.jsdPublic ? (@ == false)', silent => true));
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_mark_restricted_value() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    NEW.restricted := EXISTS (SELECT FROM public.sync_conflicts AS c WHERE c.id = NEW.conflict_id AND c.restricted);
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_name_record() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    SELECT coalesce(known.record_id, NEW.record_id), coalesce(known.is_restricted, false) INTO NEW.record_id, NEW.restricted
      FROM (SELECT) AS nothing LEFT JOIN LATERAL (
           SELECT r.record_id, "security_level" IS NOT NULL AS is_restricted FROM public."jira_issues" AS r
            WHERE NEW.resource_type = 'jira_issue'
              AND (r."jira_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id) UNION ALL SELECT r.record_id, "restriction" IS NOT NULL AS is_restricted FROM public."confluence_pages" AS r
            WHERE NEW.resource_type = 'confluence_page'
              AND (r."page_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id) UNION ALL SELECT r.record_id, "kept_from" IS NOT NULL AS is_restricted FROM public."comments" AS r
            WHERE NEW.resource_type = 'jira_comment'
              AND (r."comment_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id) UNION ALL SELECT r.record_id, "kept_from" IS NOT NULL AS is_restricted FROM public."worklogs" AS r
            WHERE NEW.resource_type = 'jira_worklog'
              AND (r."worklog_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id) UNION ALL SELECT r.record_id, false AS is_restricted FROM public."issue_links" AS r
            WHERE NEW.resource_type = 'jira_link'
              AND (r."link_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id) UNION ALL SELECT r.record_id, "kept_from" IS NOT NULL AS is_restricted FROM public."page_comments" AS r
            WHERE NEW.resource_type = 'confluence_comment'
              AND (r."comment_id" = NEW.resource_id AND NEW.record_id IS NULL OR r.record_id = NEW.record_id)
           ) AS known ON true;
    RETURN NEW;
END $$;

CREATE FUNCTION public.javis_obey_policy() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    before_doc jsonb := to_jsonb(OLD);
    place      text := before_doc ->> TG_ARGV[1];
    us         text;
    field_name text;
BEGIN
    IF (CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END) IS NULL THEN
        RAISE EXCEPTION 'javis: % obeys no policy', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF before_doc ->> TG_ARGV[2] IS NULL OR (TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD) THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF NOT EXISTS (SELECT FROM public.sync_policies AS p
                    WHERE p.verb = TG_ARGV[4] AND p.policy = 'on' AND p.system = TG_ARGV[0] AND p.scope IN ('*', place)) THEN
        RAISE EXCEPTION 'javis: % of % are not changed from here', TG_TABLE_NAME, place
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Projects in which they are, are named in %s; what it says is taken over by '
                                'javis db migrate, and by every sync.', TG_ARGV[5]);
    END IF;
    SELECT w.account_id INTO us FROM public.sync_watermarks AS w WHERE w.system = TG_ARGV[0] AND w.scope = place;
    IF TG_ARGV[6] <> '' AND before_doc ->> TG_ARGV[6] IS DISTINCT FROM us THEN
        RAISE EXCEPTION 'javis: % was written by somebody else', before_doc ->> TG_ARGV[3]
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Only what the account of this pipeline wrote is changed from here; change it in %s.', initcap(TG_ARGV[0]));
    END IF;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[7], ',') LOOP
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % is given when it is written, and cannot be changed here',
                field_name, before_doc ->> TG_ARGV[3]
                USING ERRCODE = 'restrict_violation',
                      HINT = format('Change it in %s; the next sync follows.', initcap(TG_ARGV[0]));
        END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE FUNCTION public.javis_owns(the_table oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN COALESCE(pg_has_role(CURRENT_USER, (SELECT c.relowner FROM pg_class c WHERE (c.oid = javis_owns.the_table)), 'USAGE'::text), false);

CREATE FUNCTION public.javis_provisional_key(scope text, record_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ((COALESCE((scope || '-'::text), ''::text) || 'new-'::text) || (SELECT string_agg(substr('abcdefghijklmnopqrstuvwxyz234567'::text, (1 + (((made.digits >> (5 * place.place)) & (31)::bigint))::integer), 1), ''::text ORDER BY place.place) AS string_agg FROM (SELECT ((('x'::text || "left"(md5((javis_provisional_key.record_id)::text), 10)))::bit(40))::bigint AS digits) made, generate_series(0, 7) place(place)));

CREATE TABLE public.sync_policies (
    system text NOT NULL,
    scope text NOT NULL,
    verb text NOT NULL,
    policy text NOT NULL,
    setting text,
    set_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sync_policies_policy_is_known CHECK (((policy = ANY (ARRAY['on'::text, 'off'::text])) OR ((verb = 'delete'::text) AND (policy = ANY (ARRAY['archive'::text, 'delete'::text]))))),
    CONSTRAINT sync_policies_system_is_known CHECK ((system = ANY (ARRAY['*'::text, 'jira'::text, 'confluence'::text]))),
    CONSTRAINT sync_policies_verb_is_known CHECK ((verb = ANY (ARRAY['send'::text, 'read_restricted'::text, 'create'::text, 'comments'::text, 'worklogs'::text, 'links'::text, 'delete'::text])))
);

COMMENT ON TABLE public.sync_policies IS 'send off: nothing goes to the remote, by the scope''s row or that of ''*''; read_restricted on: javis_read sees restricted texts; create on: rows may be inserted in the scope; comments on: comments are written here too; delete archive, delete: what is deleted here is put away there so';

CREATE FUNCTION public.javis_reads_restricted() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    RETURN (EXISTS (SELECT FROM public.sync_policies p WHERE ((p.system = '*'::text) AND (p.scope = '*'::text) AND (p.verb = 'read_restricted'::text) AND (p.policy = 'on'::text))));

CREATE FUNCTION public.javis_refuse_by_name() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: rows of % can only be read and updated', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'For anything else there is the table jira_issues.';
END $$;

CREATE FUNCTION public.javis_refuse_follower() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: % of % cannot be changed here: it follows %', TG_ARGV[0], to_jsonb(OLD) ->> 'key', TG_ARGV[1]
        USING ERRCODE = 'restrict_violation', HINT = format('Set %s; the next sync brings what it leads to.', TG_ARGV[1]);
END $$;

CREATE FUNCTION public.javis_refuse_itself() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: % of % cannot be that record itself', TG_ARGV[0], to_jsonb(OLD) ->> TG_ARGV[1]
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0],
              HINT = 'Nothing was written. Name another record, or NULL for none.';
END $$;

CREATE FUNCTION public.javis_refuse_little() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: % must be at least %', TG_ARGV[0], TG_ARGV[1]
        USING ERRCODE = 'check_violation', SCHEMA = TG_TABLE_SCHEMA, TABLE = TG_TABLE_NAME, COLUMN = TG_ARGV[0],
              HINT = 'Nothing was written.';
END $$;

CREATE FUNCTION public.javis_refuse_local_insert() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: rows of % are made by the sync only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Create the record in Jira or Confluence; the next sync brings it here.';
END $$;

CREATE FUNCTION public.javis_refuse_taken() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    kind   public.resource_type := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END;
    doc    jsonb := to_jsonb(NEW);
    place  text := doc ->> TG_ARGV[4];
    holder text;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % has no titles of its own', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND lower(to_jsonb(OLD) ->> TG_ARGV[1]) = lower(doc ->> TG_ARGV[1]) THEN
        RETURN NEW;
    END IF;
    EXECUTE format(
        'SELECT r.%I FROM %I.%I AS r WHERE r.%I = $1 AND lower(r.%I) = lower($2) AND r.record_id <> $3 '
        'AND r.status IS DISTINCT FROM ''trashed'' AND r.remote_state IN (''present'', ''wanted'') '
        'AND (r.%I IS NOT NULL OR r.local_deleted_at IS NULL) LIMIT 1',
        TG_ARGV[2], TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_ARGV[4], TG_ARGV[1], TG_ARGV[3])
        INTO holder USING place, doc ->> TG_ARGV[1], NEW.record_id;
    IF holder IS NOT NULL THEN
        RAISE EXCEPTION 'javis: % has this title already in %', holder, place
            USING ERRCODE = 'unique_violation', COLUMN = TG_ARGV[1], HINT = 'Nothing was written. Choose another title.';
    END IF;
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_refuse_truncate() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
BEGIN
    RAISE EXCEPTION 'javis: % cannot be truncated', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'To start over, use a new database: unsynced edits would be lost without a trace.';
END $$;

CREATE FUNCTION public.javis_take_copied() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    names text := (SELECT string_agg(format('%I', name), ', ') FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name);
BEGIN
    NEW.record_id := coalesce(NEW.record_id, gen_random_uuid());
    EXECUTE format('INSERT INTO public.%I (%s) SELECT %s FROM (SELECT ($1).*) AS given ON CONFLICT DO NOTHING', TG_ARGV[0], names, names)
      USING NEW;
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_track_local_edit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    kind        public.resource_type := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END;
    system      text := TG_ARGV[1];
    scope       text := TG_ARGV[2];
    id          text := TG_ARGV[3];
    fixed       text[] := string_to_array(TG_ARGV[4], ',');
    tracked     text[] := string_to_array(TG_ARGV[5], ',');
    sets        text[] := string_to_array(TG_ARGV[6], ',');
    elements    text := TG_ARGV[7];
    lost        text;
    before_doc  jsonb := to_jsonb(OLD);
    after_doc   jsonb;
    written     jsonb := to_jsonb(NEW);
    whole       record;
    bases       jsonb;
    errors      jsonb;
    was         jsonb;
    becomes     jsonb;
    field_name  text;
    edited      boolean := false;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % keeps no journal of edits', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    bases := OLD.local_modified_fields;
    errors := OLD.sync_errors;
    FOREACH field_name IN ARRAY fixed LOOP
        IF written -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % cannot be changed here', field_name, coalesce(before_doc ->> 'key', before_doc ->> id)
                USING ERRCODE = 'restrict_violation', HINT = 'Move or rename the record in Jira or Confluence; the next sync follows.';
        END IF;
    END LOOP;

    -- A set has one spelling, so that equal sets are equal arrays.
    FOREACH field_name IN ARRAY sets LOOP
        written := jsonb_set(written, ARRAY[field_name], coalesce(
            (SELECT jsonb_agg(item ORDER BY item COLLATE "C")
               FROM (SELECT DISTINCT item FROM jsonb_array_elements_text(written -> field_name) AS item) AS items), '[]'));
    END LOOP;
    -- An element that is not there would be one that nobody mentioned, or one that was taken out: only null says which.
    IF elements <> '' THEN
        SELECT string_agg(name, ', ' ORDER BY name) INTO lost
          FROM jsonb_object_keys(before_doc -> elements) AS name WHERE NOT written -> elements ? name;
        IF lost IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % of % would lose %', elements, coalesce(before_doc ->> 'key', before_doc ->> id), lost
                USING ERRCODE = 'restrict_violation',
                      HINT = format('Change what you mean (%1$s = %1$s || ''{...}''), and set it to null to clear it.', elements);
        END IF;
        SELECT string_agg(name, ', ' ORDER BY name) INTO lost
          FROM jsonb_object_keys(written -> elements) AS name WHERE written ? name;
        IF lost IS NOT NULL THEN
            RAISE EXCEPTION 'javis: % is a column, and no element of %', lost, elements USING ERRCODE = 'restrict_violation';
        END IF;
        IF written -> elements IS DISTINCT FROM before_doc -> elements THEN
            written := jsonb_set(written, ARRAY[elements], public.javis_checked_elements(before_doc -> elements, written -> elements));
        ELSE
            written := written || jsonb_build_object(elements, before_doc -> elements);
        END IF;
    END IF;
    -- Fields read one by one are given the default of a column that was added after the row was written;
    -- jsonb_populate_record copies the row as it lies there.
    SELECT OLD.* INTO whole;
    NEW := jsonb_populate_record(whole, (
        SELECT jsonb_object_agg(name, written -> name) FROM unnest(tracked || elements) AS name WHERE name <> ''));
    after_doc := to_jsonb(NEW);
    IF elements <> '' AND after_doc -> elements <> before_doc -> elements THEN
        tracked := tracked || ARRAY(SELECT jsonb_object_keys((before_doc -> elements) || (after_doc -> elements)) ORDER BY 1);
        before_doc := before_doc || (before_doc -> elements);
        after_doc := after_doc || (after_doc -> elements);
    END IF;

    FOREACH field_name IN ARRAY tracked LOOP
        was := coalesce(before_doc -> field_name, 'null');
        becomes := coalesce(after_doc -> field_name, 'null');
        CONTINUE WHEN becomes = was;
        edited := true;
        errors := errors - field_name;
        IF NOT bases ? field_name THEN
            bases := bases || jsonb_build_object(field_name, was);
        ELSIF bases -> field_name = becomes THEN
            bases := bases - field_name;
        END IF;
        INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
        VALUES (system, before_doc ->> scope, kind, coalesce(before_doc ->> id, before_doc ->> 'record_id'), OLD.record_id,
                field_name, was, becomes);
    END LOOP;

    IF edited THEN
        NEW.local_modified_fields := bases;
        NEW.sync_errors := errors;
        NEW.local_seq := OLD.local_seq + 1;
        NEW.local_modified_at := clock_timestamp();
        NEW.sync_status := CASE
            WHEN OLD.sync_status IN ('conflict', 'pushing') THEN OLD.sync_status
            WHEN errors <> '{}' THEN 'error'
            WHEN bases <> '{}' THEN 'local_modified'
            ELSE 'synced' END;
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system, 'scope', before_doc ->> scope)::text);
    END IF;
    RETURN NEW;
END $_$;

CREATE FUNCTION public.javis_wish() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
DECLARE
    kind       public.resource_type := CASE TG_RELID WHEN 'public.jira_issues'::regclass THEN 'jira_issue' WHEN 'public.confluence_pages'::regclass THEN 'confluence_page' WHEN 'public.comments'::regclass THEN 'jira_comment' WHEN 'public.worklogs'::regclass THEN 'jira_worklog' WHEN 'public.issue_links'::regclass THEN 'jira_link' WHEN 'public.page_comments'::regclass THEN 'confluence_comment' END;
    system_    text := TG_ARGV[1];
    doc        jsonb := to_jsonb(NEW);
    place      text := doc ->> TG_ARGV[2];
    asked_key  text := nullif(doc ->> TG_ARGV[4], '');
    new_key    text;
    made       jsonb;
    same       jsonb;
    field_name text;
    possible   text;
BEGIN
    IF kind IS NULL OR kind::text <> TG_ARGV[0] THEN
        RAISE EXCEPTION 'javis: % takes no wishes', TG_RELID::regclass USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (SELECT FROM public.sync_policies AS p
                    WHERE p.verb = TG_ARGV[10] AND p.policy = 'on' AND p.system = system_ AND p.scope IN ('*', place)) THEN
        RAISE EXCEPTION 'javis: nothing may be made in %', coalesce(place, 'no project')
            USING ERRCODE = 'restrict_violation',
                  HINT = format('Projects in which rows may be inserted are named in %s; what it says is taken over by '
                                'javis db migrate, and by every sync.', TG_ARGV[11]);
    END IF;
    NEW.record_id := coalesce(NEW.record_id, gen_random_uuid());
    -- Whoever writes a row again that is there already is told so by its key, or asked for nothing to be done.
    EXECUTE format('SELECT to_jsonb(r) FROM %I.%I AS r WHERE r.record_id = $1', TG_TABLE_SCHEMA, TG_TABLE_NAME)
       INTO same USING NEW.record_id;
    -- Only what is given is taken; the rest is as in a row about which nothing is known.
    SELECT jsonb_object_agg(a.attname, CASE WHEN NOT a.attnotnull THEN 'null'::jsonb
                                            WHEN format_type(a.atttypid, NULL) = 'text[]' THEN '[]'
                                            WHEN format_type(a.atttypid, NULL) = 'jsonb' THEN '{}'
                                            WHEN format_type(a.atttypid, NULL) = 'boolean' THEN 'false'
                                            ELSE '0' END)
      INTO made
      FROM pg_attribute AS a
     WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped;
    IF same IS NOT NULL THEN
        RETURN jsonb_populate_record(
            NEW, made || jsonb_strip_nulls(doc) || jsonb_build_object(TG_ARGV[4], same -> TG_ARGV[4], TG_ARGV[3], NULL));
    END IF;
    new_key := public.javis_provisional_key(doc ->> TG_ARGV[9], NEW.record_id);
    IF asked_key IS DISTINCT FROM new_key AND asked_key IS NOT NULL THEN
        IF public.javis_key(asked_key) IS NOT NULL THEN
            RAISE EXCEPTION 'javis: there is, or was, a record with key %', asked_key
                USING ERRCODE = 'unique_violation', HINT = 'Leave the key out: it is given when the record is made.';
        END IF;
        RAISE EXCEPTION 'javis: key % cannot be chosen here', asked_key
            USING ERRCODE = 'restrict_violation', HINT = 'Leave the key out: it is given when the record is made.';
    END IF;

    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[6], ',') LOOP
        IF coalesce(btrim(doc ->> field_name), '') = '' THEN
            RAISE EXCEPTION 'javis: % of a new record must be given', field_name
                USING ERRCODE = 'not_null_violation', COLUMN = field_name, HINT = 'Nothing was written.';
        END IF;
    END LOOP;
    SELECT string_agg(f.type_name, ', ' ORDER BY f.type_name) INTO possible
      FROM public.jira_create_forms AS f
     WHERE system_ = 'jira' AND f.project_key = place
    HAVING NOT bool_or(lower(f.type_name) = lower(doc ->> 'issue_type'));
    IF possible IS NOT NULL THEN
        RAISE EXCEPTION 'javis: there is no issue type % in %', doc ->> 'issue_type', place
            USING ERRCODE = 'check_violation', COLUMN = 'issue_type', HINT = 'Possible: ' || possible || '.';
    END IF;

    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[5], ',') LOOP
        made := made || jsonb_build_object(field_name, doc -> field_name);
    END LOOP;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[7], ',') LOOP
        made := jsonb_set(made, ARRAY[field_name], coalesce(
            (SELECT jsonb_agg(item ORDER BY item COLLATE "C")
               FROM (SELECT DISTINCT item
                       FROM jsonb_array_elements_text(CASE jsonb_typeof(doc -> field_name)
                                                           WHEN 'array' THEN doc -> field_name ELSE '[]' END) AS item) AS items), '[]'));
    END LOOP;
    FOREACH field_name IN ARRAY string_to_array(TG_ARGV[8], ',') LOOP
        made := made || jsonb_build_object(field_name, coalesce(public.javis_key(doc ->> field_name), doc ->> field_name));
    END LOOP;
    made := made || jsonb_build_object(
        TG_ARGV[2], place, TG_ARGV[4], new_key, 'record_id', NEW.record_id,
        'remote_state', 'wanted', 'sync_status', 'local_modified', 'local_modified_at', clock_timestamp());
    IF TG_ARGV[12] <> '' THEN
        made := made || jsonb_build_object(TG_ARGV[12], 'not read yet');
    END IF;
    NEW := jsonb_populate_record(NEW, made);
    INSERT INTO public.local_edits (system, scope, resource_type, resource_id, record_id, field, old, new)
    VALUES (system_, place, kind, NEW.record_id::text, NEW.record_id, '(row)', 'null', 'true');
    PERFORM pg_notify('javis_local_change', jsonb_build_object('system', system_, 'scope', place)::text);
    RETURN NEW;
END $_$;

CREATE FUNCTION public.jira_comment_content_hash(body text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, COALESCE(md5(body), '
'::text))))::uuid;

CREATE TABLE public.comments (
    jira_id text,
    comment_id text,
    author_id text,
    body text,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    restriction text,
    restricted boolean DEFAULT false NOT NULL,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    key text NOT NULL,
    issue_key text NOT NULL,
    project_key text NOT NULL,
    body_adf jsonb,
    last_synced_at timestamp with time zone DEFAULT now(),
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    remote_missing_since timestamp with time zone,
    kept_from text GENERATED ALWAYS AS (COALESCE(restriction,
CASE
    WHEN restricted THEN 'its issue is restricted'::text
    ELSE NULL::text
END)) STORED
);

COMMENT ON COLUMN public.comments.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.comments.comment_id IS 'NULL while the comment is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.comments.body IS 'Markdown';

COMMENT ON COLUMN public.comments.restriction IS 'who alone may read it: role:NAME, group:NAME, or internal (no customer); null: who may read the issue';

COMMENT ON COLUMN public.comments.restricted IS 'its issue has a security level';

COMMENT ON COLUMN public.comments.record_id IS 'names the comment for ever, from before Jira knows it';

COMMENT ON COLUMN public.comments.key IS 'issue and id, for people: OQC-12#10234; of one that is wished for a provisional one';

COMMENT ON COLUMN public.comments.issue_key IS 'key that the issue has now';

COMMENT ON COLUMN public.comments.body_adf IS 'the text as Jira has it, of comments that our account wrote: what nobody edits goes back as it came';

COMMENT ON COLUMN public.comments.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the comment itself';

COMMENT ON COLUMN public.comments.sync_refused IS '{field: what Jira said, when, how often, and since when a person wants it asked again}';

COMMENT ON COLUMN public.comments.kept_from IS 'why not everybody may read it; null: who may read the project';

CREATE FUNCTION public.jira_comment_content_hash(row_ public.comments) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.jira_comment_content_hash((row_).body);

COMMENT ON FUNCTION public.jira_comment_content_hash(row_ public.comments) IS 'made from a89c257beefa6cc68bee41cb2eda41b5';

CREATE FUNCTION public.jira_comment_base_hash(row_ public.comments) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.jira_comment_content_hash(row_) ELSE public.jira_comment_content_hash(jsonb_populate_record(row_, (row_).local_modified_fields)) END;

CREATE FUNCTION public.jira_issue_content_hash(title text, description text, labels text[], priority text, assignee_id text, due_date date, story_points numeric, parent_key text, status text, components text[], fix_versions text[], affected_versions text[], resolution text, team text, sprint_id bigint, reporter_id text, estimate_seconds bigint, remaining_seconds bigint, custom_fields jsonb) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, COALESCE(title, '
'::text), COALESCE(md5(description), '
'::text), COALESCE((labels)::text, '
'::text), COALESCE(priority, '
'::text), COALESCE(assignee_id, '
'::text), COALESCE(CASE WHEN isfinite(due_date) THEN ((due_date - '2000-01-01'::date))::text ELSE (due_date)::text END, '
'::text), COALESCE((trim_scale(story_points))::text, '
'::text), COALESCE(parent_key, '
'::text), COALESCE(status, '
'::text), COALESCE((components)::text, '
'::text), COALESCE((fix_versions)::text, '
'::text), COALESCE((affected_versions)::text, '
'::text), COALESCE(resolution, '
'::text), COALESCE(team, '
'::text), COALESCE((sprint_id)::text, '
'::text), COALESCE(reporter_id, '
'::text), COALESCE((estimate_seconds)::text, '
'::text), COALESCE((remaining_seconds)::text, '
'::text), COALESCE(md5((custom_fields)::text), '
'::text))))::uuid;

CREATE FUNCTION public.jira_issue_content_hash(row_ public.jira_issues) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.jira_issue_content_hash((row_).title, (row_).description, (row_).labels, (row_).priority, (row_).assignee_id, (row_).due_date, (row_).story_points, (row_).parent_key, (row_).status, (row_).components, (row_).fix_versions, (row_).affected_versions, (row_).resolution, (row_).team, (row_).sprint_id, (row_).reporter_id, (row_).estimate_seconds, (row_).remaining_seconds, (row_).custom_fields);

COMMENT ON FUNCTION public.jira_issue_content_hash(row_ public.jira_issues) IS 'made from 039c9d19229c1741f00048f39a77830d';

CREATE FUNCTION public.jira_issue_base_hash(row_ public.jira_issues) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.jira_issue_content_hash(row_) ELSE public.jira_issue_content_hash(jsonb_populate_record(row_, ((row_).local_modified_fields || jsonb_build_object('custom_fields', (SELECT COALESCE(jsonb_object_agg(e.name, e.value), '{}'::jsonb) AS "coalesce" FROM jsonb_each(((jira_issue_base_hash.row_).custom_fields || ((jira_issue_base_hash.row_).local_modified_fields - string_to_array('title,description,labels,priority,assignee_id,due_date,story_points,parent_key,status,components,fix_versions,affected_versions,resolution,team,sprint_id,reporter_id,estimate_seconds,remaining_seconds,issue_type,sprint,flagged'::text, ','::text)))) e(name, value) WHERE (e.value <> 'null'::jsonb)))))) END;

CREATE FUNCTION public.jira_link_content_hash() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, '')))::uuid;

CREATE TABLE public.issue_links (
    link_id text,
    jira_id text,
    type text NOT NULL,
    direction text NOT NULL,
    label text NOT NULL,
    other_id text,
    other_key text NOT NULL,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    key text NOT NULL,
    issue_key text NOT NULL,
    project_key text NOT NULL,
    back_label text NOT NULL,
    last_synced_at timestamp with time zone DEFAULT now(),
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    remote_missing_since timestamp with time zone,
    CONSTRAINT issue_links_direction_is_known CHECK ((direction = ANY (ARRAY['inward'::text, 'outward'::text])))
);

COMMENT ON TABLE public.issue_links IS 'one row a link: issue_key label other_key, as in OQC-12 blocks OQC-7';

COMMENT ON COLUMN public.issue_links.link_id IS 'NULL while the link is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.issue_links.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.issue_links.direction IS 'outward: the issue is the one that the outward words of the type speak of, as it is wherever that one is synced';

COMMENT ON COLUMN public.issue_links.label IS 'what the issue does to the other one, such as blocks';

COMMENT ON COLUMN public.issue_links.record_id IS 'names the link for ever, from before Jira knows it';

COMMENT ON COLUMN public.issue_links.key IS 'issue and id, for people: OQC-12#link-10234; of one that is wished for a provisional one';

COMMENT ON COLUMN public.issue_links.issue_key IS 'key that the issue has now';

COMMENT ON COLUMN public.issue_links.back_label IS 'the same from the other end, such as is blocked by';

COMMENT ON COLUMN public.issue_links.sync_errors IS '(row): why the link is not in step, and the remedy';

CREATE FUNCTION public.jira_link_content_hash(row_ public.issue_links) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.jira_link_content_hash();

COMMENT ON FUNCTION public.jira_link_content_hash(row_ public.issue_links) IS 'made from 122f73ccd504693606c53516cc837cfa';

CREATE FUNCTION public.jira_link_base_hash(row_ public.issue_links) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.jira_link_content_hash(row_) ELSE public.jira_link_content_hash(jsonb_populate_record(row_, (row_).local_modified_fields)) END;

CREATE FUNCTION public.jira_worklog_content_hash(seconds bigint, comment text) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (md5(concat_ws(''::text, COALESCE((seconds)::text, '
'::text), COALESCE(md5(comment), '
'::text))))::uuid;

CREATE TABLE public.worklogs (
    jira_id text,
    worklog_id text,
    author_id text,
    started_at timestamp with time zone,
    seconds bigint NOT NULL,
    restriction text,
    restricted boolean DEFAULT false NOT NULL,
    record_id uuid DEFAULT gen_random_uuid() NOT NULL,
    key text NOT NULL,
    issue_key text NOT NULL,
    project_key text NOT NULL,
    comment text,
    comment_adf jsonb,
    created_at timestamp with time zone,
    updated_at timestamp with time zone,
    last_synced_at timestamp with time zone DEFAULT now(),
    local_modified_at timestamp with time zone,
    local_modified_fields jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint DEFAULT 0 NOT NULL,
    local_deleted_at timestamp with time zone,
    content_hash uuid,
    sync_status public.sync_status DEFAULT 'synced'::public.sync_status NOT NULL,
    sync_errors jsonb DEFAULT '{}'::jsonb NOT NULL,
    sync_refused jsonb DEFAULT '{}'::jsonb NOT NULL,
    remote_state public.remote_state DEFAULT 'present'::public.remote_state NOT NULL,
    remote_missing_since timestamp with time zone,
    kept_from text GENERATED ALWAYS AS (COALESCE(restriction,
CASE
    WHEN restricted THEN 'its issue is restricted'::text
    ELSE NULL::text
END)) STORED
);

COMMENT ON COLUMN public.worklogs.jira_id IS 'the issue; NULL while that is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.worklogs.worklog_id IS 'NULL while the worklog is wished for, and not known to be in Jira';

COMMENT ON COLUMN public.worklogs.started_at IS 'when the work began';

COMMENT ON COLUMN public.worklogs.seconds IS 'how long it took, at least a minute';

COMMENT ON COLUMN public.worklogs.restriction IS 'as for comments';

COMMENT ON COLUMN public.worklogs.restricted IS 'its issue has a security level';

COMMENT ON COLUMN public.worklogs.record_id IS 'names the worklog for ever, from before Jira knows it';

COMMENT ON COLUMN public.worklogs.key IS 'issue and id, for people: OQC-12#worklog-10234; of one that is wished for a provisional one';

COMMENT ON COLUMN public.worklogs.issue_key IS 'key that the issue has now';

COMMENT ON COLUMN public.worklogs.comment IS 'Markdown';

COMMENT ON COLUMN public.worklogs.comment_adf IS 'the text as Jira has it, of worklogs that our account wrote: what nobody edits goes back as it came';

COMMENT ON COLUMN public.worklogs.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the worklog itself';

COMMENT ON COLUMN public.worklogs.sync_refused IS '{field: what Jira said, when, how often, and since when a person wants it asked again}';

COMMENT ON COLUMN public.worklogs.kept_from IS 'why not everybody may read it; null: who may read the project';

CREATE FUNCTION public.jira_worklog_content_hash(row_ public.worklogs) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN public.jira_worklog_content_hash((row_).seconds, (row_).comment);

COMMENT ON FUNCTION public.jira_worklog_content_hash(row_ public.worklogs) IS 'made from cc80968e3bc2d7493ea076afe2659ee4';

CREATE FUNCTION public.jira_worklog_base_hash(row_ public.worklogs) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN ((row_).local_modified_fields = '{}'::jsonb) THEN public.jira_worklog_content_hash(row_) ELSE public.jira_worklog_content_hash(jsonb_populate_record(row_, (row_).local_modified_fields)) END;

CREATE TABLE public.ai_advice (
    advice_id uuid NOT NULL,
    project_key text NOT NULL,
    scope text NOT NULL,
    context_hash text NOT NULL,
    engine text NOT NULL,
    model text,
    usage jsonb,
    cost_usd numeric,
    dropped jsonb DEFAULT '{}'::jsonb NOT NULL,
    notes jsonb DEFAULT '[]'::jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ai_advice_engine_is_known CHECK ((engine = ANY (ARRAY['claude'::text, 'rules'::text])))
);

CREATE TABLE public.ai_suggestions (
    id uuid NOT NULL,
    advice_id uuid NOT NULL,
    project_key text NOT NULL,
    rank integer NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    rationale text NOT NULL,
    evidence jsonb NOT NULL,
    actions jsonb NOT NULL,
    confidence double precision NOT NULL,
    state text DEFAULT 'proposed'::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    decided_by text,
    decided_at timestamp with time zone,
    restricted boolean DEFAULT false NOT NULL,
    CONSTRAINT ai_suggestions_state_is_known CHECK ((state = ANY (ARRAY['proposed'::text, 'accepted'::text, 'rejected'::text, 'expired'::text])))
);

CREATE TABLE public.attachments (
    jira_id text NOT NULL,
    attachment_id text NOT NULL,
    author_id text,
    name text NOT NULL,
    mime_type text,
    size bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    restricted boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE public.attachments IS 'files that hang on issues; javis attachment get fetches one';

COMMENT ON COLUMN public.attachments.name IS 'what somebody called it: may hold anything, and twice the same';

COMMENT ON COLUMN public.attachments.size IS 'bytes, as Jira says';

COMMENT ON COLUMN public.attachments.restricted IS 'its issue has a security level';

CREATE TABLE public.components (
    component_id text NOT NULL,
    project_key text NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE public.components IS 'components of the synced projects; jira_issues.components holds their names, and follows';

CREATE TABLE public.issue_link_types (
    name text NOT NULL,
    outward text NOT NULL,
    inward text NOT NULL
);

COMMENT ON TABLE public.issue_link_types IS 'sorts of links, as the site told them last: what links can be called';

CREATE TABLE public.issue_sprints (
    jira_id text NOT NULL,
    sprint_id bigint NOT NULL
);

CREATE TABLE public.issue_types (
    issue_type_id text NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE public.issue_types IS 'types of the synced projects, as Jira calls them; jira_issues.issue_type follows';

CREATE VIEW public.issues_in WITH (security_invoker='true') AS
 SELECT project_key,
    record_id,
    issue_type,
    title,
    description,
    labels,
    priority,
    assignee_id,
    due_date,
    story_points,
    parent_key,
    status,
    components,
    fix_versions,
    affected_versions,
    resolution,
    team,
    sprint_id,
    reporter_id,
    estimate_seconds,
    remaining_seconds
   FROM public.jira_issues
  WHERE ((remote_state = 'wanted'::public.remote_state) AND (local_deleted_at IS NULL));

CREATE TABLE public.jira_create_forms (
    project_key text NOT NULL,
    type_name text NOT NULL,
    form jsonb NOT NULL,
    asked_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.jira_create_forms IS 'what each type of issue asks for when one is made in the project';

CREATE TABLE public.jira_field_columns (
    project_key text NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    field_id text,
    sort text
);

COMMENT ON TABLE public.jira_field_columns IS 'the columns of the views issues_<project>, which have custom fields by name';

COMMENT ON COLUMN public.jira_field_columns.name IS 'of the column; a field that was renamed has another one besides';

COMMENT ON COLUMN public.jira_field_columns.field_id IS 'the custom field; NULL for a column of jira_issues';

COMMENT ON COLUMN public.jira_field_columns.sort IS 'how its values read';

CREATE TABLE public.jira_fields (
    field_id text NOT NULL,
    name text NOT NULL,
    untranslated_name text,
    type text NOT NULL,
    sort text,
    policy text NOT NULL,
    only_in text,
    projects text[] DEFAULT '{}'::text[] NOT NULL,
    issues bigint DEFAULT 0 NOT NULL,
    uses jsonb DEFAULT '{}'::jsonb NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    gone_at timestamp with time zone
);

COMMENT ON TABLE public.jira_fields IS 'custom fields of the site, as Jira has them; jira_issues.custom_fields is keyed by field_id';

COMMENT ON COLUMN public.jira_fields.untranslated_name IS 'the name before it was translated; Jira Cloud tells it, Data Center does not';

COMMENT ON COLUMN public.jira_fields.type IS 'what its administrator chose, in Jira''s words';

COMMENT ON COLUMN public.jira_fields.sort IS 'how its values read in custom_fields; NULL where they are not read, because they differ at each look';

COMMENT ON COLUMN public.jira_fields.policy IS 'which way its values go';

COMMENT ON COLUMN public.jira_fields.only_in IS 'id of the only project that has it; NULL for a field of the site';

COMMENT ON COLUMN public.jira_fields.projects IS 'the synced projects in which some issue has a value';

COMMENT ON COLUMN public.jira_fields.issues IS 'how many issues have a value';

COMMENT ON COLUMN public.jira_fields.uses IS 'how many issues have a value, by project key';

COMMENT ON COLUMN public.jira_fields.last_seen_at IS 'to the day';

COMMENT ON COLUMN public.jira_fields.gone_at IS 'since when the site does not list it; the values stay';

CREATE VIEW public.links_of_issues WITH (security_invoker='true') AS
 SELECT issue_links.link_id,
    issue_links.jira_id,
    issue_links.issue_key,
    issue_links.type,
    issue_links.direction,
    issue_links.label,
    issue_links.other_id,
    issue_links.other_key
   FROM public.issue_links
  WHERE ((issue_links.link_id IS NOT NULL) AND (issue_links.local_deleted_at IS NULL) AND (issue_links.remote_state = 'present'::public.remote_state))
UNION ALL
 SELECT issue_links.link_id,
    issue_links.other_id AS jira_id,
    issue_links.other_key AS issue_key,
    issue_links.type,
        CASE issue_links.direction
            WHEN 'outward'::text THEN 'inward'::text
            ELSE 'outward'::text
        END AS direction,
    issue_links.back_label AS label,
    issue_links.jira_id AS other_id,
    issue_links.issue_key AS other_key
   FROM public.issue_links
  WHERE ((issue_links.link_id IS NOT NULL) AND (issue_links.local_deleted_at IS NULL) AND (issue_links.remote_state = 'present'::public.remote_state));

COMMENT ON VIEW public.links_of_issues IS 'the links of each issue, whichever end of them it is: two rows a link';

CREATE TABLE public.live_workers (
    worker_id uuid NOT NULL,
    host text NOT NULL,
    pid bigint NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heard_at timestamp with time zone,
    is_notified boolean NOT NULL,
    webhooks text,
    trouble text
);

COMMENT ON TABLE public.live_workers IS 'processes of `javis live`; one that is not seen for a minute has ended';

COMMENT ON COLUMN public.live_workers.seen_at IS 'when it said last that it runs';

COMMENT ON COLUMN public.live_workers.heard_at IS 'when it last heard of an edit or a change';

COMMENT ON COLUMN public.live_workers.is_notified IS 'whether the database tells it of edits; else it asks';

COMMENT ON COLUMN public.live_workers.webhooks IS 'where it takes webhooks; null where it takes none';

COMMENT ON COLUMN public.live_workers.trouble IS 'what it cannot sync now, and why; null when all is well';

CREATE TABLE public.local_edits (
    id bigint NOT NULL,
    system text NOT NULL,
    scope text NOT NULL,
    resource_type public.resource_type NOT NULL,
    resource_id text NOT NULL,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    edited_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    db_user text DEFAULT SESSION_USER NOT NULL,
    application text DEFAULT current_setting('application_name'::text) NOT NULL,
    txid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    restricted boolean DEFAULT false NOT NULL,
    record_id uuid
);

COMMENT ON COLUMN public.local_edits.record_id IS 'of the record that this is about';

ALTER TABLE public.local_edits ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.local_edits_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.page_issue_links (
    page_id text NOT NULL,
    issue_key text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT page_issue_links_kind_is_known CHECK ((kind = ANY (ARRAY['macro'::text, 'link'::text, 'text'::text])))
);

CREATE TABLE public.page_versions (
    page_id text NOT NULL,
    number integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    author_id text,
    message text
);

CREATE VIEW public.pages_in WITH (security_invoker='true') AS
 SELECT space_key,
    record_id,
    title,
    body_storage,
    parent_id,
    labels
   FROM public.confluence_pages
  WHERE ((remote_state = 'wanted'::public.remote_state) AND (local_deleted_at IS NULL));

CREATE TABLE public.priorities (
    priority_id text NOT NULL,
    name text NOT NULL,
    rank integer NOT NULL
);

CREATE VIEW public.record_kinds AS
 SELECT kind,
    system,
    hangs
   FROM ( VALUES ('jira_issue'::text,'jira'::text,false), ('confluence_page'::text,'confluence'::text,false), ('jira_comment'::text,'jira'::text,true), ('jira_worklog'::text,'jira'::text,true), ('jira_link'::text,'jira'::text,true), ('confluence_comment'::text,'confluence'::text,true)) kinds(kind, system, hangs);

CREATE VIEW public.records WITH (security_invoker='true') AS
 SELECT 'jira_issue'::text AS kind,
    'jira'::text AS system,
    jira_issues.project_key AS scope,
    jira_issues.record_id,
    COALESCE(jira_issues.jira_id, (jira_issues.record_id)::text) AS resource_id,
    jira_issues.key,
    jira_issues.title,
    jira_issues.status,
    jira_issues.sync_status,
    jira_issues.remote_state,
    jira_issues.sync_errors,
    jira_issues.sync_refused,
    jira_issues.local_modified_fields,
    jira_issues.local_deleted_at,
    (jira_issues.security_level IS NOT NULL) AS is_restricted
   FROM public.jira_issues
UNION ALL
 SELECT 'confluence_page'::text AS kind,
    'confluence'::text AS system,
    confluence_pages.space_key AS scope,
    confluence_pages.record_id,
    COALESCE(confluence_pages.page_id, (confluence_pages.record_id)::text) AS resource_id,
    confluence_pages.key,
    confluence_pages.title,
    confluence_pages.status,
    confluence_pages.sync_status,
    confluence_pages.remote_state,
    confluence_pages.sync_errors,
    confluence_pages.sync_refused,
    confluence_pages.local_modified_fields,
    confluence_pages.local_deleted_at,
    (confluence_pages.restriction IS NOT NULL) AS is_restricted
   FROM public.confluence_pages
UNION ALL
 SELECT 'jira_comment'::text AS kind,
    'jira'::text AS system,
    comments.project_key AS scope,
    comments.record_id,
    COALESCE(comments.comment_id, (comments.record_id)::text) AS resource_id,
    comments.key,
    comments.issue_key AS title,
    NULL::text AS status,
    comments.sync_status,
    comments.remote_state,
    comments.sync_errors,
    comments.sync_refused,
    comments.local_modified_fields,
    comments.local_deleted_at,
    (comments.kept_from IS NOT NULL) AS is_restricted
   FROM public.comments
UNION ALL
 SELECT 'jira_worklog'::text AS kind,
    'jira'::text AS system,
    worklogs.project_key AS scope,
    worklogs.record_id,
    COALESCE(worklogs.worklog_id, (worklogs.record_id)::text) AS resource_id,
    worklogs.key,
    worklogs.issue_key AS title,
    NULL::text AS status,
    worklogs.sync_status,
    worklogs.remote_state,
    worklogs.sync_errors,
    worklogs.sync_refused,
    worklogs.local_modified_fields,
    worklogs.local_deleted_at,
    (worklogs.kept_from IS NOT NULL) AS is_restricted
   FROM public.worklogs
UNION ALL
 SELECT 'jira_link'::text AS kind,
    'jira'::text AS system,
    issue_links.project_key AS scope,
    issue_links.record_id,
    COALESCE(issue_links.link_id, (issue_links.record_id)::text) AS resource_id,
    issue_links.key,
    issue_links.issue_key AS title,
    NULL::text AS status,
    issue_links.sync_status,
    issue_links.remote_state,
    issue_links.sync_errors,
    issue_links.sync_refused,
    issue_links.local_modified_fields,
    issue_links.local_deleted_at,
    false AS is_restricted
   FROM public.issue_links
UNION ALL
 SELECT 'confluence_comment'::text AS kind,
    'confluence'::text AS system,
    page_comments.space_key AS scope,
    page_comments.record_id,
    COALESCE(page_comments.comment_id, (page_comments.record_id)::text) AS resource_id,
    page_comments.key,
    page_comments.page_key AS title,
    NULL::text AS status,
    page_comments.sync_status,
    page_comments.remote_state,
    page_comments.sync_errors,
    page_comments.sync_refused,
    page_comments.local_modified_fields,
    page_comments.local_deleted_at,
    (page_comments.kept_from IS NOT NULL) AS is_restricted
   FROM public.page_comments;

CREATE TABLE public.resolutions (
    resolution_id text NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE public.resolutions IS 'how work may have ended, as Jira calls it; jira_issues.resolution follows';

CREATE TABLE public.roadmap_visions (
    id bigint NOT NULL,
    title text NOT NULL,
    description text DEFAULT ''::text NOT NULL,
    horizon date,
    owner_id text,
    epic_keys text[] DEFAULT '{}'::text[] NOT NULL,
    state text DEFAULT 'active'::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT roadmap_visions_state_is_known CHECK ((state = ANY (ARRAY['active'::text, 'achieved'::text, 'dropped'::text])))
);

ALTER TABLE public.roadmap_visions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.roadmap_visions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.site_facts (
    system text NOT NULL,
    name text NOT NULL,
    asked_as text NOT NULL,
    value json NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.site_facts IS 'what a site told lately: its fields, boards, statuses; asked again after an hour, or when something does not fit';

COMMENT ON COLUMN public.site_facts.asked_as IS 'where and as whom it was asked; another account may be told otherwise';

CREATE TABLE public.slack_posts (
    post_id uuid NOT NULL,
    kind text NOT NULL,
    project_key text NOT NULL,
    channel text NOT NULL,
    state_hash text NOT NULL,
    content_hash text,
    facts jsonb DEFAULT '{}'::jsonb NOT NULL,
    ts text,
    claimed_at timestamp with time zone NOT NULL,
    posted_at timestamp with time zone,
    updated_at timestamp with time zone,
    CONSTRAINT slack_posts_posted_ones_have_a_place CHECK (((ts IS NULL) = (posted_at IS NULL)))
);

COMMENT ON COLUMN public.slack_posts.state_hash IS 'of what the post tells, without what merely grows older: equal means no news';

COMMENT ON COLUMN public.slack_posts.content_hash IS 'of all that post and thread show; null until Slack shows it';

CREATE TABLE public.slack_requests (
    signature text NOT NULL,
    received_at timestamp with time zone NOT NULL
);

CREATE TABLE public.sprint_changes (
    jira_id text NOT NULL,
    change_id text NOT NULL,
    sprint_id bigint NOT NULL,
    added boolean NOT NULL,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.sprints (
    sprint_id bigint NOT NULL,
    board_id bigint,
    name text NOT NULL,
    state text NOT NULL,
    goal text,
    start_at timestamp with time zone,
    end_at timestamp with time zone,
    completed_at timestamp with time zone
);

CREATE TABLE public.status_changes (
    jira_id text NOT NULL,
    change_id text NOT NULL,
    author_id text,
    from_id text,
    from_status text,
    to_id text,
    to_status text,
    changed_at timestamp with time zone NOT NULL
);

CREATE TABLE public.statuses (
    status_id text NOT NULL,
    name text NOT NULL,
    category text NOT NULL
);

CREATE TABLE public.sync_audit (
    id bigint NOT NULL,
    run_id text NOT NULL,
    op_id uuid,
    side text NOT NULL,
    resource_type public.resource_type NOT NULL,
    resource_id text NOT NULL,
    field text NOT NULL,
    old jsonb,
    new jsonb,
    reason text NOT NULL,
    actor text NOT NULL,
    at timestamp with time zone NOT NULL,
    undo_of bigint,
    restricted boolean DEFAULT false NOT NULL,
    old_raw jsonb,
    record_id uuid,
    CONSTRAINT sync_audit_side_is_known CHECK ((side = ANY (ARRAY['local'::text, 'remote'::text])))
);

COMMENT ON COLUMN public.sync_audit.undo_of IS 'id of the newest row that this one takes back; old rows may be forgotten before it';

COMMENT ON COLUMN public.sync_audit.old_raw IS 'remote form before a loss that somebody accepted; NULL where old says it all';

COMMENT ON COLUMN public.sync_audit.record_id IS 'of the record that this is about';

ALTER TABLE public.sync_audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sync_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sync_conflict_values (
    id bigint NOT NULL,
    conflict_id uuid NOT NULL,
    side text NOT NULL,
    value jsonb,
    seen_at timestamp with time zone NOT NULL,
    restricted boolean DEFAULT false NOT NULL,
    raw jsonb,
    CONSTRAINT sync_conflict_values_side_is_known CHECK ((side = ANY (ARRAY['base'::text, 'local'::text, 'remote'::text, 'resolved'::text])))
);

COMMENT ON COLUMN public.sync_conflict_values.raw IS 'remote form, where value is only a view of it';

ALTER TABLE public.sync_conflict_values ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sync_conflict_values_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sync_conflicts (
    id uuid NOT NULL,
    resource_type public.resource_type NOT NULL,
    resource_id text NOT NULL,
    scope text NOT NULL,
    field_name text NOT NULL,
    kind text NOT NULL,
    base_value jsonb,
    local_value jsonb,
    remote_value jsonb,
    remote_raw jsonb,
    local_seq bigint,
    remote_revision text,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    resolution public.resolution DEFAULT 'pending'::public.resolution NOT NULL,
    resolved_value jsonb,
    resolved_by text,
    created_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    applied_at timestamp with time zone,
    restricted boolean DEFAULT false NOT NULL,
    record_id uuid,
    CONSTRAINT sync_conflicts_state_is_known CHECK ((state = ANY (ARRAY['open'::text, 'resolved'::text, 'closed'::text])))
);

COMMENT ON COLUMN public.sync_conflicts.details IS 'who changed the remote value and when, as far as the changelog tells';

COMMENT ON COLUMN public.sync_conflicts.state IS 'open: waits for a person; resolved: chosen, and applied once applied_at is set; closed: went away by itself';

COMMENT ON COLUMN public.sync_conflicts.record_id IS 'of the record that this is about';

CREATE TABLE public.sync_creates (
    record_id uuid NOT NULL,
    number bigint NOT NULL,
    resource_type public.resource_type NOT NULL,
    scope text NOT NULL,
    key text NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    floor bigint NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    fence_number bigint,
    fence_at timestamp with time zone,
    fence_account text,
    proof_at timestamp with time zone,
    looks integer DEFAULT 0 NOT NULL,
    next_look_at timestamp with time zone,
    remote_id text,
    remote_key text,
    shows_mark boolean,
    refused_seq bigint,
    refused_at timestamp with time zone,
    refusals integer DEFAULT 0 NOT NULL,
    last_error text,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    run_id text,
    changed_at timestamp with time zone NOT NULL,
    restored_at timestamp with time zone,
    CONSTRAINT sync_creates_state_is_known CHECK ((state = ANY (ARRAY['planned'::text, 'sent'::text, 'unknown'::text, 'asks'::text, 'rejected'::text, 'confirmed'::text, 'bound'::text, 'gone'::text, 'withdrawn'::text])))
);

COMMENT ON TABLE public.sync_creates IS 'what became of each row that was inserted here; record_id is the mark that its requests carry';

COMMENT ON COLUMN public.sync_creates.floor IS 'the highest number that was known when the wish was: what is made of it has a higher one';

COMMENT ON COLUMN public.sync_creates.fence_number IS 'the highest number that was known just before the last request, at fence_at by the remote''s clock';

COMMENT ON COLUMN public.sync_creates.shows_mark IS 'whether the record that was made was seen with its mark';

COMMENT ON COLUMN public.sync_creates.restored_at IS 'when a backup was restored that held this as open: until then it may have been asked for, which nobody noted';

ALTER TABLE public.sync_creates ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sync_creates_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sync_hints (
    id bigint NOT NULL,
    system text NOT NULL,
    scope text NOT NULL,
    remote_id text NOT NULL,
    delivery_id text,
    received_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    done_at timestamp with time zone,
    taken_at timestamp with time zone
);

COMMENT ON TABLE public.sync_hints IS 'records that may have changed there, as webhooks told; the next pull asks for them by id';

COMMENT ON COLUMN public.sync_hints.remote_id IS 'id of the issue or page; empty where only its project or space is known';

COMMENT ON COLUMN public.sync_hints.delivery_id IS 'what the sender calls the delivery: a repeat has the same';

COMMENT ON COLUMN public.sync_hints.done_at IS 'when the record was looked at; null while it waits';

COMMENT ON COLUMN public.sync_hints.taken_at IS 'when somebody began to look at the record; null before';

ALTER TABLE public.sync_hints ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.sync_hints_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.sync_locks (
    system text NOT NULL,
    scope text NOT NULL,
    key bigint NOT NULL,
    wanted_by text,
    wanted_at timestamp with time zone,
    yields boolean DEFAULT false NOT NULL,
    CONSTRAINT sync_locks_system_is_known CHECK ((system = ANY (ARRAY['jira'::text, 'confluence'::text, 'slack'::text])))
);

COMMENT ON COLUMN public.sync_locks.wanted_by IS 'the run that last found the scope taken; null once somebody has taken it since';

COMMENT ON COLUMN public.sync_locks.wanted_at IS 'when wanted_by asked last: who still waits asks again and again';

COMMENT ON COLUMN public.sync_locks.yields IS 'whether who holds it gives it up when somebody wants it';

CREATE TABLE public.sync_outbox (
    op_id uuid NOT NULL,
    resource_type public.resource_type NOT NULL,
    resource_id text NOT NULL,
    scope text NOT NULL,
    kind text NOT NULL,
    fields text[] NOT NULL,
    expected_remote jsonb DEFAULT '{}'::jsonb NOT NULL,
    desired jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_values jsonb DEFAULT '{}'::jsonb NOT NULL,
    add jsonb DEFAULT '{}'::jsonb NOT NULL,
    remove jsonb DEFAULT '{}'::jsonb NOT NULL,
    local_seq bigint NOT NULL,
    state public.outbox_state DEFAULT 'planned'::public.outbox_state NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    evidence jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_error text,
    run_id text,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    settled_at timestamp with time zone,
    needs_care boolean GENERATED ALWAYS AS (((state = ANY (ARRAY['planned'::public.outbox_state, 'sent'::public.outbox_state])) OR ((state = ANY (ARRAY['abandoned'::public.outbox_state, 'confirmed'::public.outbox_state])) AND (NOT (evidence ? 'late'::text)) AND (COALESCE((evidence ->> 'by'::text), ''::text) <> ALL (ARRAY['reply'::text, 'marker'::text]))))) STORED NOT NULL,
    restricted boolean DEFAULT false NOT NULL,
    record_id uuid,
    CONSTRAINT sync_outbox_attempts_not_negative CHECK ((attempts >= 0))
);

COMMENT ON COLUMN public.sync_outbox.record_id IS 'of the record that this is about';

CREATE TABLE public.sync_quarantine (
    system text NOT NULL,
    scope text NOT NULL,
    remote_id text NOT NULL,
    remote_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    reason text NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    restricted boolean DEFAULT false NOT NULL
);

CREATE TABLE public.sync_runs (
    run_id text NOT NULL,
    system text NOT NULL,
    scope text NOT NULL,
    step text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome text,
    counts jsonb DEFAULT '{}'::jsonb NOT NULL,
    error text,
    CONSTRAINT sync_runs_outcome_is_known CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text, 'halted'::text])))
);

CREATE TABLE public.sync_watermarks (
    system text NOT NULL,
    scope text NOT NULL,
    account_id text,
    watermark timestamp with time zone,
    last_full_at timestamp with time zone,
    last_census_at timestamp with time zone,
    last_census_count integer,
    text_view integer,
    reconciled_at timestamp with time zone,
    reconciled_to text,
    labels_to text,
    remote_id text,
    field_ids jsonb,
    restrictions_at timestamp with time zone,
    creating_stopped_at timestamp with time zone,
    records bigint,
    comments_at timestamp with time zone,
    all_comments_at timestamp with time zone,
    CONSTRAINT sync_watermarks_system_is_known CHECK ((system = ANY (ARRAY['jira'::text, 'confluence'::text])))
);

COMMENT ON COLUMN public.sync_watermarks.text_view IS 'version of the form that descriptions are kept in; null before the first carry-over';

COMMENT ON COLUMN public.sync_watermarks.reconciled_at IS 'when records were last compared with the remote although nothing said that they had changed';

COMMENT ON COLUMN public.sync_watermarks.reconciled_to IS 'id of the last of them';

COMMENT ON COLUMN public.sync_watermarks.labels_to IS 'label whose pages were compared last';

COMMENT ON COLUMN public.sync_watermarks.remote_id IS 'id of the project or space, which stays when its key changes';

COMMENT ON COLUMN public.sync_watermarks.field_ids IS '{what: id of the field of the site that it was last read from}';

COMMENT ON COLUMN public.sync_watermarks.restrictions_at IS 'when it was last read who may read which page of the space';

COMMENT ON COLUMN public.sync_watermarks.creating_stopped_at IS 'when marks were met that no row knows, or the database was restored: nothing is made for a while, and until a whole pull';

COMMENT ON COLUMN public.sync_watermarks.records IS 'so many records are there on both sides, as the last run counted them';

COMMENT ON COLUMN public.sync_watermarks.comments_at IS 'when it was last read what was said lately below pages of the space';

COMMENT ON COLUMN public.sync_watermarks.all_comments_at IS 'when all that is said below pages of the space was last listed';

CREATE TABLE public.teams (
    team_id text NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE public.teams IS 'teams that issues have named, as Jira calls them; jira_issues.team follows';

CREATE TABLE public.users (
    account_id text NOT NULL,
    display_name text NOT NULL,
    active boolean DEFAULT true NOT NULL
);

CREATE TABLE public.versions (
    version_id text NOT NULL,
    project_key text NOT NULL,
    name text NOT NULL,
    released boolean NOT NULL,
    archived boolean NOT NULL,
    release_on date
);

COMMENT ON TABLE public.versions IS 'versions of the synced projects, as Jira has them; jira_issues.fix_versions holds their names';

CREATE TABLE public.work_contexts (
    id bigint NOT NULL,
    project_key text NOT NULL,
    as_of timestamp with time zone NOT NULL,
    context_hash text NOT NULL,
    context jsonb NOT NULL,
    restricted boolean DEFAULT false NOT NULL
);

ALTER TABLE public.work_contexts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.work_contexts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.ai_advice
    ADD CONSTRAINT ai_advice_pkey PRIMARY KEY (advice_id);

ALTER TABLE ONLY public.ai_suggestions
    ADD CONSTRAINT ai_suggestions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (jira_id, attachment_id);

ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_comment_id_is_unique UNIQUE (comment_id);

ALTER TABLE ONLY public.comments
    ADD CONSTRAINT comments_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.components
    ADD CONSTRAINT components_pkey PRIMARY KEY (component_id);

ALTER TABLE ONLY public.confluence_pages
    ADD CONSTRAINT confluence_pages_page_id_is_unique UNIQUE (page_id);

ALTER TABLE ONLY public.confluence_pages
    ADD CONSTRAINT confluence_pages_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.issue_link_types
    ADD CONSTRAINT issue_link_types_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.issue_links
    ADD CONSTRAINT issue_links_link_id_is_unique UNIQUE (link_id);

ALTER TABLE ONLY public.issue_links
    ADD CONSTRAINT issue_links_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.issue_sprints
    ADD CONSTRAINT issue_sprints_pkey PRIMARY KEY (jira_id, sprint_id);

ALTER TABLE ONLY public.issue_types
    ADD CONSTRAINT issue_types_pkey PRIMARY KEY (issue_type_id);

ALTER TABLE ONLY public.jira_create_forms
    ADD CONSTRAINT jira_create_forms_pkey PRIMARY KEY (project_key, type_name);

ALTER TABLE ONLY public.jira_field_columns
    ADD CONSTRAINT jira_field_columns_have_one_name_each UNIQUE (project_key, name);

ALTER TABLE ONLY public.jira_field_columns
    ADD CONSTRAINT jira_field_columns_pkey PRIMARY KEY (project_key, "position");

ALTER TABLE ONLY public.jira_fields
    ADD CONSTRAINT jira_fields_pkey PRIMARY KEY (field_id);

ALTER TABLE ONLY public.jira_issues
    ADD CONSTRAINT jira_issues_id_is_unique UNIQUE (jira_id);

ALTER TABLE ONLY public.jira_issues
    ADD CONSTRAINT jira_issues_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.jira_issues
    ADD CONSTRAINT jira_issues_record_id_is_unique UNIQUE (record_id);

ALTER TABLE ONLY public.key_aliases
    ADD CONSTRAINT key_aliases_pkey PRIMARY KEY (jira_id, key);

ALTER TABLE ONLY public.live_workers
    ADD CONSTRAINT live_workers_pkey PRIMARY KEY (worker_id);

ALTER TABLE ONLY public.local_edits
    ADD CONSTRAINT local_edits_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.page_comments
    ADD CONSTRAINT page_comments_comment_id_is_unique UNIQUE (comment_id);

ALTER TABLE ONLY public.page_comments
    ADD CONSTRAINT page_comments_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.page_issue_links
    ADD CONSTRAINT page_issue_links_pkey PRIMARY KEY (page_id, issue_key, kind);

ALTER TABLE ONLY public.page_versions
    ADD CONSTRAINT page_versions_pkey PRIMARY KEY (page_id, created_at, number);

ALTER TABLE ONLY public.priorities
    ADD CONSTRAINT priorities_pkey PRIMARY KEY (priority_id);

ALTER TABLE ONLY public.resolutions
    ADD CONSTRAINT resolutions_pkey PRIMARY KEY (resolution_id);

ALTER TABLE ONLY public.roadmap_visions
    ADD CONSTRAINT roadmap_visions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.site_facts
    ADD CONSTRAINT site_facts_pkey PRIMARY KEY (system, name);

ALTER TABLE ONLY public.slack_posts
    ADD CONSTRAINT slack_posts_pkey PRIMARY KEY (post_id);

ALTER TABLE ONLY public.slack_requests
    ADD CONSTRAINT slack_requests_pkey PRIMARY KEY (signature);

ALTER TABLE ONLY public.sprint_changes
    ADD CONSTRAINT sprint_changes_pkey PRIMARY KEY (jira_id, change_id, sprint_id, added);

ALTER TABLE ONLY public.sprints
    ADD CONSTRAINT sprints_pkey PRIMARY KEY (sprint_id);

ALTER TABLE ONLY public.status_changes
    ADD CONSTRAINT status_changes_pkey PRIMARY KEY (jira_id, change_id);

ALTER TABLE ONLY public.statuses
    ADD CONSTRAINT statuses_pkey PRIMARY KEY (status_id);

ALTER TABLE ONLY public.sync_audit
    ADD CONSTRAINT sync_audit_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sync_conflict_values
    ADD CONSTRAINT sync_conflict_values_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sync_conflicts
    ADD CONSTRAINT sync_conflicts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sync_creates
    ADD CONSTRAINT sync_creates_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.sync_hints
    ADD CONSTRAINT sync_hints_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.sync_locks
    ADD CONSTRAINT sync_locks_pkey PRIMARY KEY (system, scope);

ALTER TABLE ONLY public.sync_outbox
    ADD CONSTRAINT sync_outbox_pkey PRIMARY KEY (op_id);

ALTER TABLE ONLY public.sync_policies
    ADD CONSTRAINT sync_policies_pkey PRIMARY KEY (system, scope, verb);

ALTER TABLE ONLY public.sync_quarantine
    ADD CONSTRAINT sync_quarantine_pkey PRIMARY KEY (system, remote_id);

ALTER TABLE ONLY public.sync_runs
    ADD CONSTRAINT sync_runs_pkey PRIMARY KEY (run_id, system, scope, step);

ALTER TABLE ONLY public.sync_watermarks
    ADD CONSTRAINT sync_watermarks_pkey PRIMARY KEY (system, scope);

ALTER TABLE ONLY public.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (team_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY public.versions
    ADD CONSTRAINT versions_pkey PRIMARY KEY (version_id);

ALTER TABLE ONLY public.work_contexts
    ADD CONSTRAINT work_contexts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.worklogs
    ADD CONSTRAINT worklogs_pkey PRIMARY KEY (record_id);

ALTER TABLE ONLY public.worklogs
    ADD CONSTRAINT worklogs_worklog_id_is_unique UNIQUE (worklog_id);

CREATE INDEX ai_advice_newest ON public.ai_advice USING btree (project_key, scope, created_at DESC);

CREATE INDEX ai_suggestions_by_advice ON public.ai_suggestions USING btree (advice_id, rank);

CREATE INDEX ai_suggestions_proposed ON public.ai_suggestions USING btree (project_key, rank) WHERE (state = 'proposed'::text);

CREATE INDEX comments_by_issue ON public.comments USING btree (jira_id);

CREATE INDEX comments_out_of_step ON public.comments USING btree (project_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb) OR (comment_id IS NULL));

CREATE INDEX comments_refused ON public.comments USING btree (project_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE INDEX confluence_pages_by_space ON public.confluence_pages USING btree (space_key, version_created_at);

CREATE UNIQUE INDEX confluence_pages_made_as ON public.confluence_pages USING btree (made_as) WHERE (made_as IS NOT NULL);

CREATE INDEX confluence_pages_out_of_step ON public.confluence_pages USING btree (space_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb));

CREATE INDEX confluence_pages_refused ON public.confluence_pages USING btree (space_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE INDEX confluence_pages_restricted ON public.confluence_pages USING btree (space_key) WHERE (restriction IS NOT NULL);

CREATE INDEX confluence_pages_to_put_away ON public.confluence_pages USING btree (space_key) WHERE (removal = ANY (ARRAY['archive'::text, 'delete'::text]));

CREATE INDEX issue_links_by_issue ON public.issue_links USING btree (jira_id);

CREATE INDEX issue_links_by_other ON public.issue_links USING btree (other_key);

CREATE INDEX issue_links_by_other_id ON public.issue_links USING btree (other_id);

CREATE INDEX issue_links_out_of_step ON public.issue_links USING btree (project_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb) OR (link_id IS NULL));

CREATE INDEX issue_links_refused ON public.issue_links USING btree (project_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE INDEX issue_sprints_by_sprint ON public.issue_sprints USING btree (sprint_id);

CREATE INDEX jira_issues_by_parent ON public.jira_issues USING btree (parent_key);

CREATE INDEX jira_issues_by_project ON public.jira_issues USING btree (project_key, remote_updated_at);

CREATE INDEX jira_issues_out_of_step ON public.jira_issues USING btree (project_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb));

CREATE INDEX jira_issues_refused ON public.jira_issues USING btree (project_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE INDEX jira_issues_restricted ON public.jira_issues USING btree (jira_id) WHERE (security_level IS NOT NULL);

CREATE INDEX jira_issues_to_put_away ON public.jira_issues USING btree (project_key) WHERE (removal = ANY (ARRAY['archive'::text, 'delete'::text]));

CREATE INDEX key_aliases_by_key ON public.key_aliases USING btree (key);

CREATE INDEX local_edits_by_record ON public.local_edits USING btree (record_id);

CREATE INDEX local_edits_by_resource ON public.local_edits USING btree (resource_type, resource_id, id);

CREATE INDEX local_edits_by_transaction ON public.local_edits USING btree (txid);

CREATE INDEX page_comments_by_page ON public.page_comments USING btree (page_id);

CREATE INDEX page_comments_by_space ON public.page_comments USING btree (space_key);

CREATE INDEX page_comments_out_of_step ON public.page_comments USING btree (space_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb) OR (comment_id IS NULL));

CREATE INDEX page_comments_refused ON public.page_comments USING btree (space_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE INDEX page_issue_links_by_issue ON public.page_issue_links USING btree (issue_key);

CREATE INDEX slack_posts_newest ON public.slack_posts USING btree (kind, project_key, channel, claimed_at DESC);

CREATE UNIQUE INDEX slack_posts_one_claim ON public.slack_posts USING btree (kind, project_key, channel) WHERE (ts IS NULL);

CREATE UNIQUE INDEX slack_posts_one_per_message ON public.slack_posts USING btree (channel, ts);

CREATE INDEX sync_audit_by_record ON public.sync_audit USING btree (record_id);

CREATE INDEX sync_audit_by_resource ON public.sync_audit USING btree (resource_type, resource_id, id);

CREATE INDEX sync_audit_by_run ON public.sync_audit USING btree (run_id);

CREATE INDEX sync_conflict_values_by_conflict ON public.sync_conflict_values USING btree (conflict_id);

CREATE INDEX sync_conflicts_by_record ON public.sync_conflicts USING btree (record_id);

CREATE UNIQUE INDEX sync_conflicts_one_open_per_field ON public.sync_conflicts USING btree (resource_type, resource_id, field_name, kind) WHERE (state = 'open'::text);

CREATE INDEX sync_conflicts_unsettled ON public.sync_conflicts USING btree (scope) WHERE (applied_at IS NULL);

CREATE INDEX sync_creates_by_remote ON public.sync_creates USING btree (remote_id);

CREATE INDEX sync_creates_open ON public.sync_creates USING btree (scope) WHERE (remote_id IS NULL);

CREATE INDEX sync_hints_delivered ON public.sync_hints USING btree (delivery_id) WHERE (delivery_id IS NOT NULL);

CREATE INDEX sync_hints_open ON public.sync_hints USING btree (system, scope) WHERE (done_at IS NULL);

CREATE UNIQUE INDEX sync_hints_waiting ON public.sync_hints USING btree (system, scope, remote_id) WHERE ((done_at IS NULL) AND (taken_at IS NULL));

CREATE INDEX sync_outbox_by_record ON public.sync_outbox USING btree (record_id);

CREATE INDEX sync_outbox_by_resource ON public.sync_outbox USING btree (resource_type, resource_id, created_at);

CREATE INDEX sync_outbox_unsettled ON public.sync_outbox USING btree (scope, created_at) WHERE needs_care;

CREATE INDEX sync_runs_by_scope ON public.sync_runs USING btree (system, scope, started_at DESC);

CREATE INDEX versions_by_project ON public.versions USING btree (project_key);

CREATE INDEX work_contexts_newest ON public.work_contexts USING btree (project_key, as_of DESC);

CREATE INDEX worklogs_by_issue ON public.worklogs USING btree (jira_id);

CREATE INDEX worklogs_out_of_step ON public.worklogs USING btree (project_key) WHERE ((local_modified_fields <> '{}'::jsonb) OR (local_deleted_at IS NOT NULL) OR (remote_state <> 'present'::public.remote_state) OR (sync_status <> 'synced'::public.sync_status) OR (sync_errors <> '{}'::jsonb) OR (worklog_id IS NULL));

CREATE INDEX worklogs_refused ON public.worklogs USING btree (project_key) WHERE (sync_refused <> '{}'::jsonb);

CREATE TRIGGER admit_change BEFORE DELETE OR UPDATE ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_obey_policy('jira', 'project_key', 'comment_id', 'key', 'comments', 'JAVIS_COMMENTS', 'author_id', 'restriction');

CREATE TRIGGER admit_change BEFORE DELETE OR UPDATE ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_obey_policy('jira', 'project_key', 'link_id', 'key', 'links', 'JAVIS_LINKS', '', '');

CREATE TRIGGER admit_change BEFORE DELETE OR UPDATE ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_obey_policy('confluence', 'space_key', 'comment_id', 'key', 'comments', 'JAVIS_COMMENTS', 'author_id', '');

CREATE TRIGGER admit_change BEFORE DELETE OR UPDATE ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_obey_policy('jira', 'project_key', 'worklog_id', 'key', 'worklogs', 'JAVIS_WORKLOGS', 'author_id', 'started_at,restriction');

CREATE TRIGGER check_values BEFORE UPDATE ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER check_values BEFORE UPDATE ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('20971520');

CREATE TRIGGER check_values BEFORE UPDATE ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER check_values BEFORE UPDATE ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER check_values BEFORE UPDATE ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER check_values BEFORE INSERT OR UPDATE ON public.roadmap_visions FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.roadmap_visions'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER check_values BEFORE UPDATE ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER find_ends BEFORE INSERT OR UPDATE OF label, other_key ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_find_ends();

CREATE TRIGGER find_place BEFORE INSERT ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_find_place('jira_issues', 'jira_id', 'key', 'project_key', 'security_level', 'issue_key', 'issue_key');

CREATE TRIGGER find_place BEFORE INSERT ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_find_place('jira_issues', 'jira_id', 'key', 'project_key', 'security_level', 'issue_key', 'issue_key');

CREATE TRIGGER find_place BEFORE INSERT ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_find_place('confluence_pages', 'page_id', 'key', 'space_key', 'restriction', 'page_key', 'page_id');

CREATE TRIGGER find_place BEFORE INSERT ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_find_place('jira_issues', 'jira_id', 'key', 'project_key', 'security_level', 'issue_key', 'issue_key');

CREATE TRIGGER follow_comments AFTER UPDATE OF key, project_key ON public.jira_issues FOR EACH ROW WHEN (((old.key IS DISTINCT FROM new.key) OR (old.project_key IS DISTINCT FROM new.project_key))) EXECUTE FUNCTION public.javis_follow_place('comments', 'comment_id', '', 'jira_id', 'issue_key', 'project_key', 'key');

CREATE TRIGGER follow_issue_links AFTER UPDATE OF key, project_key ON public.jira_issues FOR EACH ROW WHEN (((old.key IS DISTINCT FROM new.key) OR (old.project_key IS DISTINCT FROM new.project_key))) EXECUTE FUNCTION public.javis_follow_place('issue_links', 'link_id', 'link-', 'jira_id', 'issue_key', 'project_key', 'key');

CREATE TRIGGER follow_other_end AFTER UPDATE OF key ON public.jira_issues FOR EACH ROW WHEN ((old.key IS DISTINCT FROM new.key)) EXECUTE FUNCTION public.javis_follow_other_end();

CREATE TRIGGER follow_page_comments AFTER UPDATE OF key, space_key ON public.confluence_pages FOR EACH ROW WHEN (((old.key IS DISTINCT FROM new.key) OR (old.space_key IS DISTINCT FROM new.space_key))) EXECUTE FUNCTION public.javis_follow_place('page_comments', 'comment_id', 'comment-', 'page_id', 'page_key', 'space_key', 'key');

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.comments REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION public.javis_follow_restriction('jira_comment', 'comment_id', 'kept_from', '');

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.confluence_pages REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION public.javis_follow_restriction('confluence_page', 'page_id', 'restriction', 'page_comments');

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.jira_issues REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION public.javis_follow_restriction('jira_issue', 'jira_id', 'security_level', 'comments,worklogs,attachments');

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.page_comments REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION public.javis_follow_restriction('confluence_comment', 'comment_id', 'kept_from', '');

CREATE TRIGGER follow_restriction AFTER UPDATE ON public.worklogs REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after FOR EACH STATEMENT EXECUTE FUNCTION public.javis_follow_restriction('jira_worklog', 'worklog_id', 'kept_from', '');

CREATE TRIGGER follow_worklogs AFTER UPDATE OF key, project_key ON public.jira_issues FOR EACH ROW WHEN (((old.key IS DISTINCT FROM new.key) OR (old.project_key IS DISTINCT FROM new.project_key))) EXECUTE FUNCTION public.javis_follow_place('worklogs', 'worklog_id', 'worklog-', 'jira_id', 'issue_key', 'project_key', 'key');

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.comments FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.confluence_pages FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.issue_links FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.jira_issues FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.page_comments FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_record_id BEFORE UPDATE OF record_id ON public.worklogs FOR EACH ROW WHEN ((old.record_id IS DISTINCT FROM new.record_id)) EXECUTE FUNCTION public.javis_keep_record_id();

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('jira_comment', 'jira', 'project_key', 'comment_id', '');

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('confluence_page', 'confluence', 'space_key', 'page_id', 'delete');

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('jira_link', 'jira', 'project_key', 'link_id', '');

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('jira_issue', 'jira', 'project_key', 'jira_id', 'delete');

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('confluence_comment', 'confluence', 'space_key', 'comment_id', '');

CREATE TRIGGER keep_tombstone BEFORE DELETE ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_keep_tombstone('jira_worklog', 'jira', 'project_key', 'worklog_id', '');

CREATE TRIGGER mark_restricted BEFORE INSERT ON public.sync_conflict_values FOR EACH ROW EXECUTE FUNCTION public.javis_mark_restricted_value();

CREATE TRIGGER mark_restricted BEFORE INSERT OR UPDATE ON public.sync_quarantine FOR EACH ROW EXECUTE FUNCTION public.javis_mark_restricted_payload();

CREATE TRIGGER name_record BEFORE INSERT ON public.local_edits FOR EACH ROW EXECUTE FUNCTION public.javis_name_record();

CREATE TRIGGER name_record BEFORE INSERT ON public.sync_audit FOR EACH ROW EXECUTE FUNCTION public.javis_name_record();

CREATE TRIGGER name_record BEFORE INSERT ON public.sync_conflicts FOR EACH ROW EXECUTE FUNCTION public.javis_name_record();

CREATE TRIGGER name_record BEFORE INSERT ON public.sync_outbox FOR EACH ROW EXECUTE FUNCTION public.javis_name_record();

CREATE TRIGGER refuse_epic_key BEFORE UPDATE OF epic_key ON public.jira_issues FOR EACH ROW WHEN (((new.epic_key IS DISTINCT FROM old.epic_key) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_refuse_follower('epic_key', 'parent_key');

CREATE TRIGGER refuse_sprint BEFORE UPDATE OF sprint ON public.jira_issues FOR EACH ROW WHEN (((new.sprint IS DISTINCT FROM old.sprint) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_refuse_follower('sprint', 'sprint_id');

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.comments FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.confluence_pages FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.issue_links FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.jira_issues FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.page_comments FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.worklogs FOR EACH STATEMENT EXECUTE FUNCTION public.javis_refuse_truncate();

CREATE TRIGGER take_copied INSTEAD OF INSERT ON public.issues_in FOR EACH ROW EXECUTE FUNCTION public.javis_take_copied('jira_issues', 'project_key,record_id,issue_type,title,description,labels,priority,assignee_id,due_date,story_points,parent_key,status,components,fix_versions,affected_versions,resolution,team,sprint_id,reporter_id,estimate_seconds,remaining_seconds');

CREATE TRIGGER take_copied INSTEAD OF INSERT ON public.pages_in FOR EACH ROW EXECUTE FUNCTION public.javis_take_copied('confluence_pages', 'space_key,record_id,title,body_storage,parent_id,labels');

CREATE TRIGGER take_wish BEFORE INSERT ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('jira_comment', 'jira', 'project_key', 'comment_id', 'key', 'body,restriction,issue_key,jira_id,restricted', 'body', '', '', 'issue_key', 'comments', 'JAVIS_COMMENTS', '');

CREATE TRIGGER take_wish BEFORE INSERT ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('confluence_page', 'confluence', 'space_key', 'page_id', 'made_as', 'title,body_storage,parent_id,labels', 'title', 'labels', 'parent_id', '', 'create', 'JAVIS_CREATE', 'restriction');

CREATE TRIGGER take_wish BEFORE INSERT ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('jira_link', 'jira', 'project_key', 'link_id', 'key', 'label,other_key,issue_key,jira_id,type,direction,back_label,other_id', 'label,other_key', '', 'other_key', 'issue_key', 'links', 'JAVIS_LINKS', '');

CREATE TRIGGER take_wish BEFORE INSERT ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('jira_issue', 'jira', 'project_key', 'jira_id', 'key', 'issue_type,title,description,labels,priority,assignee_id,due_date,story_points,parent_key,status,components,fix_versions,affected_versions,resolution,team,sprint_id,reporter_id,estimate_seconds,remaining_seconds', 'issue_type,title', 'labels,components,fix_versions,affected_versions', 'parent_key', 'project_key', 'create', 'JAVIS_CREATE', '');

CREATE TRIGGER take_wish BEFORE INSERT ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('confluence_comment', 'confluence', 'space_key', 'comment_id', 'key', 'body_storage,page_key,page_id,restricted', 'body_storage', '', '', 'page_key', 'comments', 'JAVIS_COMMENTS', '');

CREATE TRIGGER take_wish BEFORE INSERT ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_wish('jira_worklog', 'jira', 'project_key', 'worklog_id', 'key', 'started_at,seconds,comment,restriction,issue_key,jira_id,restricted', 'started_at,seconds', '', '', 'issue_key', 'worklogs', 'JAVIS_WORKLOGS', '');

CREATE TRIGGER then_check_seconds BEFORE INSERT OR UPDATE OF seconds ON public.worklogs FOR EACH ROW WHEN (((new.seconds < 60) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_refuse_little('seconds', '60');

CREATE TRIGGER then_check_texts BEFORE INSERT OR UPDATE ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_texts('key', '{"body": 32767}', '');

CREATE TRIGGER then_check_texts BEFORE INSERT OR UPDATE ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_texts('key', '{"title": 255}', 'title');

CREATE TRIGGER then_check_texts BEFORE INSERT OR UPDATE ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_texts('key', '{"title": 255, "description": 32767}', 'title');

CREATE TRIGGER then_check_texts BEFORE INSERT OR UPDATE ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_texts('key', '{"comment": 32767}', '');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('20971520');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER then_check_values BEFORE INSERT ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_check_values('262144');

CREATE TRIGGER then_refuse_parent_id BEFORE UPDATE OF parent_id ON public.confluence_pages FOR EACH ROW WHEN ((((new.parent_id = old.key) OR (new.parent_id = old.page_id)) AND (new.parent_id IS DISTINCT FROM old.parent_id) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_refuse_itself('parent_id', 'key');

CREATE TRIGGER then_refuse_parent_key BEFORE UPDATE OF parent_key ON public.jira_issues FOR EACH ROW WHEN ((((new.parent_key = old.key) OR (new.parent_key = old.jira_id)) AND (new.parent_key IS DISTINCT FROM old.parent_key) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_refuse_itself('parent_key', 'key');

CREATE TRIGGER then_refuse_taken BEFORE INSERT OR UPDATE OF title ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_refuse_taken('confluence_page', 'title', 'key', 'page_id', 'space_key');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('jira_comment', 'jira', 'project_key', 'comment_id', 'project_key,comment_id,key,issue_key', 'body,restriction', '', '');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.confluence_pages FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('confluence_page', 'confluence', 'space_key', 'page_id', 'space_key,page_id,made_as', 'title,body_storage,parent_id,labels', 'labels', '');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.issue_links FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.issue_links'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('jira_link', 'jira', 'project_key', 'link_id', 'project_key,link_id,key,issue_key', 'other_id', '', '');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.jira_issues FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('jira_issue', 'jira', 'project_key', 'jira_id', 'project_key,jira_id,key', 'title,description,labels,priority,assignee_id,due_date,story_points,parent_key,status,components,fix_versions,affected_versions,resolution,team,sprint_id,reporter_id,estimate_seconds,remaining_seconds,issue_type,sprint,flagged', 'labels,components,fix_versions,affected_versions', 'custom_fields');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.page_comments FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('confluence_comment', 'confluence', 'space_key', 'comment_id', 'space_key,comment_id,key,page_key,page_id', 'body_storage', '', '');

CREATE TRIGGER track_local_edit BEFORE UPDATE ON public.worklogs FOR EACH ROW WHEN (((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid))))) EXECUTE FUNCTION public.javis_track_local_edit('jira_worklog', 'jira', 'project_key', 'worklog_id', 'project_key,worklog_id,key,issue_key', 'seconds,comment,started_at,restriction', '', '');

CREATE TRIGGER try_again_affected_versions BEFORE UPDATE OF affected_versions ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'affected_versions'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('affected_versions', 'jira', 'project_key');

CREATE TRIGGER try_again_assignee_id BEFORE UPDATE OF assignee_id ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'assignee_id'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('assignee_id', 'jira', 'project_key');

CREATE TRIGGER try_again_body BEFORE UPDATE OF body ON public.comments FOR EACH ROW WHEN (((old.sync_refused ? 'body'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.comments'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('body', 'jira', 'project_key');

CREATE TRIGGER try_again_body_storage BEFORE UPDATE OF body_storage ON public.confluence_pages FOR EACH ROW WHEN (((old.sync_refused ? 'body_storage'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('body_storage', 'confluence', 'space_key');

CREATE TRIGGER try_again_body_storage BEFORE UPDATE OF body_storage ON public.page_comments FOR EACH ROW WHEN (((old.sync_refused ? 'body_storage'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.page_comments'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('body_storage', 'confluence', 'space_key');

CREATE TRIGGER try_again_comment BEFORE UPDATE OF comment ON public.worklogs FOR EACH ROW WHEN (((old.sync_refused ? 'comment'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('comment', 'jira', 'project_key');

CREATE TRIGGER try_again_components BEFORE UPDATE OF components ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'components'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('components', 'jira', 'project_key');

CREATE TRIGGER try_again_custom_fields BEFORE UPDATE OF custom_fields ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused <> '{}'::jsonb) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_elements_again('custom_fields', 'jira', 'project_key');

CREATE TRIGGER try_again_description BEFORE UPDATE OF description ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'description'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('description', 'jira', 'project_key');

CREATE TRIGGER try_again_due_date BEFORE UPDATE OF due_date ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'due_date'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('due_date', 'jira', 'project_key');

CREATE TRIGGER try_again_estimate_seconds BEFORE UPDATE OF estimate_seconds ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'estimate_seconds'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('estimate_seconds', 'jira', 'project_key');

CREATE TRIGGER try_again_fix_versions BEFORE UPDATE OF fix_versions ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'fix_versions'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('fix_versions', 'jira', 'project_key');

CREATE TRIGGER try_again_labels BEFORE UPDATE OF labels ON public.confluence_pages FOR EACH ROW WHEN (((old.sync_refused ? 'labels'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('labels', 'confluence', 'space_key');

CREATE TRIGGER try_again_labels BEFORE UPDATE OF labels ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'labels'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('labels', 'jira', 'project_key');

CREATE TRIGGER try_again_parent_id BEFORE UPDATE OF parent_id ON public.confluence_pages FOR EACH ROW WHEN (((old.sync_refused ? 'parent_id'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('parent_id', 'confluence', 'space_key');

CREATE TRIGGER try_again_parent_key BEFORE UPDATE OF parent_key ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'parent_key'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('parent_key', 'jira', 'project_key');

CREATE TRIGGER try_again_priority BEFORE UPDATE OF priority ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'priority'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('priority', 'jira', 'project_key');

CREATE TRIGGER try_again_remaining_seconds BEFORE UPDATE OF remaining_seconds ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'remaining_seconds'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('remaining_seconds', 'jira', 'project_key');

CREATE TRIGGER try_again_reporter_id BEFORE UPDATE OF reporter_id ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'reporter_id'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('reporter_id', 'jira', 'project_key');

CREATE TRIGGER try_again_resolution BEFORE UPDATE OF resolution ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'resolution'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('resolution', 'jira', 'project_key');

CREATE TRIGGER try_again_seconds BEFORE UPDATE OF seconds ON public.worklogs FOR EACH ROW WHEN (((old.sync_refused ? 'seconds'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.worklogs'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('seconds', 'jira', 'project_key');

CREATE TRIGGER try_again_sprint_id BEFORE UPDATE OF sprint_id ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'sprint_id'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('sprint_id', 'jira', 'project_key');

CREATE TRIGGER try_again_status BEFORE UPDATE OF status ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'status'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('status', 'jira', 'project_key');

CREATE TRIGGER try_again_story_points BEFORE UPDATE OF story_points ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'story_points'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('story_points', 'jira', 'project_key');

CREATE TRIGGER try_again_team BEFORE UPDATE OF team ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'team'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('team', 'jira', 'project_key');

CREATE TRIGGER try_again_title BEFORE UPDATE OF title ON public.confluence_pages FOR EACH ROW WHEN (((old.sync_refused ? 'title'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.confluence_pages'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('title', 'confluence', 'space_key');

CREATE TRIGGER try_again_title BEFORE UPDATE OF title ON public.jira_issues FOR EACH ROW WHEN (((old.sync_refused ? 'title'::text) AND ((COALESCE(current_setting('javis.origin'::text, true), ''::text) <> 'sync'::text) OR (NOT (COALESCE(pg_has_role(CURRENT_USER, (to_regrole('javis_sync'::text))::oid, 'USAGE'::text), false) OR public.javis_owns(('public.jira_issues'::regclass)::oid)))))) EXECUTE FUNCTION public.javis_ask_again('title', 'jira', 'project_key');

ALTER TABLE ONLY public.ai_suggestions
    ADD CONSTRAINT ai_suggestions_advice_id_fkey FOREIGN KEY (advice_id) REFERENCES public.ai_advice(advice_id) ON DELETE CASCADE;

ALTER TABLE ONLY public.sync_conflict_values
    ADD CONSTRAINT sync_conflict_values_conflict_id_fkey FOREIGN KEY (conflict_id) REFERENCES public.sync_conflicts(id) ON DELETE CASCADE;

ALTER TABLE public.ai_suggestions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.attachments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.comments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.confluence_pages ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.jira_issues ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.local_edits ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.page_comments ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.page_issue_links ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.page_versions ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_audit ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_conflict_values ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_conflicts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_outbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.sync_quarantine ENABLE ROW LEVEL SECURITY;

CREATE POLICY trusted_javis_app ON public.ai_suggestions TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.attachments TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.comments TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.confluence_pages TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.jira_issues TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.local_edits TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.page_comments TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.page_issue_links TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.page_versions TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.sync_audit TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.sync_conflict_values TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.sync_conflicts TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.sync_outbox TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.sync_quarantine TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.work_contexts TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_app ON public.worklogs TO javis_app USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.ai_suggestions TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.attachments TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.comments TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.confluence_pages TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.jira_issues TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.local_edits TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.page_comments TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.page_issue_links TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.page_versions TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.sync_audit TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.sync_conflict_values TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.sync_conflicts TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.sync_outbox TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.sync_quarantine TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.work_contexts TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY trusted_javis_sync ON public.worklogs TO javis_sync USING (true) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.ai_suggestions USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.attachments USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.comments USING (((kept_from IS NULL) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.confluence_pages USING (((restriction IS NULL) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.jira_issues USING (((security_level IS NULL) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.local_edits USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.page_comments USING (((kept_from IS NULL) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.page_issue_links USING ((EXISTS ( SELECT
   FROM public.confluence_pages p
  WHERE (p.page_id = page_issue_links.page_id)))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.page_versions USING ((EXISTS ( SELECT
   FROM public.confluence_pages p
  WHERE (p.page_id = page_versions.page_id)))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.sync_audit USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.sync_conflict_values USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.sync_conflicts USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.sync_outbox USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.sync_quarantine USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.work_contexts USING (((NOT restricted) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

CREATE POLICY what_all_may_read ON public.worklogs USING (((kept_from IS NULL) OR ( SELECT public.javis_reads_restricted() AS javis_reads_restricted))) WITH CHECK (true);

ALTER TABLE public.work_contexts ENABLE ROW LEVEL SECURITY;

ALTER TABLE public.worklogs ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA public TO javis_read;
GRANT USAGE ON SCHEMA public TO javis_app;
GRANT USAGE ON SCHEMA public TO javis_sync;
GRANT USAGE ON SCHEMA public TO javis_create;

REVOKE ALL ON FUNCTION public.confluence_comment_content_hash(body_storage text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_comment_content_hash(body_storage text) TO javis_sync;

GRANT SELECT ON TABLE public.page_comments TO javis_read;
GRANT SELECT,DELETE ON TABLE public.page_comments TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.page_comments TO javis_sync;

GRANT UPDATE(comment_id) ON TABLE public.page_comments TO javis_app;

GRANT UPDATE(page_id) ON TABLE public.page_comments TO javis_app;
GRANT INSERT(page_id) ON TABLE public.page_comments TO javis_create;

GRANT UPDATE(body_storage) ON TABLE public.page_comments TO javis_app;
GRANT INSERT(body_storage) ON TABLE public.page_comments TO javis_create;

GRANT UPDATE(record_id) ON TABLE public.page_comments TO javis_app;
GRANT INSERT(record_id) ON TABLE public.page_comments TO javis_create;

GRANT UPDATE(key) ON TABLE public.page_comments TO javis_app;
GRANT INSERT(key) ON TABLE public.page_comments TO javis_create;

GRANT UPDATE(page_key) ON TABLE public.page_comments TO javis_app;

GRANT UPDATE(space_key) ON TABLE public.page_comments TO javis_app;

REVOKE ALL ON FUNCTION public.confluence_comment_content_hash(row_ public.page_comments) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_comment_content_hash(row_ public.page_comments) TO javis_sync;

REVOKE ALL ON FUNCTION public.confluence_comment_base_hash(row_ public.page_comments) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_comment_base_hash(row_ public.page_comments) TO javis_sync;

REVOKE ALL ON FUNCTION public.confluence_page_content_hash(title text, body_storage text, parent_id text, labels text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_page_content_hash(title text, body_storage text, parent_id text, labels text[]) TO javis_sync;

GRANT SELECT ON TABLE public.confluence_pages TO javis_read;
GRANT SELECT,DELETE ON TABLE public.confluence_pages TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.confluence_pages TO javis_sync;

GRANT UPDATE(page_id) ON TABLE public.confluence_pages TO javis_app;

GRANT UPDATE(space_key) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(space_key) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(title) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(title) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(body_storage) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(body_storage) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(parent_id) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(parent_id) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(labels) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(labels) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(record_id) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(record_id) ON TABLE public.confluence_pages TO javis_create;

GRANT UPDATE(made_as) ON TABLE public.confluence_pages TO javis_app;
GRANT INSERT(made_as) ON TABLE public.confluence_pages TO javis_create;

REVOKE ALL ON FUNCTION public.confluence_page_content_hash(row_ public.confluence_pages) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_page_content_hash(row_ public.confluence_pages) TO javis_sync;

REVOKE ALL ON FUNCTION public.confluence_page_base_hash(row_ public.confluence_pages) FROM PUBLIC;
GRANT ALL ON FUNCTION public.confluence_page_base_hash(row_ public.confluence_pages) TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_ask_again() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_ask_elements_again() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_check_texts() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_check_values() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_checked_elements(was jsonb, becomes jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_drop_view_by_name(project text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.javis_drop_view_by_name(project text) TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_edit_by_name() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_find_ends() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_find_place() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_follow_other_end() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_follow_place() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_follow_restriction() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_forget(history text, ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.javis_forget(history text, ids text[]) TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_keep_record_id() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_keep_tombstone() FROM PUBLIC;

GRANT SELECT ON TABLE public.jira_issues TO javis_read;
GRANT SELECT,DELETE ON TABLE public.jira_issues TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jira_issues TO javis_sync;

GRANT UPDATE(key) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(key) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(jira_id) ON TABLE public.jira_issues TO javis_app;

GRANT UPDATE(project_key) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(project_key) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(title) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(title) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(description) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(description) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(issue_type) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(issue_type) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(status) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(status) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(priority) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(priority) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(resolution) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(resolution) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(labels) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(labels) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(components) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(components) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(fix_versions) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(fix_versions) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(affected_versions) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(affected_versions) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(assignee_id) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(assignee_id) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(reporter_id) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(reporter_id) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(parent_key) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(parent_key) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(epic_key) ON TABLE public.jira_issues TO javis_app;

GRANT UPDATE(sprint) ON TABLE public.jira_issues TO javis_app;

GRANT UPDATE(sprint_id) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(sprint_id) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(team) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(team) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(story_points) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(story_points) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(estimate_seconds) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(estimate_seconds) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(remaining_seconds) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(remaining_seconds) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(due_date) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(due_date) ON TABLE public.jira_issues TO javis_create;

GRANT UPDATE(custom_fields) ON TABLE public.jira_issues TO javis_app;

GRANT UPDATE(record_id) ON TABLE public.jira_issues TO javis_app;
GRANT INSERT(record_id) ON TABLE public.jira_issues TO javis_create;

GRANT SELECT ON TABLE public.key_aliases TO javis_read;
GRANT SELECT ON TABLE public.key_aliases TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.key_aliases TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_key(key_or_former_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.javis_key(key_or_former_key text) TO javis_read;
GRANT ALL ON FUNCTION public.javis_key(key_or_former_key text) TO javis_app;
GRANT ALL ON FUNCTION public.javis_key(key_or_former_key text) TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_make_view_by_name(project text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.javis_make_view_by_name(project text) TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_mark_restricted_payload() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_mark_restricted_value() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_name_record() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_obey_policy() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_provisional_key(scope text, record_id uuid) FROM PUBLIC;

GRANT SELECT ON TABLE public.sync_policies TO javis_read;
GRANT SELECT ON TABLE public.sync_policies TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_policies TO javis_sync;

REVOKE ALL ON FUNCTION public.javis_refuse_by_name() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_follower() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_itself() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_little() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_local_insert() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_taken() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_refuse_truncate() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_take_copied() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_track_local_edit() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.javis_wish() FROM PUBLIC;

REVOKE ALL ON FUNCTION public.jira_comment_content_hash(body text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_comment_content_hash(body text) TO javis_sync;

GRANT SELECT ON TABLE public.comments TO javis_read;
GRANT SELECT,DELETE ON TABLE public.comments TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.comments TO javis_sync;

GRANT UPDATE(comment_id) ON TABLE public.comments TO javis_app;

GRANT UPDATE(body) ON TABLE public.comments TO javis_app;
GRANT INSERT(body) ON TABLE public.comments TO javis_create;

GRANT UPDATE(restriction) ON TABLE public.comments TO javis_app;
GRANT INSERT(restriction) ON TABLE public.comments TO javis_create;

GRANT UPDATE(record_id) ON TABLE public.comments TO javis_app;
GRANT INSERT(record_id) ON TABLE public.comments TO javis_create;

GRANT UPDATE(key) ON TABLE public.comments TO javis_app;
GRANT INSERT(key) ON TABLE public.comments TO javis_create;

GRANT UPDATE(issue_key) ON TABLE public.comments TO javis_app;
GRANT INSERT(issue_key) ON TABLE public.comments TO javis_create;

GRANT UPDATE(project_key) ON TABLE public.comments TO javis_app;

REVOKE ALL ON FUNCTION public.jira_comment_content_hash(row_ public.comments) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_comment_content_hash(row_ public.comments) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_comment_base_hash(row_ public.comments) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_comment_base_hash(row_ public.comments) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_issue_content_hash(title text, description text, labels text[], priority text, assignee_id text, due_date date, story_points numeric, parent_key text, status text, components text[], fix_versions text[], affected_versions text[], resolution text, team text, sprint_id bigint, reporter_id text, estimate_seconds bigint, remaining_seconds bigint, custom_fields jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_issue_content_hash(title text, description text, labels text[], priority text, assignee_id text, due_date date, story_points numeric, parent_key text, status text, components text[], fix_versions text[], affected_versions text[], resolution text, team text, sprint_id bigint, reporter_id text, estimate_seconds bigint, remaining_seconds bigint, custom_fields jsonb) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_issue_content_hash(row_ public.jira_issues) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_issue_content_hash(row_ public.jira_issues) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_issue_base_hash(row_ public.jira_issues) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_issue_base_hash(row_ public.jira_issues) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_link_content_hash() FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_link_content_hash() TO javis_sync;

GRANT SELECT ON TABLE public.issue_links TO javis_read;
GRANT SELECT,DELETE ON TABLE public.issue_links TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.issue_links TO javis_sync;

GRANT UPDATE(link_id) ON TABLE public.issue_links TO javis_app;

GRANT UPDATE(label) ON TABLE public.issue_links TO javis_app;
GRANT INSERT(label) ON TABLE public.issue_links TO javis_create;

GRANT UPDATE(other_key) ON TABLE public.issue_links TO javis_app;
GRANT INSERT(other_key) ON TABLE public.issue_links TO javis_create;

GRANT UPDATE(record_id) ON TABLE public.issue_links TO javis_app;
GRANT INSERT(record_id) ON TABLE public.issue_links TO javis_create;

GRANT UPDATE(key) ON TABLE public.issue_links TO javis_app;
GRANT INSERT(key) ON TABLE public.issue_links TO javis_create;

GRANT UPDATE(issue_key) ON TABLE public.issue_links TO javis_app;
GRANT INSERT(issue_key) ON TABLE public.issue_links TO javis_create;

GRANT UPDATE(project_key) ON TABLE public.issue_links TO javis_app;

REVOKE ALL ON FUNCTION public.jira_link_content_hash(row_ public.issue_links) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_link_content_hash(row_ public.issue_links) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_link_base_hash(row_ public.issue_links) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_link_base_hash(row_ public.issue_links) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_worklog_content_hash(seconds bigint, comment text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_worklog_content_hash(seconds bigint, comment text) TO javis_sync;

GRANT SELECT ON TABLE public.worklogs TO javis_read;
GRANT SELECT,DELETE ON TABLE public.worklogs TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.worklogs TO javis_sync;

GRANT UPDATE(worklog_id) ON TABLE public.worklogs TO javis_app;

GRANT UPDATE(started_at) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(started_at) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(seconds) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(seconds) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(restriction) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(restriction) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(record_id) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(record_id) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(key) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(key) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(issue_key) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(issue_key) ON TABLE public.worklogs TO javis_create;

GRANT UPDATE(project_key) ON TABLE public.worklogs TO javis_app;

GRANT UPDATE(comment) ON TABLE public.worklogs TO javis_app;
GRANT INSERT(comment) ON TABLE public.worklogs TO javis_create;

REVOKE ALL ON FUNCTION public.jira_worklog_content_hash(row_ public.worklogs) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_worklog_content_hash(row_ public.worklogs) TO javis_sync;

REVOKE ALL ON FUNCTION public.jira_worklog_base_hash(row_ public.worklogs) FROM PUBLIC;
GRANT ALL ON FUNCTION public.jira_worklog_base_hash(row_ public.worklogs) TO javis_sync;

GRANT SELECT ON TABLE public.ai_advice TO javis_read;
GRANT SELECT ON TABLE public.ai_advice TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_advice TO javis_sync;

GRANT SELECT ON TABLE public.ai_suggestions TO javis_read;
GRANT SELECT ON TABLE public.ai_suggestions TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.ai_suggestions TO javis_sync;

GRANT SELECT ON TABLE public.attachments TO javis_read;
GRANT SELECT ON TABLE public.attachments TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachments TO javis_sync;

GRANT SELECT ON TABLE public.components TO javis_read;
GRANT SELECT ON TABLE public.components TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.components TO javis_sync;

GRANT SELECT ON TABLE public.issue_link_types TO javis_read;
GRANT SELECT ON TABLE public.issue_link_types TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.issue_link_types TO javis_sync;

GRANT SELECT ON TABLE public.issue_sprints TO javis_read;
GRANT SELECT ON TABLE public.issue_sprints TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.issue_sprints TO javis_sync;

GRANT SELECT ON TABLE public.issue_types TO javis_read;
GRANT SELECT ON TABLE public.issue_types TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.issue_types TO javis_sync;

GRANT SELECT ON TABLE public.issues_in TO javis_read;
GRANT SELECT ON TABLE public.issues_in TO javis_app;
GRANT SELECT ON TABLE public.issues_in TO javis_sync;

GRANT INSERT(project_key) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(record_id) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(issue_type) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(title) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(description) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(labels) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(priority) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(assignee_id) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(due_date) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(story_points) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(parent_key) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(status) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(components) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(fix_versions) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(affected_versions) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(resolution) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(team) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(sprint_id) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(reporter_id) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(estimate_seconds) ON TABLE public.issues_in TO javis_create;

GRANT INSERT(remaining_seconds) ON TABLE public.issues_in TO javis_create;

GRANT SELECT ON TABLE public.jira_create_forms TO javis_read;
GRANT SELECT ON TABLE public.jira_create_forms TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jira_create_forms TO javis_sync;

GRANT SELECT ON TABLE public.jira_field_columns TO javis_read;
GRANT SELECT ON TABLE public.jira_field_columns TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jira_field_columns TO javis_sync;

GRANT SELECT ON TABLE public.jira_fields TO javis_read;
GRANT SELECT ON TABLE public.jira_fields TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.jira_fields TO javis_sync;

GRANT SELECT ON TABLE public.links_of_issues TO javis_read;
GRANT SELECT ON TABLE public.links_of_issues TO javis_app;
GRANT SELECT ON TABLE public.links_of_issues TO javis_sync;

GRANT SELECT ON TABLE public.live_workers TO javis_read;
GRANT SELECT ON TABLE public.live_workers TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.live_workers TO javis_sync;

GRANT SELECT ON TABLE public.local_edits TO javis_read;
GRANT SELECT ON TABLE public.local_edits TO javis_app;
GRANT SELECT ON TABLE public.local_edits TO javis_sync;

GRANT SELECT ON SEQUENCE public.local_edits_id_seq TO javis_sync;

GRANT SELECT ON TABLE public.page_issue_links TO javis_read;
GRANT SELECT ON TABLE public.page_issue_links TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.page_issue_links TO javis_sync;

GRANT SELECT ON TABLE public.page_versions TO javis_read;
GRANT SELECT ON TABLE public.page_versions TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.page_versions TO javis_sync;

GRANT SELECT ON TABLE public.pages_in TO javis_read;
GRANT SELECT ON TABLE public.pages_in TO javis_app;
GRANT SELECT ON TABLE public.pages_in TO javis_sync;

GRANT INSERT(space_key) ON TABLE public.pages_in TO javis_create;

GRANT INSERT(record_id) ON TABLE public.pages_in TO javis_create;

GRANT INSERT(title) ON TABLE public.pages_in TO javis_create;

GRANT INSERT(body_storage) ON TABLE public.pages_in TO javis_create;

GRANT INSERT(parent_id) ON TABLE public.pages_in TO javis_create;

GRANT INSERT(labels) ON TABLE public.pages_in TO javis_create;

GRANT SELECT ON TABLE public.priorities TO javis_read;
GRANT SELECT ON TABLE public.priorities TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.priorities TO javis_sync;

GRANT SELECT ON TABLE public.record_kinds TO javis_read;
GRANT SELECT ON TABLE public.record_kinds TO javis_app;
GRANT SELECT ON TABLE public.record_kinds TO javis_sync;

GRANT SELECT ON TABLE public.records TO javis_read;
GRANT SELECT ON TABLE public.records TO javis_app;
GRANT SELECT ON TABLE public.records TO javis_sync;

GRANT SELECT ON TABLE public.resolutions TO javis_read;
GRANT SELECT ON TABLE public.resolutions TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.resolutions TO javis_sync;

GRANT SELECT ON TABLE public.roadmap_visions TO javis_read;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roadmap_visions TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.roadmap_visions TO javis_sync;

GRANT SELECT ON SEQUENCE public.roadmap_visions_id_seq TO javis_sync;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.site_facts TO javis_sync;

GRANT SELECT ON TABLE public.slack_posts TO javis_read;
GRANT SELECT ON TABLE public.slack_posts TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.slack_posts TO javis_sync;

GRANT SELECT ON TABLE public.slack_requests TO javis_read;
GRANT SELECT ON TABLE public.slack_requests TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.slack_requests TO javis_sync;

GRANT SELECT ON TABLE public.sprint_changes TO javis_read;
GRANT SELECT ON TABLE public.sprint_changes TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sprint_changes TO javis_sync;

GRANT SELECT ON TABLE public.sprints TO javis_read;
GRANT SELECT ON TABLE public.sprints TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sprints TO javis_sync;

GRANT SELECT ON TABLE public.status_changes TO javis_read;
GRANT SELECT ON TABLE public.status_changes TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.status_changes TO javis_sync;

GRANT SELECT ON TABLE public.statuses TO javis_read;
GRANT SELECT ON TABLE public.statuses TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.statuses TO javis_sync;

GRANT SELECT ON TABLE public.sync_audit TO javis_read;
GRANT SELECT ON TABLE public.sync_audit TO javis_app;
GRANT SELECT,INSERT ON TABLE public.sync_audit TO javis_sync;

GRANT SELECT ON SEQUENCE public.sync_audit_id_seq TO javis_sync;

GRANT SELECT ON TABLE public.sync_conflict_values TO javis_read;
GRANT SELECT ON TABLE public.sync_conflict_values TO javis_app;
GRANT SELECT,INSERT ON TABLE public.sync_conflict_values TO javis_sync;

GRANT SELECT ON SEQUENCE public.sync_conflict_values_id_seq TO javis_sync;

GRANT SELECT ON TABLE public.sync_conflicts TO javis_read;
GRANT SELECT ON TABLE public.sync_conflicts TO javis_app;
GRANT SELECT,INSERT,UPDATE ON TABLE public.sync_conflicts TO javis_sync;

GRANT SELECT ON TABLE public.sync_creates TO javis_read;
GRANT SELECT ON TABLE public.sync_creates TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_creates TO javis_sync;

GRANT SELECT ON SEQUENCE public.sync_creates_number_seq TO javis_sync;

GRANT SELECT ON TABLE public.sync_hints TO javis_read;
GRANT SELECT ON TABLE public.sync_hints TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_hints TO javis_sync;

GRANT SELECT ON SEQUENCE public.sync_hints_id_seq TO javis_sync;

GRANT SELECT,INSERT,UPDATE ON TABLE public.sync_locks TO javis_sync;

GRANT SELECT ON TABLE public.sync_outbox TO javis_read;
GRANT SELECT ON TABLE public.sync_outbox TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_outbox TO javis_sync;

GRANT SELECT ON TABLE public.sync_quarantine TO javis_read;
GRANT SELECT ON TABLE public.sync_quarantine TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_quarantine TO javis_sync;

GRANT SELECT ON TABLE public.sync_runs TO javis_read;
GRANT SELECT ON TABLE public.sync_runs TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_runs TO javis_sync;

GRANT SELECT ON TABLE public.sync_watermarks TO javis_read;
GRANT SELECT ON TABLE public.sync_watermarks TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.sync_watermarks TO javis_sync;

GRANT SELECT ON TABLE public.teams TO javis_read;
GRANT SELECT ON TABLE public.teams TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.teams TO javis_sync;

GRANT SELECT ON TABLE public.users TO javis_read;
GRANT SELECT ON TABLE public.users TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.users TO javis_sync;

GRANT SELECT ON TABLE public.versions TO javis_read;
GRANT SELECT ON TABLE public.versions TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.versions TO javis_sync;

GRANT SELECT ON TABLE public.work_contexts TO javis_read;
GRANT SELECT ON TABLE public.work_contexts TO javis_app;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.work_contexts TO javis_sync;

GRANT SELECT ON SEQUENCE public.work_contexts_id_seq TO javis_sync;
