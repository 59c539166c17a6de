-- name: kept_forms
SELECT type_name, form FROM jira_create_forms WHERE project_key = %(project)s AND asked_at >= %(since)s;

-- name: drop_forms
DELETE FROM jira_create_forms WHERE project_key = %(project)s;

-- name: put_form
INSERT INTO jira_create_forms (project_key, type_name, form, asked_at) VALUES (%(project)s, %(name)s, %(form)s::jsonb, %(at)s);

-- name: level
SELECT project_key, hierarchy_level FROM jira_issues WHERE key = %(key)s;
