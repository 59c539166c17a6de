-- name: clear_issue_sprints
DELETE FROM issue_sprints WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_issue_sprints
COPY issue_sprints (jira_id, sprint_id) FROM STDIN;

-- name: clear_attachments
DELETE FROM attachments WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_attachments
COPY attachments (jira_id, attachment_id, author_id, name, mime_type, size, created_at) FROM STDIN;

-- name: clear_status_changes
DELETE FROM status_changes WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_status_changes
COPY status_changes (jira_id, change_id, author_id, from_id, from_status, to_id, to_status, changed_at) FROM STDIN;

-- name: clear_sprint_changes
DELETE FROM sprint_changes WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_sprint_changes
COPY sprint_changes (jira_id, change_id, sprint_id, added, changed_at) FROM STDIN;

-- name: restrict_satellites
-- Of issues with a security level: what just came with them. For rows that were there a trigger follows the level.
WITH restricted AS (
    SELECT jira_id FROM jira_issues WHERE jira_id = ANY (%(jira_ids)s) AND security_level IS NOT NULL
), talk AS (
    UPDATE comments SET restricted = true WHERE jira_id IN (SELECT jira_id FROM restricted)
), files AS (
    UPDATE attachments SET restricted = true WHERE jira_id IN (SELECT jira_id FROM restricted)
)
UPDATE worklogs SET restricted = true WHERE jira_id IN (SELECT jira_id FROM restricted);

-- name: store_users
-- Some answers name a user without the display name. Sorted, so that two runs never wait for each other crosswise.
INSERT INTO users (account_id, display_name, active)
SELECT * FROM unnest(%(account_ids)s::text[], %(display_names)s::text[], %(active)s::boolean[]) AS u (id, name, active) ORDER BY id
    ON CONFLICT (account_id) DO UPDATE SET display_name = excluded.display_name, active = excluded.active
 WHERE (users.display_name, users.active) IS DISTINCT FROM (excluded.display_name, excluded.active)
   AND excluded.display_name <> '';
