-- name: issue_by_key
-- By its key, or by one it had before it was moved.
SELECT i.jira_id, i.key, i.project_key, i.title, i.labels, i.sync_status, i.local_modified_fields, i.sync_errors
  FROM jira_issues i
 WHERE i.key = %(key)s
    OR i.jira_id = (SELECT a.jira_id FROM key_aliases a WHERE a.key = %(key)s ORDER BY a.last_seen DESC LIMIT 1)
 ORDER BY i.key = %(key)s DESC
 LIMIT 1
   FOR UPDATE;

-- name: keys_of_project
SELECT key FROM jira_issues WHERE project_key = %(project)s ORDER BY key;

-- name: issue_labels
-- How often each label is used here, and by which issues; of one issue, or of all.
SELECT label, count(*) AS issues, (array_agg(key ORDER BY key))[1:5] AS such_as
  FROM jira_issues, unnest(labels) AS label
 WHERE (%(key)s::text IS NULL OR key = %(key)s) AND (%(projects)s::text[] IS NULL OR project_key = ANY (%(projects)s))
 GROUP BY label
 ORDER BY issues DESC, label;
