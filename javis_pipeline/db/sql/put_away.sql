-- name: way_out
-- What may become there of records of a scope whose rows are deleted here.
SELECT policy AS way FROM sync_policies
 WHERE verb = 'delete' AND policy <> 'off' AND system = %(system)s AND scope = %(scope)s;

-- name: delete_row
DELETE FROM {table} WHERE record_id = %(record_id)s;

-- name: say_way_out
-- Also of a row that was deleted while nothing was put away there.
UPDATE {table} SET removal = %(way)s, local_seq = local_seq + 1
 WHERE record_id = %(record_id)s AND {id} IS NOT NULL AND local_deleted_at IS NOT NULL AND remote_state IN ('present', 'hidden');
