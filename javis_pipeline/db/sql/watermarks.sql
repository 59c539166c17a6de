-- name: read_watermark
SELECT account_id, watermark, last_full_at, last_census_at, last_census_count, reconciled_at, reconciled_to, labels_to,
       remote_id, field_ids
  FROM sync_watermarks
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_opened
-- Who we were and what it was: another identity may see other records next time, and the key of a project can be given
-- to another. A field that was not read, or is another now, left what is stored as it was: with `last_full_at` empty the
-- next pull reads all again, however many runs that takes.
INSERT INTO sync_watermarks (system, scope, account_id, remote_id, field_ids)
VALUES (%(system)s, %(scope)s, %(account_id)s, %(remote_id)s, %(field_ids)s)
    ON CONFLICT (system, scope) DO UPDATE
   SET account_id = excluded.account_id,
       remote_id = coalesce(excluded.remote_id, sync_watermarks.remote_id),
       field_ids = excluded.field_ids,
       last_full_at = CASE WHEN EXISTS (SELECT FROM jsonb_each_text(excluded.field_ids) AS role (name, field_id)
                                         WHERE role.name <> 'ways'
                                           AND sync_watermarks.field_ids ->> role.name IS DISTINCT FROM role.field_id)
                                AND sync_watermarks.field_ids IS NOT NULL
                                -- What was left alone by policy and is not any more.
                                OR sync_watermarks.field_ids ? 'left alone' AND NOT excluded.field_ids ? 'left alone' THEN NULL
                           ELSE sync_watermarks.last_full_at END
 WHERE (sync_watermarks.account_id, sync_watermarks.remote_id, sync_watermarks.field_ids)
       IS DISTINCT FROM (excluded.account_id, excluded.remote_id, excluded.field_ids);

-- name: advance_watermark
-- Only forwards: what is stored stays stored.
UPDATE sync_watermarks
   SET watermark = greatest(watermark, %(watermark)s),
       last_full_at = coalesce(%(full_at)s, last_full_at)
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_round
UPDATE sync_watermarks SET reconciled_at = %(at)s, reconciled_to = %(up_to)s
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_labels
UPDATE sync_watermarks SET labels_to = %(up_to)s WHERE system = 'confluence' AND scope = %(scope)s;

-- name: note_records
-- All of the scope are counted in an index, and those that are not there in a partial one.
WITH kinds AS (SELECT kind FROM record_kinds WHERE system = %(system)s AND NOT hangs),
     held AS (
    SELECT (SELECT count(*) FROM records WHERE kind = ANY (ARRAY(SELECT kind FROM kinds)) AND scope = %(scope)s)
           - (SELECT count(*) FROM records
               WHERE kind = ANY (ARRAY(SELECT kind FROM kinds)) AND scope = %(scope)s AND remote_state <> 'present') AS records
)
UPDATE sync_watermarks AS w SET records = held.records FROM held
 WHERE w.system = %(system)s AND w.scope = %(scope)s AND w.records IS DISTINCT FROM held.records;
