-- name: store_fields
-- Only what changed is written, but for the day on which a field was seen last.
INSERT INTO jira_fields AS f (
    field_id, name, untranslated_name, type, sort, policy, only_in, first_seen_at, last_seen_at
)
SELECT id, name, untranslated_name, type, sort, policy, only_in, now(), now()
  FROM unnest(
           %(ids)s::text[], %(names)s::text[], %(untranslated_names)s::text[], %(types)s::text[], %(sorts)s::text[],
           %(policies)s::text[], %(only_ins)s::text[]
       ) AS told (id, name, untranslated_name, type, sort, policy, only_in)
 ORDER BY id
    ON CONFLICT (field_id) DO UPDATE
   SET name = excluded.name, untranslated_name = excluded.untranslated_name, type = excluded.type, sort = excluded.sort,
       policy = excluded.policy, only_in = excluded.only_in, last_seen_at = excluded.last_seen_at, gone_at = NULL
 WHERE (f.name, f.untranslated_name, f.type, f.sort, f.policy, f.only_in, f.gone_at)
       IS DISTINCT FROM
       (excluded.name, excluded.untranslated_name, excluded.type, excluded.sort, excluded.policy, excluded.only_in, NULL)
    OR f.last_seen_at < excluded.last_seen_at - interval '1 day';

-- name: known_fields
SELECT field_id, name, gone_at FROM jira_fields;

-- name: note_gone_fields
UPDATE jira_fields SET gone_at = now() WHERE field_id <> ALL (%(ids)s) AND gone_at IS NULL;

-- name: count_uses
-- One look at the project's issues; a field of another project keeps what was counted there.
WITH counted AS (
    SELECT element AS field_id, count(*) AS issues
      FROM jira_issues, jsonb_object_keys(custom_fields) AS element
     WHERE project_key = %(project)s AND remote_state <> 'gone'
     GROUP BY element
), told AS (
    SELECT f.field_id,
           CASE WHEN c.issues IS NULL THEN f.uses - %(project)s::text
                ELSE f.uses || jsonb_build_object(%(project)s::text, c.issues) END AS uses
      FROM jira_fields AS f
      LEFT JOIN counted AS c USING (field_id)
     ORDER BY f.field_id
)
UPDATE jira_fields AS f
   SET uses = told.uses,
       projects = ARRAY(SELECT jsonb_object_keys(told.uses) ORDER BY 1),
       issues = (SELECT coalesce(sum(number::bigint), 0) FROM jsonb_each_text(told.uses) AS u (project, number))
  FROM told
 WHERE f.field_id = told.field_id AND f.uses <> told.uses;

-- name: list_fields
SELECT field_id, name, untranslated_name, type, sort, policy, projects,
       CASE WHEN %(project)s::text IS NULL THEN issues ELSE (uses ->> %(project)s)::bigint END AS issues,
       first_seen_at, last_seen_at, gone_at
  FROM jira_fields
 WHERE %(project)s::text IS NULL OR %(project)s = ANY (projects)
 ORDER BY lower(name), length(field_id), field_id;

-- name: field_names
SELECT field_id,
       CASE WHEN count(*) OVER (PARTITION BY lower(name)) = 1 THEN name ELSE name || ' (' || field_id || ')' END AS name
  FROM jira_fields;
