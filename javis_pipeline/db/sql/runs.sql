-- name: start_step
-- A step that is tried again within its run starts over; what it had done before it failed is told.
WITH before AS (
     SELECT counts FROM sync_runs
      WHERE run_id = %(run_id)s AND system = %(system)s AND scope = %(scope)s AND step = %(step)s AND outcome = 'failed')
INSERT INTO sync_runs (run_id, system, scope, step, started_at)
VALUES (%(run_id)s, %(system)s, %(scope)s, %(step)s, %(now)s)
    ON CONFLICT (run_id, system, scope, step) DO UPDATE
   SET started_at = excluded.started_at, finished_at = NULL, outcome = NULL, counts = '{}', error = NULL
RETURNING coalesce((SELECT counts FROM before), '{}') AS done;

-- name: finish_step
UPDATE sync_runs
   SET finished_at = clock_timestamp(), outcome = %(outcome)s, counts = %(counts)s, error = %(error)s
 WHERE run_id = %(run_id)s AND system = %(system)s AND scope = %(scope)s AND step = %(step)s;
