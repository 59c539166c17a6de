-- name: keep_hints
-- A delivery that was seen within a day is a repeat; a record whose hint still waits is looked at anyway. In one order: who
-- else keeps some of them waits for us, and we never for them.
WITH stored AS (
    INSERT INTO sync_hints (system, scope, remote_id, delivery_id)
    SELECT %(system)s, told.scope, told.remote_id, told.delivery_id
      FROM unnest(%(scopes)s::text[], %(ids)s::text[], %(deliveries)s::text[]) AS told (scope, remote_id, delivery_id)
     WHERE NOT EXISTS (SELECT FROM sync_hints AS seen
                        WHERE seen.delivery_id = told.delivery_id AND seen.received_at > now() - interval '24 hours')
     ORDER BY told.scope, told.remote_id
        ON CONFLICT (system, scope, remote_id) WHERE done_at IS NULL AND taken_at IS NULL DO NOTHING
    RETURNING system, scope
)
SELECT count(*) AS stored, pg_notify('javis_remote_change', jsonb_build_object('system', system, 'scope', scope)::text)
  FROM stored GROUP BY system, scope;

-- name: scopes_of_records
-- By their keys: the view of all records has none.
SELECT jira_id AS remote_id, project_key AS scope FROM jira_issues WHERE %(system)s = 'jira' AND jira_id = ANY(%(ids)s)
UNION ALL
SELECT page_id, space_key FROM confluence_pages WHERE %(system)s = 'confluence' AND page_id = ANY(%(ids)s);

-- name: take_hints
-- Taken before the records are asked for: one that changes after that is told of again. Under the scope's lock nobody else
-- takes them, so what was taken earlier and is not done is of somebody who failed.
UPDATE sync_hints SET taken_at = clock_timestamp()
 WHERE id IN (SELECT id FROM sync_hints
               WHERE system = %(system)s AND scope = %(scope)s AND done_at IS NULL ORDER BY id LIMIT %(limit)s)
RETURNING id, remote_id;

-- name: end_hints
UPDATE sync_hints SET done_at = clock_timestamp() WHERE id = ANY(%(ids)s) AND done_at IS NULL;

-- name: waiting_hints
SELECT system, scope, max(id) AS newest FROM sync_hints WHERE done_at IS NULL GROUP BY system, scope;

-- name: last_hint
SELECT system, max(received_at) AS at FROM sync_hints GROUP BY system;
