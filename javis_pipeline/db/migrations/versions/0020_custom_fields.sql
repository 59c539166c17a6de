-- The custom fields of the site, which jira_issues.custom_fields is keyed by.
CREATE TABLE jira_fields (
    field_id           text PRIMARY KEY,
    name               text NOT NULL,
    untranslated_name  text,
    type               text NOT NULL,
    sort               text,
    policy             text NOT NULL,
    only_in            text,
    projects           text[] NOT NULL DEFAULT '{}',
    issues             bigint NOT NULL DEFAULT 0,
    uses               jsonb NOT NULL DEFAULT '{}',
    first_seen_at      timestamptz NOT NULL,
    last_seen_at       timestamptz NOT NULL,
    gone_at            timestamptz
);
COMMENT ON TABLE jira_fields IS 'custom fields of the site, as Jira has them; jira_issues.custom_fields is keyed by field_id';
COMMENT ON COLUMN jira_fields.untranslated_name IS 'the name before it was translated; Jira Cloud tells it, Data Center does not';
COMMENT ON COLUMN jira_fields.type IS 'what its administrator chose, in Jira''s words';
COMMENT ON COLUMN jira_fields.sort IS 'how its values read in custom_fields; NULL where they are not read, because they differ at each look';
COMMENT ON COLUMN jira_fields.policy IS 'which way its values go';
COMMENT ON COLUMN jira_fields.projects IS 'the synced projects in which some issue has a value';
COMMENT ON COLUMN jira_fields.issues IS 'how many issues have a value';
COMMENT ON COLUMN jira_fields.only_in IS 'id of the only project that has it; NULL for a field of the site';
COMMENT ON COLUMN jira_fields.uses IS 'how many issues have a value, by project key';
COMMENT ON COLUMN jira_fields.last_seen_at IS 'to the day';
COMMENT ON COLUMN jira_fields.gone_at IS 'since when the site does not list it; the values stay';

ALTER TABLE jira_issues ADD custom_raw jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN jira_issues.custom_fields IS 'custom fields with a value, by field id; jira_fields names them';
COMMENT ON COLUMN jira_issues.custom_raw IS 'what custom_fields does not tell of its values: ids of what was chosen, documents of texts';

-- Custom fields were not read until now: all is read again.
UPDATE sync_watermarks SET last_full_at = NULL WHERE system = 'jira';
