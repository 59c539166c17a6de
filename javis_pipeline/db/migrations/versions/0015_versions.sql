-- Versions of projects: issues name them, and their release dates are due dates.
CREATE TABLE versions (
    version_id   text PRIMARY KEY,
    project_key  text NOT NULL,
    name         text NOT NULL,
    released     boolean NOT NULL,
    archived     boolean NOT NULL,
    release_on   date
);
CREATE INDEX versions_by_project ON versions (project_key);
COMMENT ON TABLE versions IS 'versions of the synced projects, as Jira has them; jira_issues.fix_versions holds their names';
