-- name: columns_of_view
SELECT name, field_id, sort FROM jira_field_columns WHERE project_key = %(project)s ORDER BY position;

-- name: standard_columns
-- Those of the table that say something by themselves.
SELECT attname AS name
  FROM pg_attribute
 WHERE attrelid = 'public.jira_issues'::regclass AND attnum > 0 AND NOT attisdropped
   AND attname NOT IN ('custom_fields', 'custom_raw', 'content_hash')
 ORDER BY attnum;

-- name: append_columns
INSERT INTO jira_field_columns (project_key, position, name, field_id, sort)
SELECT %(project)s, %(first)s + number - 1, name, field_id, sort
  FROM unnest(%(names)s::text[], %(field_ids)s::text[], %(sorts)s::text[]) WITH ORDINALITY
       AS added (name, field_id, sort, number);

-- name: wait_shortly
-- Who reads a view for long does not hold up the run that is to change it.
SET LOCAL lock_timeout = '2s';

-- name: make_view
SELECT public.javis_make_view_by_name(%(project)s);

-- name: drop_view
SELECT public.javis_drop_view_by_name(%(project)s);

-- name: fields_of_view
-- What a view has columns for, by the names of today; a field that is gone is left out.
SELECT DISTINCT f.field_id, f.name, f.sort, length(f.field_id) AS digits
  FROM jira_field_columns AS c
  JOIN jira_fields AS f USING (field_id)
 WHERE c.project_key = %(project)s AND f.gone_at IS NULL
 ORDER BY digits, f.field_id;

-- name: used_fields
SELECT field_id FROM jira_fields WHERE %(project)s = ANY (projects);
