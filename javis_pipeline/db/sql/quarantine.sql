-- name: quarantine_record
INSERT INTO sync_quarantine (system, scope, remote_id, remote_updated_at, payload, reason, first_seen_at, last_seen_at)
VALUES (%(system)s, %(scope)s, %(remote_id)s, %(remote_updated_at)s, %(payload)s, %(reason)s, %(now)s, %(now)s)
    ON CONFLICT (system, remote_id) DO UPDATE
   SET scope = excluded.scope, remote_updated_at = excluded.remote_updated_at, payload = excluded.payload,
       reason = excluded.reason, last_seen_at = excluded.last_seen_at;

-- name: release_records
DELETE FROM sync_quarantine WHERE system = %(system)s AND remote_id = ANY (%(remote_ids)s);

-- name: count_quarantined
SELECT count(*) AS held FROM sync_quarantine WHERE system = %(system)s AND scope = %(scope)s;
