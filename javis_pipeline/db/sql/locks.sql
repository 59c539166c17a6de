-- name: make_key
INSERT INTO sync_locks (system, scope, key) VALUES (%(system)s, %(scope)s, %(key)s) ON CONFLICT DO NOTHING;

-- name: read_key
-- Locked for the moment in which a run looks and takes: so a key is replaced only while nobody can be about to take it.
SELECT key, yields, wanted_at > clock_timestamp() - %(patience)s AS is_wanted,
       wanted_by IS NULL AND wanted_at IS NULL AND yields IS NOT DISTINCT FROM %(yields)s AS is_noted
  FROM sync_locks
 WHERE system = %(system)s AND scope = %(scope)s FOR UPDATE;

-- name: take_lock
-- Never waits: the second run is told who holds the lock. It belongs to the session, not to the transaction.
SELECT pg_try_advisory_lock(%(key)s) AS taken;

-- name: release_lock
SELECT pg_advisory_unlock(%(key)s);

-- name: has_key
SELECT coalesce(wanted_at > clock_timestamp() - %(patience)s, false) AS is_wanted FROM sync_locks
 WHERE system = %(system)s AND scope = %(scope)s AND key = %(key)s;

-- name: replace_key
UPDATE sync_locks SET key = %(key)s WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_wish
UPDATE sync_locks SET wanted_by = %(wanted_by)s, wanted_at = clock_timestamp()
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_holder
UPDATE sync_locks SET wanted_by = NULL, wanted_at = NULL, yields = %(yields)s
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: lock_holder
-- pg_locks shows a 64-bit key as its two halves. The holder's session does nothing else, so it began with the lock, or
-- with the process that takes it again and again.
-- A role that may not see other sessions gets nulls for all but the process and the login.
SELECT activity.pid, activity.usename AS login, activity.application_name, activity.backend_start,
       pg_has_role(activity.usesysid, (SELECT relowner FROM pg_class WHERE oid = 'sync_locks'::regclass), 'MEMBER')
       OR coalesce(pg_has_role(activity.usesysid, to_regrole('javis_sync')::oid, 'MEMBER'), false) AS is_sync
  FROM pg_locks AS held
  JOIN pg_stat_activity AS activity USING (pid)
 WHERE held.locktype = 'advisory'
   AND held.granted
   AND held.objsubid = 1
   AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (held.classid::bigint << 32 | held.objid::bigint) = %(key)s;
