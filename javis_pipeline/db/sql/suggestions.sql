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

-- name: find_suggestion
-- People type the first characters of an id. Two rows: the prefix is ambiguous.
SELECT id FROM ai_suggestions WHERE id::text LIKE %(prefix)s || '%%' ORDER BY created_at DESC LIMIT 2;

-- name: lock_suggestion
SELECT s.*, a.engine, a.model FROM ai_suggestions s JOIN ai_advice a USING (advice_id) WHERE s.id = %(id)s FOR UPDATE OF s;

-- name: decide_suggestion
UPDATE ai_suggestions SET state = %(state)s, decided_by = %(decided_by)s, decided_at = %(decided_at)s WHERE id = %(id)s;

-- name: lock_issue_as_text
-- What actions compare and change, as text; locked until the edit is made.
SELECT jira_id, key, status, priority, labels, due_date::text AS due_date, assignee_id, remote_state, local_deleted_at
  FROM jira_issues WHERE key = %(key)s FOR UPDATE;

-- name: edit_issue
-- As a person would: the trigger marks what changed, and the next sync sends it.
UPDATE jira_issues
   SET priority = coalesce(%(priority)s, priority),
       due_date = coalesce(%(due_date)s::date, due_date),
       assignee_id = coalesce(%(assignee_id)s, assignee_id),
       labels = CASE WHEN %(label)s::text IS NULL THEN labels ELSE array_append(labels, %(label)s) END
 WHERE key = %(key)s;

-- name: vocabulary
-- Priorities by rank; people who are active.
SELECT (SELECT coalesce(array_agg(name ORDER BY rank), '{}') FROM priorities) AS priorities,
       (SELECT coalesce(array_agg(account_id), '{}') FROM users WHERE active) AS account_ids;

-- name: issues_of_epic
SELECT key FROM jira_issues WHERE key = %(epic_key)s OR parent_key = %(epic_key)s
UNION
SELECT child.key FROM jira_issues child JOIN jira_issues parent ON parent.key = child.parent_key
 WHERE parent.parent_key = %(epic_key)s;
