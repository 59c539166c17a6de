-- name: store_hint
-- A delivery that was seen within a day is a repeat; a record whose hint still waits is looked at anyway.
WITH stored AS (
    INSERT INTO sync_hints (system, scope, remote_id, delivery_id)
    SELECT %(system)s, %(scope)s, %(remote_id)s, %(delivery_id)s
     WHERE NOT EXISTS (SELECT FROM sync_hints AS seen
                        WHERE seen.delivery_id = %(delivery_id)s AND seen.received_at > now() - interval '24 hours')
        ON CONFLICT (system, scope, remote_id) WHERE done_at IS NULL AND taken_at IS NULL DO NOTHING
    RETURNING system, scope
)
SELECT pg_notify('javis_remote_change', jsonb_build_object('system', system, 'scope', scope)::text) FROM stored;

-- name: scope_of_record
-- By their keys: the view of all records has none.
SELECT project_key AS scope FROM jira_issues WHERE %(system)s = 'jira' AND jira_id = %(remote_id)s
UNION ALL
SELECT space_key FROM confluence_pages WHERE %(system)s = 'confluence' AND page_id = %(remote_id)s;

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
