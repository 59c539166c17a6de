-- name: issue_by_key
-- By its key, or by one it had before it was moved.
SELECT i.jira_id, i.record_id, i.key, i.project_key, i.title, i.labels, i.sync_status, i.local_modified_fields, i.sync_errors
  FROM jira_issues i
 WHERE i.key = javis_key(%(key)s)
   FOR UPDATE;

-- name: known_people
SELECT account_id, display_name, active FROM users ORDER BY display_name, account_id;

-- name: known_status
-- The same name can belong to statuses of several workflows.
SELECT DISTINCT name FROM statuses ORDER BY name;

-- name: known_priority
SELECT name FROM priorities ORDER BY rank;

-- name: known_resolution
SELECT name FROM resolutions ORDER BY name;

-- name: known_team
SELECT DISTINCT name FROM teams ORDER BY name;

-- name: page_by_key
SELECT record_id, key, sync_status, local_modified_fields FROM confluence_pages WHERE key = javis_key(%(key)s) FOR UPDATE;

-- name: hanging_by_key
SELECT record_id, {key} AS key, sync_status, local_modified_fields FROM {table}
 WHERE {id} = substring(%(key)s FROM '[0-9]+$') AND {by} = javis_key(split_part(%(key)s, '#', 1))
   FOR UPDATE;

-- name: link_between
SELECT key, record_id FROM issue_links
 WHERE local_deleted_at IS NULL
   AND (issue_key = %(key)s AND other_key = %(other)s AND lower(label) = lower(btrim(%(label)s))
        OR issue_key = %(other)s AND other_key = %(key)s AND lower(back_label) = lower(btrim(%(label)s)))
 LIMIT 1;

-- name: delete_link
DELETE FROM issue_links WHERE record_id = %(record_id)s;

-- name: record_by_key
SELECT kind AS resource_type, resource_id, record_id, scope, key, sync_refused
  FROM records
 WHERE key = coalesce(javis_key(%(key)s), %(key)s);

-- name: keys_of_project
SELECT key FROM jira_issues WHERE project_key = %(project)s ORDER BY key;

-- name: own_fields
SELECT field_id, name, untranslated_name, sort, policy FROM jira_fields WHERE gone_at IS NULL
 ORDER BY length(field_id), field_id;

-- name: issue_labels
-- How often each label is used here, and by which issues; of one issue, or of all.
SELECT label, count(*) AS issues, (array_agg(key ORDER BY key))[1:5] AS such_as
  FROM jira_issues, unnest(labels) AS label
 WHERE (%(key)s::text IS NULL OR key = %(key)s) AND (%(projects)s::text[] IS NULL OR project_key = ANY (%(projects)s))
 GROUP BY label
 ORDER BY issues DESC, label;
