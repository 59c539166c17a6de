CREATE TABLE public.teams (
    team_id text PRIMARY KEY,
    name    text NOT NULL
);
COMMENT ON TABLE public.teams IS 'teams that issues have named, as Jira calls them; jira_issues.team follows';

ALTER TABLE public.jira_issues ADD COLUMN team_id text;

-- Of issues that did not change it is not known yet.
UPDATE public.sync_watermarks SET last_full_at = NULL WHERE system = 'jira';
