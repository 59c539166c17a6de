-- name: read_watermark
SELECT account_id, watermark, last_full_at, last_census_at, last_census_count, reconciled_at, reconciled_to, labels_to
  FROM sync_watermarks
 WHERE system = %(system)s AND scope = %(scope)s;

-- name: store_account
-- Who we were: another identity next time may see other records, and has to be confirmed.
INSERT INTO sync_watermarks (system, scope, account_id) VALUES (%(system)s, %(scope)s, %(account_id)s)
    ON CONFLICT (system, scope) DO UPDATE SET account_id = excluded.account_id
 WHERE sync_watermarks.account_id IS DISTINCT FROM excluded.account_id;

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
