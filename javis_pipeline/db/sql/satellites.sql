-- name: clear_issue_links
DELETE FROM issue_links WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_issue_links
COPY issue_links (jira_id, link_id, type, direction, label, other_id, other_key) FROM STDIN;

-- name: clear_issue_sprints
DELETE FROM issue_sprints WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_issue_sprints
COPY issue_sprints (jira_id, sprint_id) FROM STDIN;

-- name: copy_comments
-- Those of issues that are new here.
COPY comments (
    jira_id, comment_id, key, issue_key, project_key, author_id, body, body_adf, created_at, updated_at, restriction
) FROM STDIN;

-- name: hash_comments
-- Only what our account wrote is edited here.
UPDATE comments AS c
   SET content_hash = {hash}(c)
  FROM sync_watermarks AS w
 WHERE c.jira_id = ANY (%(jira_ids)s) AND c.content_hash IS NULL AND c.comment_id IS NOT NULL
   AND w.system = 'jira' AND w.scope = c.project_key AND w.account_id = c.author_id;

-- name: clear_worklogs
DELETE FROM worklogs WHERE jira_id = ANY (%(jira_ids)s);

-- name: copy_worklogs
COPY worklogs (jira_id, worklog_id, author_id, started_at, seconds, restriction) FROM STDIN;

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

-- name: make_incoming_comments
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_comments (
    jira_id text, comment_id text, key text, issue_key text, project_key text, author_id text, body text, body_adf jsonb,
    created_at timestamptz, updated_at timestamptz, restriction text
) ON COMMIT DELETE ROWS;

-- name: copy_incoming_comments
COPY incoming_comments (
    jira_id, comment_id, key, issue_key, project_key, author_id, body, body_adf, created_at, updated_at, restriction
) FROM STDIN;

-- name: lock_takable_comments
-- Comments of these issues that nobody edited here or deleted, also not behind the trigger's back, and that no write, no
-- conflict and no error is about: they become what came.
SELECT c.record_id FROM comments AS c
 WHERE c.jira_id = ANY (%(jira_ids)s) AND c.comment_id IS NOT NULL
   AND c.local_modified_fields = '{{}}' AND c.sync_status = 'synced' AND c.local_deleted_at IS NULL
   AND (c.content_hash IS NULL OR c.content_hash = {hash}(c))
   AND NOT EXISTS (SELECT FROM sync_outbox AS o
                    WHERE o.resource_type = 'jira_comment' AND o.resource_id = c.comment_id AND o.needs_care)
   FOR UPDATE;

-- name: remove_comments
-- Those that are gone, of those, and those that were deleted here and are gone there.
DELETE FROM comments AS c
 WHERE c.jira_id = ANY (%(jira_ids)s) AND c.comment_id IS NOT NULL
   AND (c.record_id = ANY (%(taken)s) OR (c.local_deleted_at IS NOT NULL AND c.remote_state = 'gone'))
   AND NOT EXISTS (SELECT FROM incoming_comments AS p WHERE p.comment_id = c.comment_id);

-- name: audit_comments
INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
SELECT %(run_id)s, 'local', 'jira_comment', c.comment_id, 'body', to_jsonb(c.body), to_jsonb(p.body), 'changed on the remote',
       'javis', %(now)s
  FROM comments AS c JOIN incoming_comments AS p USING (comment_id)
 WHERE c.record_id = ANY (%(taken)s) AND c.body IS DISTINCT FROM p.body;

-- name: update_comments
UPDATE comments AS c
   SET (jira_id, key, issue_key, project_key, author_id, body, body_adf, created_at, updated_at, restriction,
        content_hash, last_synced_at)
     = (p.jira_id, p.key, p.issue_key, p.project_key, p.author_id, p.body, p.body_adf, p.created_at, p.updated_at,
        p.restriction, NULL, %(now)s)
  FROM incoming_comments AS p
 WHERE p.comment_id = c.comment_id AND c.record_id = ANY (%(taken)s)
   AND (c.jira_id, c.author_id, c.body, c.body_adf, c.created_at, c.updated_at, c.restriction) IS DISTINCT FROM
       (p.jira_id, p.author_id, p.body, p.body_adf, p.created_at, p.updated_at, p.restriction);

-- name: insert_comments
-- What our account wrote just now may be what a wish is in doubt about: it becomes a row when that is known. Each once.
INSERT INTO comments (
    jira_id, comment_id, key, issue_key, project_key, author_id, body, body_adf, created_at, updated_at, restriction
)
SELECT DISTINCT ON (p.comment_id) p.* FROM incoming_comments AS p
 WHERE NOT EXISTS (SELECT FROM comments AS c WHERE c.comment_id = p.comment_id)
   AND NOT EXISTS (SELECT FROM sync_creates AS w JOIN comments AS c USING (record_id)
                    WHERE w.resource_type = 'jira_comment' AND w.state IN ('sent', 'unknown', 'asks')
                      AND c.jira_id = p.jira_id AND p.author_id = w.fence_account
                      AND p.created_at >= w.fence_at - interval '1 minute')
 ORDER BY p.comment_id, p.jira_id;

-- name: leftover_comments
-- Those that came otherwise than they are known, or did not come, and could not be taken.
SELECT c.comment_id AS id, c.key, c.project_key AS scope
  FROM comments AS c LEFT JOIN incoming_comments AS p USING (comment_id)
 WHERE c.jira_id = ANY (%(jira_ids)s) AND c.comment_id IS NOT NULL AND c.record_id <> ALL (%(taken)s)
   AND (p.comment_id IS NULL OR c.remote_state <> 'present'
        OR (c.updated_at, c.restriction) IS DISTINCT FROM (p.updated_at, p.restriction)
        OR c.local_modified_fields = '{{}}' AND c.body IS DISTINCT FROM p.body);

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
