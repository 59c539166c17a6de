-- name: text_view
SELECT text_view FROM sync_watermarks WHERE system = 'jira' AND scope = %(scope)s;

-- name: note_text_view
UPDATE sync_watermarks SET text_view = %(version)s WHERE system = 'jira' AND scope = %(scope)s;

-- name: shown_descriptions
-- Those that hold more than text and lists, which every version of the view writes alike. A row that was changed behind
-- the trigger's back is left as it is: what its column holds is no view.
SELECT r.jira_id, r.description, r.description_adf, r.local_modified_fields
  FROM jira_issues AS r
 WHERE r.project_key = %(scope)s AND r.jira_id > %(after)s
   AND r.description_adf::text ~ '"(table|taskList|decisionList|mediaSingle|panel|expand|nestedExpand|layoutSection|bodiedExtension|bodiedSyncBlock)"'
   AND (r.content_hash IS NULL OR r.content_hash = jira_issue_base_hash(r))
 ORDER BY r.jira_id
 LIMIT %(limit)s
   FOR UPDATE;

-- name: carry_over_description
-- No edit, so nothing is journalled or audited and the row's sequence stays.
UPDATE jira_issues AS r
   SET description = %(description)s,
       local_modified_fields = %(bases)s,
       sync_status = CASE WHEN %(bases)s = '{}'::jsonb AND r.sync_status = 'local_modified' THEN 'synced' ELSE r.sync_status END
 WHERE r.jira_id = %(jira_id)s;

-- name: rehash_description
UPDATE jira_issues AS r
   SET content_hash = jira_issue_base_hash(r)
 WHERE r.jira_id = %(jira_id)s AND r.content_hash IS NOT NULL;

-- name: carry_over_operations
-- What was sent, planned or refused for the text of before was so for that of now.
UPDATE sync_outbox
   SET local_values = jsonb_set(local_values, '{description}', to_jsonb(%(now)s::text))
 WHERE resource_type = 'jira_issue' AND resource_id = %(jira_id)s AND local_values ->> 'description' = %(before)s;

-- name: conflicts_to_carry_over
SELECT id, field_name, base_value, local_value, remote_value, remote_raw, details
  FROM sync_conflicts
 WHERE resource_type = 'jira_issue' AND resource_id = %(jira_id)s AND field_name IN ('description', '(row)')
   AND state <> 'closed' AND applied_at IS NULL;

-- name: carry_over_conflict
UPDATE sync_conflicts
   SET base_value = %(base)s, local_value = %(local)s, remote_value = %(remote)s, details = %(details)s
 WHERE id = %(id)s;
