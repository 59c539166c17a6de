-- name: list_visions
SELECT id, title, description, horizon, owner_id, epic_keys, state, created_at
  FROM roadmap_visions
 WHERE state = 'active' OR %(all)s
 ORDER BY state, horizon NULLS LAST, id;

-- name: add_vision
INSERT INTO roadmap_visions (title, description, horizon, owner_id, epic_keys)
VALUES (%(title)s, %(description)s, %(horizon)s, %(owner_id)s, %(epic_keys)s)
RETURNING id;

-- name: link_epics
-- A vision's epics are a set, in the order in which they were linked.
UPDATE roadmap_visions
   SET epic_keys = epic_keys || ARRAY(SELECT key FROM unnest(%(epic_keys)s::text[]) WITH ORDINALITY AS given (key, place)
                                       WHERE key <> ALL (epic_keys) GROUP BY key ORDER BY min(place))
 WHERE id = %(id)s
RETURNING epic_keys;

-- name: unlink_epics
UPDATE roadmap_visions
   SET epic_keys = ARRAY(SELECT key FROM unnest(epic_keys) WITH ORDINALITY AS linked (key, place)
                          WHERE key <> ALL (%(epic_keys)s) ORDER BY place)
 WHERE id = %(id)s
RETURNING epic_keys;

-- name: set_vision_state
UPDATE roadmap_visions
   SET state = %(state)s
 WHERE id = %(id)s
RETURNING id;

-- name: issue_types
-- A site may call its epics otherwise; their level is always the same.
SELECT key, issue_type, coalesce(hierarchy_level = 1, issue_type = 'Epic', false) AS is_epic
  FROM jira_issues
 WHERE key = ANY (%(keys)s);
