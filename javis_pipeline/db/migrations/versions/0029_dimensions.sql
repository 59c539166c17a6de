CREATE TABLE public.issue_types (
    issue_type_id text PRIMARY KEY,
    name          text NOT NULL
);
COMMENT ON TABLE public.issue_types IS 'types of the synced projects, as Jira calls them; jira_issues.issue_type follows';

CREATE TABLE public.resolutions (
    resolution_id text PRIMARY KEY,
    name          text NOT NULL
);
COMMENT ON TABLE public.resolutions IS 'how work may have ended, as Jira calls it; jira_issues.resolution follows';

CREATE TABLE public.components (
    component_id text PRIMARY KEY,
    project_key  text NOT NULL,
    name         text NOT NULL
);
COMMENT ON TABLE public.components IS 'components of the synced projects; jira_issues.components holds their names, and follows';

ALTER TABLE public.jira_issues ADD COLUMN resolution_id text;

-- Of issues that did not change it is not known yet.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';
