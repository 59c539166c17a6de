-- What hangs on records and is written here too: {table} is its table, {on} its column with the id of what it hangs on,
-- {incoming} a table like it with what came, {brought} the columns that come, {of_c} and {of_p} the same of rows `c` and `p`;
-- {is_told} says of a row `c` whether it came, or is known to be gone.

-- name: something_hangs
SELECT 1 AS one FROM {table} WHERE {on} = ANY (%(on)s) LIMIT 1;

-- name: hash_hanging
-- Of new rows. Where only our account edits what it wrote, only that is edited here.
UPDATE {table} AS c
   SET content_hash = {hash}(c)
  FROM sync_watermarks AS w
 WHERE c.{on} = ANY (%(on)s) AND c.content_hash IS NULL AND c.{id} IS NOT NULL
   AND w.system = %(system)s AND w.scope = c.{scope} AND {is_ours};

-- name: make_incoming
CREATE TEMPORARY TABLE IF NOT EXISTS {incoming} ON COMMIT DELETE ROWS AS SELECT {brought} FROM {table} WITH NO DATA;

-- name: lock_takable
-- What nobody edited here or deleted, also not behind the trigger's back, and what no write, no conflict and no error is
-- about: it becomes what came.
SELECT c.record_id FROM {table} AS c
 WHERE c.{on} = ANY (%(on)s) AND c.{id} IS NOT NULL AND {is_told}
   AND c.local_modified_fields = '{{}}' AND c.sync_status = 'synced' AND c.local_deleted_at IS NULL
   AND (c.content_hash IS NULL OR c.content_hash = {hash}(c))
   AND NOT EXISTS (SELECT FROM sync_outbox AS o
                    WHERE o.resource_type = %(kind)s AND o.resource_id = c.{id} AND o.needs_care)
   FOR UPDATE;

-- name: remove_gone
-- What is gone, of that, and what was deleted here and is gone there.
DELETE FROM {table} AS c
 WHERE c.{on} = ANY (%(on)s) AND c.{id} IS NOT NULL
   AND (c.record_id = ANY (%(taken)s) OR (c.local_deleted_at IS NOT NULL AND c.remote_state = 'gone'))
   AND {is_told} AND NOT EXISTS (SELECT FROM {incoming} AS p WHERE p.{id} = c.{id});

-- name: audit_hanging
INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
SELECT %(run_id)s, 'local', %(kind)s, i.{id}, changed.field, changed.old, changed.new, 'changed on the remote', 'javis', %(now)s
  FROM {table} AS i JOIN {incoming} AS p USING ({id})
 CROSS JOIN LATERAL (VALUES {audited}) AS changed (field, old, new)
 WHERE i.record_id = ANY (%(taken)s) AND changed.old IS DISTINCT FROM changed.new;

-- name: update_hanging
UPDATE {table} AS c
   SET ({brought}, content_hash, last_synced_at) = ({of_p}, NULL, %(now)s)
  FROM {incoming} AS p
 WHERE p.{id} = c.{id} AND c.record_id = ANY (%(taken)s) AND ({of_c}) IS DISTINCT FROM ({of_p});

-- name: insert_hanging
-- What our account wrote just now may be what a wish is in doubt about: it becomes a row when that is known. Each once.
INSERT INTO {table} ({brought})
SELECT DISTINCT ON (p.{id}) {of_p} FROM {incoming} AS p
 WHERE NOT EXISTS (SELECT FROM {table} AS c WHERE c.{id} = p.{id})
   AND NOT EXISTS (SELECT FROM sync_creates AS w JOIN {table} AS c USING (record_id)
                    WHERE w.resource_type = %(kind)s AND c.{on} = p.{on}
                      AND (w.state IN ('sent', 'unknown', 'asks')
                           OR w.restored_at IS NOT NULL AND w.state IN ('planned', 'rejected'))
                      AND {may_be_it})
 ORDER BY p.{id}, p.{on};

-- name: leftovers
-- What came otherwise than it is known, or did not come, and could not be taken. What was edited here is otherwise anyway.
SELECT c.{id} AS id, c.{key} AS key, c.{scope} AS scope
  FROM {table} AS c LEFT JOIN {incoming} AS p USING ({id})
 WHERE c.{on} = ANY (%(on)s) AND c.{id} IS NOT NULL AND c.record_id <> ALL (%(taken)s) AND {is_told}
   AND (p.{id} IS NULL OR c.remote_state <> 'present' OR ({mirrored_of_c}) IS DISTINCT FROM ({mirrored_of_p})
        OR c.local_modified_fields = '{{}}' AND {is_edited});
