-- name: snapshot_floor
-- Every transaction below this number has ended: what they wrote is visible, and nothing can be added.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS floor;

-- name: edits_between
-- Who follows the journal reads it by transaction, from one floor to the next. By id, an edit would be missed whose
-- transaction took a small id and committed late. What was sent meanwhile, or taken back, needs nobody.
SELECT DISTINCT system, scope
  FROM local_edits AS edit
 WHERE txid >= %(after)s::xid8 AND txid < %(floor)s::xid8
   AND (edit.record_id IS NULL
        OR EXISTS (SELECT FROM records AS r
                    WHERE r.record_id = edit.record_id
                      AND (r.local_modified_fields <> '{}' OR r.local_deleted_at IS NOT NULL OR r.remote_state = 'wanted')));

-- name: scopes_with_edits
-- Everything that waits to be sent, and that nothing keeps from being sent.
SELECT DISTINCT system, scope FROM records
 WHERE (local_modified_fields <> '{}' OR local_deleted_at IS NOT NULL OR remote_state = 'wanted')
   AND sync_status IN ('local_modified', 'pushing');

-- name: waiting_wishes
-- What people decided, or want the remote to be asked again, and no run has done yet. Each wish has an id of its own.
SELECT id::text AS id, k.system, scope
  FROM sync_conflicts AS c
  JOIN record_kinds AS k ON k.kind = c.resource_type::text
 WHERE state = 'resolved' AND applied_at IS NULL
UNION ALL
SELECT concat_ws(' ', resource_id, name, refusal ->> 'again'), system, scope
  FROM records, jsonb_each(sync_refused) AS refused (name, refusal)
 WHERE sync_refused <> '{}' AND refusal ->> 'again' IS NOT NULL;

-- name: editors
-- Who edited what since an instant: for people who look at the UI.
SELECT system, scope, application, db_user, count(*) AS edits, count(DISTINCT coalesce(record_id::text, resource_id)) AS records, max(edited_at) AS last_at
  FROM local_edits
 WHERE edited_at > %(since)s
 GROUP BY system, scope, application, db_user
 ORDER BY edits DESC, application, db_user;
