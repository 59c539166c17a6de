-- name: latest_advice
-- The newest answer for this project and scope.
SELECT advice_id, context_hash, engine, model, usage, cost_usd, dropped, notes, created_at
  FROM ai_advice
 WHERE project_key = %(project_key)s AND scope = %(scope)s
 ORDER BY created_at DESC
 LIMIT 1;

-- name: insert_advice
INSERT INTO ai_advice (advice_id, project_key, scope, context_hash, engine, model, usage, cost_usd, dropped, notes, created_at)
VALUES (%(advice_id)s, %(project_key)s, %(scope)s, %(context_hash)s, %(engine)s, %(model)s, %(usage)s, %(cost_usd)s,
        %(dropped)s, %(notes)s, %(created_at)s);

-- name: insert_suggestion
INSERT INTO ai_suggestions (id, advice_id, project_key, rank, kind, title, rationale, evidence, actions, confidence, created_at)
VALUES (%(id)s, %(advice_id)s, %(project_key)s, %(rank)s, %(kind)s, %(title)s, %(rationale)s, %(evidence)s, %(actions)s,
        %(confidence)s, %(created_at)s);

-- name: expire_older
-- What was proposed for an older state of the project and waits for nobody's decision any more.
UPDATE ai_suggestions s SET state = 'expired'
  FROM ai_advice a
 WHERE a.advice_id = s.advice_id AND a.project_key = %(project_key)s AND a.scope = %(scope)s
   AND a.advice_id <> %(advice_id)s AND s.state = 'proposed';

-- name: suggestions_of_advice
SELECT * FROM ai_suggestions WHERE advice_id = %(advice_id)s ORDER BY rank;

-- name: proposed_titles
SELECT title FROM ai_suggestions WHERE project_key = %(project_key)s AND state = 'proposed' ORDER BY rank LIMIT %(limit)s;

-- name: find_suggestions
-- People type the first characters of an id.
SELECT id, state FROM ai_suggestions WHERE id::text LIKE %(prefix)s || '%%'
 ORDER BY state = 'proposed' DESC, created_at DESC LIMIT 2;

-- name: lock_suggestion
SELECT s.*, a.engine, a.model FROM ai_suggestions s JOIN ai_advice a USING (advice_id) WHERE s.id = %(id)s FOR UPDATE OF s;

-- name: decide_suggestion
UPDATE ai_suggestions SET state = %(state)s, decided_by = %(decided_by)s, decided_at = %(decided_at)s WHERE id = %(id)s;

-- name: rejected_since
-- What a person declined is not proposed again the next morning.
SELECT kind, title, rationale, evidence, actions, confidence
  FROM ai_suggestions
 WHERE project_key = %(project_key)s AND state = 'rejected' AND decided_at >= %(since)s;

-- name: lock_advice
-- Two runs that find the same context keep one answer.
SELECT pg_advisory_xact_lock(hashtextextended('ai_advice ' || %(project_key)s, 0));

-- name: replace_notes
UPDATE ai_advice SET notes = %(notes)s WHERE advice_id = %(advice_id)s;

-- name: lock_issues_as_text
-- What actions compare and change, as text; locked until the edits are made. In one order, so that two people who accept
-- suggestions about the same issues do not wait for each other.
SELECT jira_id, key, status, priority, due_date::text AS due_date, assignee_id,
       remote_state = 'present' AND local_deleted_at IS NULL AS is_there
  FROM jira_issues WHERE key = ANY(%(keys)s) ORDER BY jira_id FOR UPDATE;

-- name: type_and_parent
SELECT issue_type, parent_key FROM jira_issues WHERE key = %(key)s;

-- name: edit_issue
-- As a person would: the trigger marks what changed, and the next sync sends it.
UPDATE jira_issues
   SET priority = coalesce(%(priority)s, priority),
       due_date = coalesce(%(due_date)s::date, due_date),
       assignee_id = coalesce(%(assignee_id)s, assignee_id),
       labels = CASE WHEN %(label)s::text IS NULL THEN labels ELSE array_append(labels, %(label)s) END
 WHERE key = %(key)s;

-- name: vocabulary
-- Priorities by rank; people who are active; labels in use in the project.
SELECT (SELECT coalesce(array_agg(name ORDER BY rank, priority_id), '{}') FROM priorities) AS priorities,
       (SELECT coalesce(array_agg(account_id), '{}') FROM users WHERE active) AS account_ids,
       (SELECT coalesce(array_agg(DISTINCT label), '{}')
          FROM jira_issues, unnest(labels) AS label
         WHERE project_key = %(project_key)s AND remote_state = 'present' AND local_deleted_at IS NULL) AS labels;

-- name: display_names
SELECT account_id, display_name FROM users WHERE account_id = ANY(%(account_ids)s);

-- name: issues_of_epic
-- The epic, its issues and their sub-tasks; nothing when the key is not that of an issue with others below it. A company
-- can have levels above the epic; a parent that is its own ancestor ends the search.
WITH RECURSIVE member AS (
    SELECT key, 0 AS depth
      FROM jira_issues epic
     WHERE key = %(epic_key)s AND project_key = %(project_key)s
       AND remote_state = 'present' AND local_deleted_at IS NULL
       AND (hierarchy_level >= 1
            OR EXISTS (SELECT FROM jira_issues child WHERE coalesce(child.parent_key, child.epic_key) = epic.key))
     UNION
    SELECT child.key, member.depth + 1
      FROM member JOIN jira_issues child ON coalesce(child.parent_key, child.epic_key) = member.key
     WHERE member.depth < 4)
SELECT DISTINCT key FROM member;

-- name: projects_of_sprint
SELECT DISTINCT i.project_key
  FROM sprints
  JOIN issue_sprints AS member ON member.sprint_id = sprints.sprint_id
  JOIN jira_issues AS i ON i.jira_id = member.jira_id
 WHERE lower(sprints.name) = lower(%(name)s);

-- name: suggestions_between
-- What may be told in a channel: not what speaks of a restricted issue.
SELECT kind, title, rationale, evidence, actions, confidence, state, decided_by
  FROM ai_suggestions
 WHERE project_key = %(project_key)s AND created_at >= %(since)s AND created_at < %(until)s AND NOT restricted
 ORDER BY created_at, rank;

-- name: issues_now
SELECT key, status_category, priority, due_date::text AS due_date, assignee_id, labels
  FROM jira_issues
 WHERE key = ANY(%(keys)s) AND remote_state = 'present' AND local_deleted_at IS NULL;
