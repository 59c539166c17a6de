-- name: take_lock
-- Never waits: the second run is told who holds the lock.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS taken;

-- name: release_lock
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0));

-- name: lock_holder
-- pg_locks shows a 64-bit key as its two halves. The holder's session does nothing else, so it began with the lock.
SELECT activity.pid, activity.application_name, activity.backend_start
  FROM pg_locks AS held
  JOIN pg_stat_activity AS activity USING (pid)
 WHERE held.locktype = 'advisory'
   AND held.granted
   AND held.objsubid = 1
   AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND (held.classid::bigint << 32 | held.objid::bigint) = hashtextextended(%(name)s, 0);
