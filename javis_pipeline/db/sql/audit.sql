-- name: recent_runs
-- Runs that changed something, newest first.
SELECT run_id, min(at) AS at, array_agg(DISTINCT actor) AS actors,
       count(*) FILTER (WHERE side = 'local') AS local_changes,
       count(*) FILTER (WHERE side = 'remote') AS remote_changes,
       count(DISTINCT coalesce(record_id::text, resource_id)) AS records,
       bool_or(undo_of IS NOT NULL) AS is_undo
  FROM sync_audit
 GROUP BY run_id
 ORDER BY at DESC
 LIMIT %(limit)s;

-- name: changes_of_run
SELECT a.at, a.side, coalesce(r.key, a.resource_id) AS key, a.field, a.old, a.new, a.reason, a.actor, a.run_id
  FROM sync_audit a
  LEFT JOIN records r ON r.record_id = a.record_id
 WHERE a.run_id LIKE %(run_id)s || '%%'
 ORDER BY a.id
 LIMIT %(limit)s;

-- name: changes_of_record
-- What people and programs edited here, and what the sync changed on either side, oldest first.
SELECT * FROM (
    SELECT at, side, field, old, new, reason, actor, run_id
      FROM sync_audit
     WHERE record_id = %(record_id)s
    UNION ALL
    SELECT edited_at, 'local', field, CASE WHEN field <> '(row)' THEN old END, CASE WHEN field <> '(row)' THEN new END,
           CASE WHEN field <> '(row)' THEN 'edited here' WHEN new = 'null' THEN 'deleted here' ELSE 'made here' END,
           db_user || ' with ' || coalesce(nullif(application, ''), 'an unnamed program'), NULL
      FROM local_edits
     WHERE record_id = %(record_id)s
     ORDER BY 1 DESC
     LIMIT %(limit)s
) AS latest
 ORDER BY at;

-- name: scopes_of_run
SELECT DISTINCT a.resource_type, r.scope, a.run_id
  FROM sync_audit a
  JOIN records r ON r.record_id = a.record_id
 WHERE a.run_id LIKE %(run_id)s || '%%';
