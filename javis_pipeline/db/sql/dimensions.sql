-- Small tables that issues refer to by id: what each thing is called now. Renaming one changes no issue.

-- name: store_statuses
INSERT INTO statuses (status_id, name, category)
SELECT * FROM unnest(%(ids)s::text[], %(names)s::text[], %(categories)s::text[]) AS s (id, name, category) ORDER BY id
    ON CONFLICT (status_id) DO UPDATE SET name = excluded.name, category = excluded.category
 WHERE (statuses.name, statuses.category) IS DISTINCT FROM (excluded.name, excluded.category)
RETURNING status_id AS id;

-- name: store_priorities
INSERT INTO priorities (priority_id, name, rank)
SELECT * FROM unnest(%(ids)s::text[], %(names)s::text[], %(ranks)s::integer[]) AS p (id, name, rank) ORDER BY id
    ON CONFLICT (priority_id) DO UPDATE SET name = excluded.name, rank = excluded.rank
 WHERE (priorities.name, priorities.rank) IS DISTINCT FROM (excluded.name, excluded.rank)
RETURNING priority_id AS id;

-- name: store_sprints
INSERT INTO sprints (sprint_id, board_id, name, state, goal, start_at, end_at, completed_at)
SELECT * FROM unnest(
           %(sprint_ids)s::bigint[], %(board_ids)s::bigint[], %(names)s::text[], %(states)s::text[], %(goals)s::text[],
           %(start_ats)s::timestamptz[], %(end_ats)s::timestamptz[], %(completed_ats)s::timestamptz[]
       ) AS s (id, board_id, name, state, goal, start_at, end_at, completed_at) ORDER BY id
    ON CONFLICT (sprint_id) DO UPDATE
   SET board_id = coalesce(excluded.board_id, sprints.board_id), name = excluded.name, state = excluded.state,
       goal = excluded.goal, start_at = excluded.start_at, end_at = excluded.end_at, completed_at = excluded.completed_at
 WHERE (sprints.name, sprints.state, sprints.goal, sprints.start_at, sprints.end_at, sprints.completed_at)
       IS DISTINCT FROM
       (excluded.name, excluded.state, excluded.goal, excluded.start_at, excluded.end_at, excluded.completed_at)
RETURNING sprint_id AS id;

-- name: store_names
INSERT INTO {dimension} ({id}, name)
SELECT * FROM unnest(%(ids)s::text[], %(names)s::text[]) AS d (id, name) ORDER BY id
    ON CONFLICT ({id}) DO UPDATE SET name = excluded.name
 WHERE {dimension}.name IS DISTINCT FROM excluded.name
RETURNING {id} AS id;

-- name: unknown_choices
SELECT FROM jira_issues AS i
 WHERE i.project_key = %(project_key)s
   AND ((i.status_id IS NOT NULL AND NOT EXISTS (SELECT FROM statuses AS s WHERE s.status_id = i.status_id))
        OR (i.priority_id IS NOT NULL AND NOT EXISTS (SELECT FROM priorities AS p WHERE p.priority_id = i.priority_id)))
 LIMIT 1;

-- name: follow_names
-- The row stays clean, and its base is the new name. Edited rows are left to the merge, and so is what was changed behind
-- the trigger's back: the hash tells. Which rows they are is found by the few columns that tell it: the hash reads whole
-- rows, texts and all.
WITH renamed AS MATERIALIZED (
    SELECT i.jira_id, d.name
      FROM jira_issues AS i
      JOIN {dimension} AS d USING ({dimension_id})
     WHERE d.{dimension_id} = ANY (%(ids)s)
       AND i.{column} IS DISTINCT FROM d.name
       AND i.local_modified_fields = '{{}}'
)
UPDATE jira_issues AS i
   SET {column} = r.name,
       content_hash = {hash}(jsonb_populate_record(i, jsonb_build_object({name}, r.name)))
  FROM renamed AS r
 WHERE i.jira_id = r.jira_id
   AND i.local_modified_fields = '{{}}'
   AND (i.content_hash IS NULL OR i.content_hash = {hash}(i));

-- name: follow_categories
-- A status may be in "No category", which Jira calls 'undefined': an issue has none then.
UPDATE jira_issues AS i
   SET status_category = CASE WHEN s.category IN ('new', 'indeterminate', 'done') THEN s.category END
  FROM statuses AS s
 WHERE s.status_id = ANY (%(ids)s) AND i.status_id = s.status_id
   AND i.status_category IS DISTINCT FROM CASE WHEN s.category IN ('new', 'indeterminate', 'done') THEN s.category END
   AND i.local_modified_fields = '{}';

-- name: store_versions
INSERT INTO versions (version_id, project_key, name, released, archived, release_on)
SELECT id, %(project_key)s, name, released, archived, release_on
  FROM unnest(%(ids)s::text[], %(names)s::text[], %(released)s::boolean[], %(archived)s::boolean[], %(release_ons)s::date[])
       AS v (id, name, released, archived, release_on) ORDER BY id
    ON CONFLICT (version_id) DO UPDATE
   SET project_key = excluded.project_key, name = excluded.name, released = excluded.released,
       archived = excluded.archived, release_on = excluded.release_on
 WHERE (versions.project_key, versions.name, versions.released, versions.archived, versions.release_on)
       IS DISTINCT FROM
       (excluded.project_key, excluded.name, excluded.released, excluded.archived, excluded.release_on);

-- name: store_components
INSERT INTO components (component_id, project_key, name)
SELECT id, %(project_key)s, name FROM unnest(%(ids)s::text[], %(names)s::text[]) AS c (id, name) ORDER BY id
    ON CONFLICT (component_id) DO UPDATE SET project_key = excluded.project_key, name = excluded.name
 WHERE (components.project_key, components.name) IS DISTINCT FROM (excluded.project_key, excluded.name);

-- name: known_names
SELECT {dimension_id} AS id, name FROM {dimension} WHERE project_key = %(project_key)s;

-- name: forget_names
DELETE FROM {dimension} WHERE project_key = %(project_key)s AND {dimension_id} <> ALL (%(ids)s::text[]);

-- name: follow_names_in_sets
-- As for one name. Sets are kept in order.
WITH renamed AS MATERIALIZED (
    SELECT i.jira_id,
           ARRAY(SELECT DISTINCT coalesce(m.new, name) COLLATE "C"
                   FROM unnest(i.{column}) AS name
                   LEFT JOIN unnest(%(old)s::text[], %(new)s::text[]) AS m (old, new) ON m.old = name
                  ORDER BY 1) AS names
      FROM jira_issues AS i
     WHERE i.project_key = %(project_key)s
       AND i.{column} && %(old)s::text[]
       AND i.local_modified_fields = '{{}}'
)
UPDATE jira_issues AS i
   SET {column} = r.names,
       content_hash = {hash}(jsonb_populate_record(i, jsonb_build_object({name}, r.names)))
  FROM renamed AS r
 WHERE i.jira_id = r.jira_id
   AND i.local_modified_fields = '{{}}'
   AND (i.content_hash IS NULL OR i.content_hash = {hash}(i));

-- name: issues_with_names
-- Clean ones that hold one of these names in a column, or in a custom field of such a sort.
SELECT i.jira_id, i.key
  FROM jira_issues AS i
 WHERE i.project_key = %(project_key)s AND i.local_modified_fields = '{{}}' AND i.remote_state = 'present'
   AND ({columns} && %(doubtful)s::text[]
        OR EXISTS (SELECT FROM jira_fields AS f
                    WHERE f.sort = ANY (%(sorts)s)
                      AND CASE jsonb_typeof(i.custom_fields -> f.field_id)
                               WHEN 'array' THEN i.custom_fields -> f.field_id ?| %(old)s::text[]
                               ELSE i.custom_fields ->> f.field_id = ANY (%(old)s) END))
 ORDER BY i.jira_id;

-- name: store_link_types
INSERT INTO issue_link_types (name, outward, inward)
SELECT * FROM unnest(%(name)s::text[], %(outward)s::text[], %(inward)s::text[]) AS t (name, outward, inward) ORDER BY name
    ON CONFLICT (name) DO UPDATE SET outward = excluded.outward, inward = excluded.inward
 WHERE (issue_link_types.outward, issue_link_types.inward) IS DISTINCT FROM (excluded.outward, excluded.inward);

-- name: forget_link_types
DELETE FROM issue_link_types WHERE name <> ALL (%(name)s::text[]);
