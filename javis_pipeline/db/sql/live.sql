-- name: note_worker
INSERT INTO live_workers (worker_id, host, pid, is_notified, webhooks, heard_at, trouble)
VALUES (%(worker_id)s, %(host)s, %(pid)s, %(is_notified)s, %(webhooks)s, %(heard_at)s, %(trouble)s)
    ON CONFLICT (worker_id) DO UPDATE
   SET seen_at = clock_timestamp(), is_notified = excluded.is_notified, heard_at = excluded.heard_at, trouble = excluded.trouble;

-- name: forget_worker
DELETE FROM live_workers WHERE worker_id = %(worker_id)s;

-- name: forget_lost_workers
-- For a day it is told that one was there and is not any more.
DELETE FROM live_workers WHERE seen_at < clock_timestamp() - interval '1 day';

-- name: wait_for_turn
-- Until the transaction ends, for one at a time.
SELECT pg_advisory_xact_lock(hashtextextended('live_events ' || %(place)s, 0));

-- name: workers
SELECT host, pid, started_at, seen_at, heard_at, is_notified, webhooks, trouble,
       seen_at > clock_timestamp() - interval '1 minute' AS is_running
  FROM live_workers ORDER BY started_at;
