-- Each query names the rows of one table that nothing needs any more: older than `before`, and not in the way of anything
-- that is still open. Newer rows of the same table are never touched, so all of it can be done again at any time.

-- name: records_in_use
-- Records with an edit that has not gone out, a conflict that waits, or a write whose outcome is open.
SELECT kind::resource_type AS resource_type, resource_id
  FROM records WHERE local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL
UNION
SELECT resource_type, resource_id FROM sync_conflicts WHERE state <> 'closed' AND applied_at IS NULL
UNION
SELECT resource_type, resource_id FROM sync_outbox WHERE state IN ('planned', 'sent')

-- name: sync_runs
-- The last run of each step stays, however old: `javis status` shows it.
SELECT old.ctid FROM sync_runs AS old
 WHERE old.started_at < %(before)s
   AND EXISTS (SELECT FROM sync_runs AS newer
                WHERE (newer.system, newer.scope, newer.step) = (old.system, old.scope, old.step)
                  AND newer.started_at > old.started_at)

-- name: local_edits
SELECT old.id FROM local_edits AS old
 WHERE old.edited_at < %(before)s
   AND (old.resource_type, old.resource_id) NOT IN (SELECT resource_type, resource_id FROM records_in_use)
 ORDER BY old.id

-- name: sync_outbox
-- Also those that might have been executed late: after weeks no request is under way any more.
SELECT old.ctid FROM sync_outbox AS old
 WHERE old.settled_at < %(before)s AND old.state NOT IN ('planned', 'sent')
   AND (old.resource_type, old.resource_id) NOT IN (SELECT resource_type, resource_id FROM records_in_use)

-- name: sync_creates
-- What was made long ago. One that shows that the site keeps our marks stays, and so do all where a wish is in doubt: it is
-- told from what others became.
SELECT old.ctid FROM sync_creates AS old
 WHERE old.changed_at < %(before)s AND old.remote_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM sync_creates AS open
                    WHERE (open.resource_type, open.scope) = (old.resource_type, old.scope) AND open.remote_id IS NULL
                      AND open.state IN ('sent', 'unknown', 'asks'))
   AND NOT (old.shows_mark IS TRUE
            AND NOT EXISTS (SELECT FROM sync_creates AS newer
                             WHERE (newer.resource_type, newer.scope) = (old.resource_type, old.scope)
                               AND newer.shows_mark AND newer.number > old.number))

-- name: sync_audit
SELECT old.id FROM sync_audit AS old
 WHERE old.at < %(before)s
   AND (old.resource_type, old.resource_id) NOT IN (SELECT resource_type, resource_id FROM records_in_use)
 ORDER BY old.id

-- name: sync_conflicts
-- Their values go with them.
SELECT old.id FROM sync_conflicts AS old
 WHERE coalesce(old.applied_at, old.resolved_at, old.created_at) < %(before)s
   AND (old.state = 'closed' OR old.applied_at IS NOT NULL)
   AND (old.resource_type, old.resource_id) NOT IN (SELECT resource_type, resource_id FROM records_in_use)

-- name: sync_quarantine
-- Only what was received: the row says that a record is missing here, and that stays true until it can be read.
SELECT old.ctid FROM sync_quarantine AS old
 WHERE old.last_seen_at < %(before)s AND old.payload <> '{}'

-- name: sync_hints
-- Also those that nobody took: their project is not synced any more.
SELECT old.ctid FROM sync_hints AS old
 WHERE old.received_at < %(before)s

-- name: ai_advice
-- Suggestions go with their advice. The newest advice of each scope stays: it is shown, and not paid for twice.
SELECT old.ctid FROM ai_advice AS old
 WHERE old.created_at < %(before)s
   AND EXISTS (SELECT FROM ai_advice AS newer
                WHERE (newer.project_key, newer.scope) = (old.project_key, old.scope)
                  AND newer.created_at > old.created_at)
   AND NOT EXISTS (SELECT FROM ai_suggestions AS s WHERE s.advice_id = old.advice_id AND s.state = 'proposed')

-- name: slack_posts
-- The newest post of each kind stays: the next one is compared with it.
SELECT old.ctid FROM slack_posts AS old
 WHERE old.claimed_at < %(before)s
   AND EXISTS (SELECT FROM slack_posts AS newer
                WHERE (newer.kind, newer.project_key, newer.channel) = (old.kind, old.project_key, old.channel)
                  AND newer.claimed_at > old.claimed_at)
