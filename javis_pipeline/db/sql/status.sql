-- name: scope_status
-- One row per project and space that was ever synced. Records are what its run is about, and not what hangs on them; what
-- waits, and why, is told of both. No row of a large table is read: how many there are was noted by the last run (before
-- there is one they are counted), and those that have something to tell are in a partial index, whose condition is below.
-- The last run is as its worst step: failed, halted, still running, done. What it read is in the counts of the last pull.
WITH scopes AS (
    SELECT system, scope FROM sync_watermarks
    UNION
    SELECT DISTINCT system, scope FROM sync_runs
), counted AS (
    SELECT system, scope,
           count(*) FILTER (WHERE remote_state NOT IN ('present', 'wanted') AND local_deleted_at IS NULL AND NOT hangs) AS tombstones,
           count(*) FILTER (WHERE remote_state = 'wanted' AND local_deleted_at IS NULL) AS wanted,
           count(*) FILTER (WHERE local_deleted_at IS NOT NULL) AS local_deletes,
           count(*) FILTER (WHERE local_modified_fields <> '{}' AND remote_state <> 'wanted') AS unpushed,
           count(*) FILTER (WHERE sync_status = 'error') AS errors
      FROM records JOIN record_kinds USING (kind, system)
     WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state <> 'present'
           OR sync_status <> 'synced' OR sync_errors <> '{}'
     GROUP BY system, scope
)
SELECT scopes.system, scopes.scope,
       watermark, last_census_at,
       run.run_id, run.started_at, run.finished_at, run.outcome, run.error, coalesce(pull.counts, '{}') AS counts,
       coalesce(sync_watermarks.records,
                (SELECT count(*) FROM records AS r
                  WHERE r.kind = ANY (ARRAY(SELECT k.kind FROM record_kinds AS k WHERE k.system = scopes.system AND NOT k.hangs))
                    AND r.scope = scopes.scope AND r.remote_state = 'present')) AS records,
       coalesce(counted.tombstones, 0) AS tombstones,
       coalesce(counted.wanted, 0) AS wanted,
       coalesce(counted.local_deletes, 0) AS local_deletes,
       coalesce(counted.unpushed, 0) AS unpushed,
       coalesce(counted.errors, 0) AS errors,
       (SELECT count(*) FROM (
            SELECT 'jira' AS system, project_key AS scope, removal, remote_state FROM jira_issues
             WHERE removal IN ('archive', 'delete')
             UNION ALL
            SELECT 'confluence', space_key, removal, remote_state FROM confluence_pages
             WHERE removal IN ('archive', 'delete')) AS r
          JOIN sync_policies AS p USING (system, scope)
         WHERE r.system = scopes.system AND r.scope = scopes.scope AND r.remote_state IN ('present', 'hidden')
           AND p.verb = 'delete' AND p.policy <> 'off') AS to_put_away,
       (SELECT count(*) FROM sync_conflicts c JOIN record_kinds k ON k.kind = c.resource_type::text
         WHERE c.scope = scopes.scope AND c.state = 'open' AND k.system = scopes.system) AS conflicts,
       (SELECT count(*) FROM sync_quarantine q WHERE q.system = scopes.system AND q.scope = scopes.scope) AS quarantined,
       (SELECT coalesce(p.setting, 'a row of sync_policies') FROM sync_policies p
         WHERE p.verb = 'send' AND p.policy = 'off' AND p.system IN ('*', scopes.system) AND p.scope IN ('*', scopes.scope)
         ORDER BY p.set_at LIMIT 1) AS held_by
  FROM scopes
  LEFT JOIN sync_watermarks USING (system, scope)
  LEFT JOIN counted USING (system, scope)
  LEFT JOIN LATERAL (
      SELECT r.run_id, r.outcome, r.error,
             min(r.started_at) OVER () AS started_at,
             CASE WHEN bool_and(r.finished_at IS NOT NULL) OVER () THEN max(r.finished_at) OVER () END AS finished_at
        FROM sync_runs r
       WHERE r.system = scopes.system AND r.scope = scopes.scope
         AND r.run_id = (SELECT newest.run_id FROM sync_runs newest
                          WHERE newest.system = scopes.system AND newest.scope = scopes.scope
                          ORDER BY newest.started_at DESC LIMIT 1)
       ORDER BY array_position(ARRAY['failed', 'halted', NULL, 'done'], r.outcome), r.started_at DESC
       LIMIT 1
  ) run ON true
  LEFT JOIN LATERAL (
      SELECT counts FROM sync_runs r
       WHERE r.system = scopes.system AND r.scope = scopes.scope AND r.step = 'pull'
       ORDER BY r.started_at DESC LIMIT 1
  ) pull ON true
 ORDER BY scopes.system DESC, scopes.scope;

-- name: table_sizes
-- Bytes with indexes and TOAST, largest first.
SELECT relname AS table, pg_total_relation_size(oid) AS bytes, greatest(reltuples, 0)::bigint AS rows_estimate
  FROM pg_class
 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
 ORDER BY bytes DESC;

-- name: latest_issues
-- For people who want to see that something arrived.
SELECT i.key, CASE WHEN i.security_level IS NULL THEN i.title ELSE '(restricted)' END AS title, i.status,
       coalesce(u.display_name, i.assignee_id) AS assignee, i.remote_updated_at
  FROM jira_issues i LEFT JOIN users u ON u.account_id = i.assignee_id
 WHERE i.project_key = %(project)s AND i.remote_state = 'present'
 ORDER BY i.remote_updated_at DESC NULLS LAST, i.key
 LIMIT %(limit)s;

-- name: untouched_issues
SELECT key FROM jira_issues
 WHERE status_category = 'new' AND issue_type <> 'Epic' AND remote_state = 'present' AND sync_status = 'synced'
 ORDER BY project_key DESC, length(key), key
 LIMIT %(limit)s;

-- name: last_pulls
-- When each project and space was last read to the end. The last run of each step is never pruned.
SELECT system, scope, max(finished_at) AS pulled_at
  FROM sync_runs
 WHERE step = 'pull' AND outcome = 'done'
 GROUP BY system, scope;

-- name: issues_held
-- How many issues of the project are here, and a name for what they hold: another one when any of them changes.
SELECT count(*) FILTER (WHERE remote_state = 'present') AS rows,
       md5(coalesce(string_agg(concat_ws(' ', jira_id, content_hash, remote_state, local_seq, extract(epoch FROM remote_updated_at)),
                               ',' ORDER BY jira_id COLLATE "C"), '')) AS version
  FROM jira_issues WHERE project_key = ANY(%(scopes)s);

-- name: pages_held
-- The same of the pages of the spaces.
SELECT count(*) FILTER (WHERE remote_state = 'present') AS rows,
       md5(coalesce(string_agg(concat_ws(' ', page_id, content_hash, remote_state, local_seq, version_number),
                               ',' ORDER BY page_id COLLATE "C"), '')) AS version
  FROM confluence_pages WHERE space_key = ANY(%(scopes)s);

-- name: last_runs
-- Whatever became of it.
SELECT DISTINCT ON (system, scope) system, scope, run_id
  FROM sync_runs
 ORDER BY system, scope, started_at DESC;
