-- Vocabulary --------------------------------------------------------------------------------------------------------

CREATE TYPE resource_type AS ENUM ('jira_issue', 'confluence_page');
CREATE TYPE sync_status AS ENUM ('synced', 'local_modified', 'pushing', 'conflict', 'error');
CREATE TYPE remote_state AS ENUM ('present', 'gone', 'hidden', 'moved');
CREATE TYPE resolution AS ENUM ('pending', 'local', 'remote', 'merged', 'manual', 'equal', 'superseded');
CREATE TYPE outbox_state AS ENUM ('planned', 'sent', 'confirmed', 'rejected', 'abandoned', 'dropped');

-- Records: local copies that people and programs may edit ---------------------------------------------------------------

-- On a clean row the columns are the base of the three-way merge. local_modified_fields holds {field: base value} for
-- the fields edited here since the last sync; the trigger keeps it. description_adf, status_id and priority_id are the
-- base in the form that Jira holds, which the local form cannot give back.
CREATE TABLE jira_issues (
    key                   text PRIMARY KEY,
    jira_id               text NOT NULL CONSTRAINT jira_issues_id_is_unique UNIQUE,
    project_key           text NOT NULL,
    title                 text,
    description           text,
    description_adf       jsonb,
    environment           text,
    issue_type            text,
    issue_type_id         text,
    is_subtask            boolean NOT NULL DEFAULT false,
    hierarchy_level       integer,
    status                text,
    status_id             text,
    status_category       text CONSTRAINT jira_issues_status_category_is_known
                          CHECK (status_category IN ('new', 'indeterminate', 'done')),
    priority              text,
    priority_id           text,
    resolution            text,
    labels                text[] NOT NULL DEFAULT '{}',
    components            text[] NOT NULL DEFAULT '{}',
    fix_versions          text[] NOT NULL DEFAULT '{}',
    affected_versions     text[] NOT NULL DEFAULT '{}',
    assignee_id           text,
    reporter_id           text,
    creator_id            text,
    parent_key            text,
    parent_id             text,
    epic_key              text,
    sprint                text,
    sprint_id             bigint,
    team                  text,
    story_points          numeric,
    estimate_seconds      bigint,
    remaining_seconds     bigint,
    spent_seconds         bigint,
    due_date              date,
    flagged               boolean NOT NULL DEFAULT false,
    custom_fields         jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz,
    remote_updated_at     timestamptz,
    resolved_at           timestamptz,
    last_synced_at        timestamptz,
    local_modified_at     timestamptz,
    local_modified_fields jsonb NOT NULL DEFAULT '{}',
    local_seq             bigint NOT NULL DEFAULT 0,
    local_deleted_at      timestamptz,
    content_hash          uuid,
    sync_status           sync_status NOT NULL DEFAULT 'synced',
    sync_errors           jsonb NOT NULL DEFAULT '{}',
    remote_state          remote_state NOT NULL DEFAULT 'present',
    remote_missing_since  timestamptz
);
CREATE INDEX jira_issues_by_project ON jira_issues (project_key, remote_updated_at);
CREATE INDEX jira_issues_by_parent ON jira_issues (parent_key);
CREATE INDEX jira_issues_dirty ON jira_issues (project_key)
    WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL;

-- A first load spends most of the server's time on compressing what is hardly ever read again.
ALTER TABLE jira_issues ALTER description_adf SET STORAGE EXTERNAL;

COMMENT ON COLUMN jira_issues.description IS 'Markdown view of description_adf; edit this one';
COMMENT ON COLUMN jira_issues.sync_errors IS '{field: why a local edit cannot be pushed, and the remedy}';
COMMENT ON COLUMN jira_issues.remote_missing_since IS 'first of the two proofs that the issue is gone';

CREATE TABLE confluence_pages (
    page_id               text PRIMARY KEY,
    space_key             text NOT NULL,
    space_id              text NOT NULL,
    title                 text,
    body_storage          text,
    parent_id             text,
    status                text NOT NULL DEFAULT 'current',
    version_number        integer,
    version_created_at    timestamptz,
    version_author_id     text,
    version_message       text,
    author_id             text,
    labels                text[] NOT NULL DEFAULT '{}',
    created_at            timestamptz,
    last_synced_at        timestamptz,
    local_modified_at     timestamptz,
    local_modified_fields jsonb NOT NULL DEFAULT '{}',
    local_seq             bigint NOT NULL DEFAULT 0,
    local_deleted_at      timestamptz,
    content_hash          uuid,
    sync_status           sync_status NOT NULL DEFAULT 'synced',
    sync_errors           jsonb NOT NULL DEFAULT '{}',
    remote_state          remote_state NOT NULL DEFAULT 'present',
    remote_missing_since  timestamptz
);
CREATE INDEX confluence_pages_by_space ON confluence_pages (space_key, version_created_at);
CREATE INDEX confluence_pages_dirty ON confluence_pages (space_key)
    WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL;

-- As for descriptions of issues: a first load would mostly compress.
ALTER TABLE confluence_pages ALTER body_storage SET STORAGE EXTERNAL;

-- Satellites of issues and pages: written by the sync only ---------------------------------------------------------------
-- They name the issue or page without a foreign key: rows of jira_issues and confluence_pages are never deleted, only the
-- pull writes here, always in the transaction of the record itself, and a check for each row would double the time of a
-- first load.

CREATE TABLE users (
    account_id   text PRIMARY KEY,
    display_name text NOT NULL,
    active       boolean NOT NULL DEFAULT true
);

CREATE TABLE statuses (
    status_id text PRIMARY KEY,
    name      text NOT NULL,
    category  text NOT NULL
);

CREATE TABLE priorities (
    priority_id text PRIMARY KEY,
    name        text NOT NULL,
    rank        integer NOT NULL
);

CREATE TABLE sprints (
    sprint_id    bigint PRIMARY KEY,
    board_id     bigint,
    name         text NOT NULL,
    state        text NOT NULL,
    goal         text,
    start_at     timestamptz,
    end_at       timestamptz,
    completed_at timestamptz
);

CREATE TABLE issue_sprints (
    jira_id   text NOT NULL,
    sprint_id bigint NOT NULL,
    PRIMARY KEY (jira_id, sprint_id)
);
CREATE INDEX issue_sprints_by_sprint ON issue_sprints (sprint_id);

-- A link as seen from one of its two issues; the other one may be outside every synced project.
CREATE TABLE issue_links (
    link_id   text NOT NULL,
    jira_id   text NOT NULL,
    type      text NOT NULL,
    direction text NOT NULL CONSTRAINT issue_links_direction_is_known CHECK (direction IN ('inward', 'outward')),
    label     text NOT NULL,
    other_id  text,
    other_key text NOT NULL,
    PRIMARY KEY (jira_id, link_id, direction)
);
CREATE INDEX issue_links_by_other ON issue_links (other_key);

CREATE TABLE comments (
    jira_id    text NOT NULL,
    comment_id text NOT NULL,
    author_id  text,
    body       text NOT NULL,
    created_at timestamptz,
    updated_at timestamptz,
    PRIMARY KEY (jira_id, comment_id)
);

CREATE TABLE worklogs (
    jira_id    text NOT NULL,
    worklog_id text NOT NULL,
    author_id  text,
    started_at timestamptz,
    seconds    bigint NOT NULL,
    PRIMARY KEY (jira_id, worklog_id)
);

CREATE TABLE status_changes (
    jira_id     text NOT NULL,
    change_id   text NOT NULL,
    author_id   text,
    from_id     text,
    from_status text,
    to_id       text,
    to_status   text,
    changed_at  timestamptz NOT NULL,
    PRIMARY KEY (jira_id, change_id)
);

CREATE TABLE sprint_changes (
    jira_id    text NOT NULL,
    change_id  text NOT NULL,
    sprint_id  bigint NOT NULL,
    added      boolean NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (jira_id, change_id, sprint_id, added)
);

CREATE TABLE key_aliases (
    jira_id    text NOT NULL,
    key        text NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen  timestamptz NOT NULL,
    PRIMARY KEY (jira_id, key)
);
CREATE INDEX key_aliases_by_key ON key_aliases (key);

CREATE TABLE page_versions (
    page_id    text NOT NULL,
    number     integer NOT NULL,
    created_at timestamptz NOT NULL,
    author_id  text,
    message    text,
    PRIMARY KEY (page_id, created_at, number)
);

CREATE TABLE page_issue_links (
    page_id   text NOT NULL,
    issue_key text NOT NULL,
    kind      text NOT NULL CONSTRAINT page_issue_links_kind_is_known CHECK (kind IN ('macro', 'link', 'text')),
    PRIMARY KEY (page_id, issue_key, kind)
);
CREATE INDEX page_issue_links_by_issue ON page_issue_links (issue_key);

-- The sync's own books ---------------------------------------------------------------------------------------------------

-- One row per (system, scope): a Jira project or a Confluence space.
CREATE TABLE sync_watermarks (
    system            text NOT NULL CONSTRAINT sync_watermarks_system_is_known CHECK (system IN ('jira', 'confluence')),
    scope             text NOT NULL,
    account_id        text,
    watermark         timestamptz,
    last_full_at      timestamptz,
    last_census_at    timestamptz,
    last_census_count integer,
    PRIMARY KEY (system, scope)
);

CREATE TABLE sync_runs (
    run_id      text NOT NULL,
    system      text NOT NULL,
    scope       text NOT NULL,
    step        text NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    outcome     text CONSTRAINT sync_runs_outcome_is_known CHECK (outcome IN ('done', 'failed', 'halted')),
    counts      jsonb NOT NULL DEFAULT '{}',
    error       text,
    PRIMARY KEY (run_id, system, scope, step)
);
CREATE INDEX sync_runs_by_scope ON sync_runs (system, scope, started_at DESC);

CREATE TABLE sync_quarantine (
    system            text NOT NULL,
    scope             text NOT NULL,
    remote_id         text NOT NULL,
    remote_updated_at timestamptz,
    payload           jsonb NOT NULL,
    reason            text NOT NULL,
    first_seen_at     timestamptz NOT NULL,
    last_seen_at      timestamptz NOT NULL,
    PRIMARY KEY (system, remote_id)
);

CREATE TABLE sync_conflicts (
    id              uuid PRIMARY KEY,
    resource_type   resource_type NOT NULL,
    resource_id     text NOT NULL,
    scope           text NOT NULL,
    field_name      text NOT NULL,
    kind            text NOT NULL,
    base_value      jsonb,
    local_value     jsonb,
    remote_value    jsonb,
    remote_raw      jsonb,
    local_seq       bigint,
    remote_revision text,
    details         jsonb NOT NULL DEFAULT '{}',
    state           text NOT NULL DEFAULT 'open' CONSTRAINT sync_conflicts_state_is_known CHECK (state IN ('open', 'resolved', 'closed')),
    resolution      resolution NOT NULL DEFAULT 'pending',
    resolved_value  jsonb,
    resolved_by     text,
    created_at      timestamptz NOT NULL,
    resolved_at     timestamptz,
    applied_at      timestamptz
);
CREATE UNIQUE INDEX sync_conflicts_one_open_per_field ON sync_conflicts (resource_type, resource_id, field_name, kind)
    WHERE state = 'open';
CREATE INDEX sync_conflicts_unsettled ON sync_conflicts (scope) WHERE applied_at IS NULL;

COMMENT ON COLUMN sync_conflicts.state IS 'open: waits for a person; resolved: chosen, and applied once applied_at is set; closed: went away by itself';
COMMENT ON COLUMN sync_conflicts.details IS 'who changed the remote value and when, as far as the changelog tells';

-- Every value that was ever in play in a conflict. Append-only.
CREATE TABLE sync_conflict_values (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    conflict_id uuid NOT NULL REFERENCES sync_conflicts (id) ON DELETE CASCADE,
    side        text NOT NULL CONSTRAINT sync_conflict_values_side_is_known CHECK (side IN ('base', 'local', 'remote', 'resolved')),
    value       jsonb,
    seen_at     timestamptz NOT NULL
);
CREATE INDEX sync_conflict_values_by_conflict ON sync_conflict_values (conflict_id);

CREATE TABLE sync_outbox (
    op_id           uuid PRIMARY KEY,
    resource_type   resource_type NOT NULL,
    resource_id     text NOT NULL,
    scope           text NOT NULL,
    kind            text NOT NULL,
    fields          text[] NOT NULL,
    expected_remote jsonb NOT NULL DEFAULT '{}',
    desired         jsonb NOT NULL DEFAULT '{}',
    local_values    jsonb NOT NULL DEFAULT '{}',
    "add"           jsonb NOT NULL DEFAULT '{}',
    remove          jsonb NOT NULL DEFAULT '{}',
    local_seq       bigint NOT NULL,
    state           outbox_state NOT NULL DEFAULT 'planned',
    attempts        integer NOT NULL DEFAULT 0 CONSTRAINT sync_outbox_attempts_not_negative CHECK (attempts >= 0),
    evidence        jsonb NOT NULL DEFAULT '{}',
    last_error      text,
    run_id          text,
    created_at      timestamptz NOT NULL,
    sent_at         timestamptz,
    settled_at      timestamptz,
    -- Not settled, or its outcome was only guessed by looks: its request may still be executed, and what it does then is
    -- nobody's edit. Such a record is decided field by field, never by the set-based pull.
    needs_care      boolean NOT NULL GENERATED ALWAYS AS (
                        state IN ('planned', 'sent')
                        OR (state IN ('abandoned', 'confirmed') AND NOT evidence ? 'late'
                            AND coalesce(evidence ->> 'by', '') NOT IN ('reply', 'marker'))
                    ) STORED
);
CREATE INDEX sync_outbox_unsettled ON sync_outbox (scope, created_at) WHERE needs_care;
CREATE INDEX sync_outbox_by_resource ON sync_outbox (resource_type, resource_id, created_at);

-- Journal of edits made here, kept by the trigger. Who follows it filters txid < pg_snapshot_xmin(pg_current_snapshot()):
-- ids are given out before their transactions commit, so the largest id seen is not a safe cursor.
CREATE TABLE local_edits (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system        text NOT NULL,
    scope         text NOT NULL,
    resource_type resource_type NOT NULL,
    resource_id   text NOT NULL,
    field         text NOT NULL,
    old           jsonb,
    new           jsonb,
    edited_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    db_user       text NOT NULL DEFAULT session_user,
    application   text NOT NULL DEFAULT current_setting('application_name'),
    txid          xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX local_edits_by_resource ON local_edits (resource_type, resource_id, id);
CREATE INDEX local_edits_by_transaction ON local_edits (txid);

-- Every change the sync made on either side, written in the same transaction. Append-only.
CREATE TABLE sync_audit (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id        text NOT NULL,
    op_id         uuid,
    side          text NOT NULL CONSTRAINT sync_audit_side_is_known CHECK (side IN ('local', 'remote')),
    resource_type resource_type NOT NULL,
    resource_id   text NOT NULL,
    field         text NOT NULL,
    old           jsonb,
    new           jsonb,
    reason        text NOT NULL,
    actor         text NOT NULL,
    at            timestamptz NOT NULL,
    undo_of       bigint
);
CREATE INDEX sync_audit_by_run ON sync_audit (run_id);
COMMENT ON COLUMN sync_audit.undo_of IS 'id of the newest row that this one takes back; old rows may be forgotten before it';
CREATE INDEX sync_audit_by_resource ON sync_audit (resource_type, resource_id, id);

-- Advice -------------------------------------------------------------------------------------------------------------------

CREATE TABLE work_contexts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_key  text NOT NULL,
    as_of        timestamptz NOT NULL,
    context_hash text NOT NULL,
    context      jsonb NOT NULL
);
CREATE INDEX work_contexts_newest ON work_contexts (project_key, as_of DESC);

-- One answer of an engine for one context and scope: an unchanged context is not asked about twice.
CREATE TABLE ai_advice (
    advice_id    uuid PRIMARY KEY,
    project_key  text NOT NULL,
    scope        text NOT NULL,
    context_hash text NOT NULL,
    engine       text NOT NULL CONSTRAINT ai_advice_engine_is_known CHECK (engine IN ('claude', 'rules')),
    model        text,
    usage        jsonb,
    cost_usd     numeric,
    dropped      jsonb NOT NULL DEFAULT '{}',
    notes        jsonb NOT NULL DEFAULT '[]',
    created_at   timestamptz NOT NULL
);
CREATE INDEX ai_advice_newest ON ai_advice (project_key, scope, created_at DESC);

CREATE TABLE ai_suggestions (
    id           uuid PRIMARY KEY,
    advice_id    uuid NOT NULL REFERENCES ai_advice (advice_id) ON DELETE CASCADE,
    project_key  text NOT NULL,
    rank         integer NOT NULL,
    kind         text NOT NULL,
    title        text NOT NULL,
    rationale    text NOT NULL,
    evidence     jsonb NOT NULL,
    actions      jsonb NOT NULL,
    confidence   double precision NOT NULL,
    state        text NOT NULL DEFAULT 'proposed'
                 CONSTRAINT ai_suggestions_state_is_known CHECK (state IN ('proposed', 'accepted', 'rejected', 'expired')),
    created_at   timestamptz NOT NULL,
    decided_by   text,
    decided_at   timestamptz
);
CREATE INDEX ai_suggestions_by_advice ON ai_suggestions (advice_id, rank);
CREATE INDEX ai_suggestions_proposed ON ai_suggestions (project_key, rank) WHERE state = 'proposed';

-- What was posted to Slack. A row is claimed and committed before the message is sent, so that a message whose answer was
-- lost is looked for instead of sent again.
CREATE TABLE slack_posts (
    post_id      uuid PRIMARY KEY,
    kind         text NOT NULL,
    project_key  text NOT NULL,
    channel      text NOT NULL,
    state_hash   text NOT NULL,
    content_hash text,
    facts        jsonb NOT NULL DEFAULT '{}',
    ts           text,
    claimed_at   timestamptz NOT NULL,
    posted_at    timestamptz,
    updated_at   timestamptz,
    CONSTRAINT slack_posts_posted_ones_have_a_place CHECK ((ts IS NULL) = (posted_at IS NULL))
);
CREATE INDEX slack_posts_newest ON slack_posts (kind, project_key, channel, claimed_at DESC);
CREATE UNIQUE INDEX slack_posts_one_claim ON slack_posts (kind, project_key, channel) WHERE ts IS NULL;
CREATE UNIQUE INDEX slack_posts_one_per_message ON slack_posts (channel, ts);

COMMENT ON COLUMN slack_posts.state_hash IS 'of what the post tells, without what merely grows older: equal means no news';
COMMENT ON COLUMN slack_posts.content_hash IS 'of all that post and thread show; null until Slack shows it';

-- Signatures of requests that Slack sent within the last minutes: a second one is a replay.
CREATE TABLE slack_requests (
    signature   text PRIMARY KEY,
    received_at timestamptz NOT NULL
);

CREATE TABLE roadmap_visions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title       text NOT NULL,
    description text NOT NULL DEFAULT '',
    horizon     date,
    owner_id    text,
    epic_keys   text[] NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'active'
                CONSTRAINT roadmap_visions_state_is_known CHECK (state IN ('active', 'achieved', 'dropped')),
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Content hashes ------------------------------------------------------------------------------------------------------------
-- Over the base values of the synced fields. Every sync write stores it; a clean row whose hash differs was changed
-- behind the trigger's back (disabled trigger, session_replication_role, a restore). Made of separators that no text
-- holds, so that a pull can make them as well (`db/issue_rows.py`, `db/pages.py`). Long texts are hashed by themselves:
-- once more copying and quoting them would take longer than all the rest.

CREATE FUNCTION jira_issue_content_hash(
    title text, description text, status text, priority text, labels text[], assignee_id text, due_date date,
    story_points numeric, parent_key text
) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN md5(concat_ws(E'\x1f', coalesce(title, E'\x1e'), coalesce(md5(description), E'\x1e'), coalesce(status, E'\x1e'),
    coalesce(priority, E'\x1e'), labels::text, coalesce(assignee_id, E'\x1e'),
    CASE WHEN due_date IS NULL THEN E'\x1e' WHEN isfinite(due_date) THEN (due_date - DATE '2000-01-01')::text
         ELSE due_date::text END,
    coalesce(trim_scale(story_points)::text, E'\x1e'), coalesce(parent_key, E'\x1e')))::uuid;

CREATE FUNCTION jira_issue_content_hash(row_ jira_issues) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jira_issue_content_hash(
    (row_).title, (row_).description, (row_).status, (row_).priority, (row_).labels, (row_).assignee_id,
    (row_).due_date, (row_).story_points, (row_).parent_key
);

CREATE FUNCTION confluence_page_content_hash(title text, body_storage text, parent_id text, labels text[]) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN md5(concat_ws(E'\x1f', coalesce(title, E'\x1e'), coalesce(md5(body_storage), E'\x1e'), coalesce(parent_id, E'\x1e'),
    array_to_string(labels, E'\x1d')))::uuid;

CREATE FUNCTION confluence_page_content_hash(row_ confluence_pages) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN confluence_page_content_hash((row_).title, (row_).body_storage, (row_).parent_id, (row_).labels);

-- Tracking of local edits -----------------------------------------------------------------------------------------------------

-- BEFORE UPDATE of a record by anyone but the sync. Arguments: system, scope column, id column, names of the tracked
-- fields (comma-separated). Untracked columns keep their old values, whatever was written to them.
CREATE FUNCTION javis_track_local_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    tracked     text[] := string_to_array(TG_ARGV[3], ',');
    kind        resource_type := CASE TG_ARGV[0] WHEN 'jira' THEN 'jira_issue' ELSE 'confluence_page' END;
    before_doc  jsonb := to_jsonb(OLD);
    after_doc   jsonb;
    written     jsonb := to_jsonb(NEW);
    bases       jsonb := OLD.local_modified_fields;
    errors      jsonb := OLD.sync_errors;
    field_name  text;
    edited      boolean := false;
BEGIN
    FOREACH field_name IN ARRAY ARRAY[TG_ARGV[1], TG_ARGV[2]] || CASE TG_ARGV[0] WHEN 'jira' THEN '{key}'::text[] ELSE '{}' END LOOP
        IF written -> field_name IS DISTINCT FROM before_doc -> field_name THEN
            RAISE EXCEPTION 'javis: % of % cannot be changed here', field_name, before_doc ->> TG_ARGV[2]
                USING ERRCODE = 'restrict_violation', HINT = 'Move or rename the record in Jira or Confluence; the next sync follows.';
        END IF;
    END LOOP;

    -- Labels are a set: one spelling, so that equal sets are equal arrays.
    NEW.labels := ARRAY(SELECT DISTINCT label COLLATE "C" FROM unnest(NEW.labels) AS label WHERE label IS NOT NULL ORDER BY 1);
    written := to_jsonb(NEW);
    NEW := jsonb_populate_record(OLD, (SELECT jsonb_object_agg(name, written -> name) FROM unnest(tracked) AS name));
    after_doc := to_jsonb(NEW);

    FOREACH field_name IN ARRAY tracked LOOP
        CONTINUE WHEN after_doc -> field_name IS NOT DISTINCT FROM before_doc -> field_name;
        edited := true;
        errors := errors - field_name;
        IF NOT bases ? field_name THEN
            bases := bases || jsonb_build_object(field_name, before_doc -> field_name);
        ELSIF bases -> field_name = after_doc -> field_name THEN
            bases := bases - field_name;
        END IF;
        INSERT INTO local_edits (system, scope, resource_type, resource_id, field, old, new)
        VALUES (TG_ARGV[0], before_doc ->> TG_ARGV[1], kind, before_doc ->> TG_ARGV[2], field_name,
                before_doc -> field_name, after_doc -> field_name);
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
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[0], 'scope', before_doc ->> TG_ARGV[1])::text);
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION javis_refuse_local_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'javis: rows of % are made by the sync only', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Create the record in Jira or Confluence; the next sync brings it here.';
END $$;

-- A local DELETE leaves a tombstone and deletes nothing on the remote; `javis status` lists it.
-- Arguments as for javis_track_local_edit, without the fields.
CREATE FUNCTION javis_keep_tombstone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    kind   resource_type := CASE TG_ARGV[0] WHEN 'jira' THEN 'jira_issue' ELSE 'confluence_page' END;
    doc    jsonb := to_jsonb(OLD);
    origin text := coalesce(current_setting('javis.origin', true), '');
BEGIN
    IF OLD.local_deleted_at IS NULL THEN
        PERFORM set_config('javis.origin', 'sync', true);
        EXECUTE format(
            'UPDATE %I SET local_deleted_at = clock_timestamp(), local_modified_at = clock_timestamp(), local_seq = local_seq + 1 WHERE %I = $1',
            TG_TABLE_NAME, TG_ARGV[2]) USING doc ->> TG_ARGV[2];
        PERFORM set_config('javis.origin', origin, true);
        INSERT INTO local_edits (system, scope, resource_type, resource_id, field, old, new)
        VALUES (TG_ARGV[0], doc ->> TG_ARGV[1], kind, doc ->> TG_ARGV[2], '(row)', 'true', 'null');
        PERFORM pg_notify('javis_local_change', jsonb_build_object('system', TG_ARGV[0], 'scope', doc ->> TG_ARGV[1])::text);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION javis_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'javis: % cannot be truncated', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'To start over, use a new database: unsynced edits would be lost without a trace.';
END $$;

CREATE TRIGGER track_local_edit BEFORE UPDATE ON jira_issues FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_track_local_edit('jira', 'project_key', 'jira_id',
        'title,description,status,priority,labels,assignee_id,due_date,story_points,parent_key,'
        'issue_type,resolution,components,fix_versions,reporter_id,sprint,flagged,custom_fields');
CREATE TRIGGER refuse_local_insert BEFORE INSERT ON jira_issues FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_refuse_local_insert();
CREATE TRIGGER keep_tombstone BEFORE DELETE ON jira_issues FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_keep_tombstone('jira', 'project_key', 'jira_id');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON jira_issues EXECUTE FUNCTION javis_refuse_truncate();

CREATE TRIGGER track_local_edit BEFORE UPDATE ON confluence_pages FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_track_local_edit('confluence', 'space_key', 'page_id', 'title,body_storage,parent_id,labels');
CREATE TRIGGER refuse_local_insert BEFORE INSERT ON confluence_pages FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_refuse_local_insert();
CREATE TRIGGER keep_tombstone BEFORE DELETE ON confluence_pages FOR EACH ROW
    WHEN (coalesce(current_setting('javis.origin', true), '') <> 'sync')
    EXECUTE FUNCTION javis_keep_tombstone('confluence', 'space_key', 'page_id');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON confluence_pages EXECUTE FUNCTION javis_refuse_truncate();

-- Roles: groups without login; grant them to the logins of your programs ----------------------------------------------------

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['javis_read', 'javis_app', 'javis_sync'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was quicker
                WHEN insufficient_privilege THEN
                    RAISE NOTICE 'javis: role % not created (no CREATEROLE right); grants to it are left out', role_name;
            END;
        END IF;
    END LOOP;

    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'javis_read') THEN
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO javis_read;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'javis_app') THEN
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO javis_app;
        GRANT UPDATE (title, description, status, priority, labels, assignee_id, due_date, story_points, parent_key), DELETE
            ON jira_issues TO javis_app;
        GRANT UPDATE (title, body_storage, parent_id, labels), DELETE ON confluence_pages TO javis_app;
        GRANT INSERT, UPDATE, DELETE ON roadmap_visions TO javis_app;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'javis_sync') THEN
        GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO javis_sync;
    END IF;
END $$;
