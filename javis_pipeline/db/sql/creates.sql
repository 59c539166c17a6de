-- {table}, {id}, {key} and {scope} are the table of records and its columns; {parent} names what has to be made first, a row
-- of {above} by its {above_key}, which has an {above_id} once it is made; {named} are all columns of `r` that do. Wishes have no {id}: what counts records by it,
-- or looks one up, does not meet them.

-- name: highest_number
-- The highest number that a record of the scope has, or had.
SELECT coalesce(max(substring(key FROM '-(\d+)$')::bigint), 0) AS number
  FROM (SELECT {key} AS key FROM {table} WHERE {scope} = %(scope)s AND {id} IS NOT NULL
        UNION ALL
        SELECT key FROM key_aliases WHERE key LIKE %(scope)s || '-%%') AS keys
 WHERE key ~ ('^' || %(scope)s || '-\d+$');

-- name: last_made
-- When the record was made that is known to be the newest, in seconds.
SELECT coalesce(floor(extract(epoch FROM max(created_at))), 0)::bigint AS number FROM {table}
 WHERE {scope} = %(scope)s AND {id} IS NOT NULL;

-- name: new_wishes
SELECT EXISTS (SELECT FROM {table} AS r
                WHERE r.{scope} = %(scope)s AND r.{id} IS NULL
                  AND NOT EXISTS (SELECT FROM sync_creates AS c WHERE c.record_id = r.record_id)) AS there_are;

-- name: note_wishes
-- One that a restored backup held may have been asked for since.
INSERT INTO sync_creates (record_id, resource_type, scope, key, floor, changed_at, restored_at, fence_number, fence_at)
SELECT r.record_id, %(type)s, r.{scope}, r.{key}, %(floor)s, %(now)s,
       restored.at, CASE WHEN restored.at IS NOT NULL THEN %(floor)s END,
       CASE WHEN restored.at IS NOT NULL THEN wished.at END
  FROM {table} AS r
  LEFT JOIN LATERAL (
       SELECT min(e.id) AS id, min(e.edited_at) AS at FROM local_edits AS e
        WHERE e.record_id = r.record_id AND e.field = '(row)') AS wished ON true
  LEFT JOIN LATERAL (
       SELECT w.creating_stopped_at AS at FROM sync_watermarks AS w
        WHERE w.system = %(system)s AND w.scope = %(scope)s AND wished.at < w.creating_stopped_at) AS restored ON true
 WHERE r.{scope} = %(scope)s AND r.{id} IS NULL
 ORDER BY wished.id, r.{key}
    ON CONFLICT (record_id) DO NOTHING;

-- name: something_waits
SELECT EXISTS (SELECT FROM {table} AS r
                WHERE r.{scope} = %(scope)s AND r.{id} IS NULL
                  AND NOT EXISTS (SELECT FROM sync_creates AS c WHERE c.record_id = r.record_id))
    OR EXISTS (SELECT FROM sync_creates AS c
                 JOIN {table} AS r USING (record_id)
                WHERE c.scope = %(scope)s AND c.resource_type = %(type)s AND c.remote_id IS NULL
                  AND c.state IN ('planned', 'sent', 'unknown', 'asks', 'rejected'))
    AS waits;

-- name: open_wishes
-- Those about which something may be done or found out, and for which parent one waits.
SELECT to_jsonb(c)::text AS creation, to_jsonb(r)::text AS doc, parent.key AS parent
  FROM sync_creates AS c
  JOIN {table} AS r USING (record_id)
  LEFT JOIN LATERAL (
       SELECT a.{above_key} AS key FROM {above} AS a
        WHERE a.{above_key} IN ({named}) AND a.{above_id} IS NULL AND a.local_deleted_at IS NULL
        LIMIT 1) AS parent ON true
 WHERE c.scope = %(scope)s AND c.resource_type = %(type)s AND c.remote_id IS NULL
   AND c.state IN ('planned', 'sent', 'unknown', 'asks', 'rejected')
 ORDER BY c.number;

-- name: wanted
-- Noted or not: for a run that only looks.
SELECT r.record_id, r.{key} AS key, {title} AS title, coalesce(c.state, 'planned') AS state, r.sync_errors ->> '(row)' AS why
  FROM {table} AS r
  LEFT JOIN sync_creates AS c USING (record_id)
 WHERE r.{scope} = %(scope)s AND r.{id} IS NULL AND r.local_deleted_at IS NULL
 ORDER BY r.local_modified_at, r.{key};

-- name: lock_wish
SELECT FROM {table} WHERE record_id = %(record_id)s FOR UPDATE;

-- name: wish
SELECT to_jsonb(c)::text AS creation, to_jsonb(r)::text AS doc, parent.key AS parent
  FROM sync_creates AS c
  JOIN {table} AS r USING (record_id)
  LEFT JOIN LATERAL (
       SELECT a.{above_key} AS key FROM {above} AS a
        WHERE a.{above_key} IN ({named}) AND a.{above_id} IS NULL AND a.local_deleted_at IS NULL
        LIMIT 1) AS parent ON true
 WHERE c.record_id = %(record_id)s;

-- name: put_creation
UPDATE sync_creates
   SET state = %(state)s, attempt = %(attempt)s, fence_number = %(fence_number)s, fence_at = %(fence_at)s,
       fence_account = %(fence_account)s, restored_at = %(restored_at)s, proof_at = %(proof_at)s,
       looks = %(looks)s, next_look_at = %(next_look_at)s, remote_id = %(remote_id)s, remote_key = %(remote_key)s, refused_seq = %(refused_seq)s,
       refused_at = %(refused_at)s, refusals = %(refusals)s, last_error = %(last_error)s, evidence = %(evidence)s::jsonb,
       run_id = %(run_id)s, changed_at = %(now)s
 WHERE record_id = %(record_id)s;

-- name: update_wish
UPDATE {table}
   SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %(doc)s::jsonb))
 WHERE record_id = %(record_id)s;

-- name: rival
-- The row that a pull has made of the same record of the remote already.
SELECT record_id, local_modified_fields <> '{{}}' AS is_edited FROM {table}
 WHERE {id} = %(id)s AND record_id <> %(record_id)s FOR UPDATE;

-- name: take_over_edits
-- What people edited in the row that goes and not in the one that stays.
UPDATE {table} AS r
   SET local_modified_fields = r.local_modified_fields || taken.bases,
       ({edited}) = (SELECT {edited} FROM jsonb_populate_record(r, taken.held))
  FROM (SELECT coalesce(jsonb_object_agg(name, base), '{{}}') AS bases,
               coalesce(jsonb_object_agg(name, to_jsonb(gone) -> name), '{{}}') AS held
          FROM {table} AS gone CROSS JOIN {table} AS stays,
               jsonb_each(gone.local_modified_fields) AS edit (name, base)
         WHERE gone.{id} = %(id)s AND gone.record_id <> %(record_id)s AND stays.record_id = %(record_id)s
           AND NOT stays.local_modified_fields ? name) AS taken
 WHERE r.record_id = %(record_id)s;

-- name: edited_in_both
-- What people edited in both rows: the value of the one that goes is offered.
SELECT name AS field, base::text AS base, (to_jsonb(stays) -> name)::text AS stays, (to_jsonb(gone) -> name)::text AS goes
  FROM {table} AS gone CROSS JOIN {table} AS stays, jsonb_each(gone.local_modified_fields) AS edit (name, base)
 WHERE gone.{id} = %(id)s AND gone.record_id <> %(record_id)s AND stays.record_id = %(record_id)s
   AND stays.local_modified_fields ? name AND to_jsonb(stays) -> name IS DISTINCT FROM to_jsonb(gone) -> name;

-- name: offer_value
INSERT INTO sync_conflicts (
    id, resource_type, resource_id, record_id, scope, field_name, kind, base_value, local_value, remote_value, created_at
) VALUES (
    %(conflict_id)s, %(type)s, %(id)s, %(record_id)s, %(scope)s, %(field)s, 'edited_twice', %(base)s::jsonb, %(stays)s::jsonb,
    %(goes)s::jsonb, %(now)s
);

-- name: follow_conflicts
-- What is open about the row that goes is about the one that stays.
UPDATE sync_conflicts SET record_id = %(record_id)s
 WHERE resource_type = %(type)s AND resource_id = %(id)s AND applied_at IS NULL;

-- name: follow_operations
UPDATE sync_outbox SET record_id = %(record_id)s
 WHERE resource_type = %(type)s AND resource_id = %(id)s AND needs_care;

-- name: remove_rival
DELETE FROM {table} WHERE {id} = %(id)s AND record_id <> %(record_id)s;

-- name: free_key
UPDATE {table} SET {key} = {key} || '#' || {id}, remote_state = 'moved' WHERE {key} = %(key)s AND {id} IS DISTINCT FROM %(id)s
   AND record_id <> %(record_id)s;

-- name: bind_wish
UPDATE {table} SET {id} = %(id)s, {written_key} = %(written_key)s, last_synced_at = %(now)s WHERE record_id = %(record_id)s;

-- name: keep_provisional_key
INSERT INTO key_aliases (jira_id, key, first_seen, last_seen) VALUES (%(id)s, %(provisional)s, %(now)s, %(now)s)
    ON CONFLICT (jira_id, key) DO UPDATE SET last_seen = excluded.last_seen;

-- name: follow_key
-- Who named it as a parent goes on naming it.
UPDATE {table} SET {parent} = %(key)s WHERE {parent} = %(provisional)s;

-- name: audit_creation
INSERT INTO sync_audit (run_id, side, resource_type, resource_id, record_id, field, old, new, reason, actor, at)
VALUES (%(run_id)s, %(side)s, %(type)s, %(resource_id)s, %(record_id)s, '(row)', %(old)s::jsonb, %(new)s::jsonb, %(reason)s,
        'javis', %(now)s);

-- name: put_question
INSERT INTO sync_conflicts (
    id, resource_type, resource_id, record_id, scope, field_name, kind, local_value, remote_value, details, created_at
) VALUES (
    %(conflict_id)s, %(type)s, %(resource_id)s, %(record_id)s, %(scope)s, '(row)', %(kind)s, %(local)s::jsonb,
    %(remote)s::jsonb, %(details)s::jsonb, %(now)s
)
    ON CONFLICT (resource_type, resource_id, field_name, kind) WHERE state = 'open' DO UPDATE
   SET details = excluded.details, remote_value = excluded.remote_value;

-- name: end_question
-- It was answered, or found out.
UPDATE sync_conflicts
   SET state = %(state)s, resolution = %(resolution)s::resolution, resolved_by = %(by)s, resolved_at = %(now)s,
       applied_at = CASE WHEN %(state)s = 'resolved' THEN %(now)s END
 WHERE record_id = %(record_id)s AND kind = %(kind)s AND state = 'open';

-- name: count_records
SELECT count(*) AS records FROM {table} WHERE {scope} = %(scope)s AND remote_state IN ('present', 'hidden');

-- name: bound
SELECT remote_id, record_id FROM sync_creates WHERE remote_id = ANY (%(ids)s) AND resource_type = %(type)s;

-- name: known
SELECT record_id FROM {table} WHERE record_id = ANY (%(marks)s::uuid[]);

-- name: stored
SELECT {id} AS id FROM {table} WHERE {id} = ANY (%(ids)s);

-- name: shows_marks
SELECT EXISTS (SELECT FROM sync_creates WHERE scope = %(scope)s AND resource_type = %(type)s AND shows_mark) AS shown;

-- name: note_marks
UPDATE sync_creates SET shows_mark = record_id = ANY (%(marks)s::uuid[]) WHERE remote_id = ANY (%(ids)s) AND shows_mark IS NULL;

-- name: stop_creating
INSERT INTO sync_watermarks (system, scope, creating_stopped_at) VALUES (%(system)s, %(scope)s, %(at)s)
    ON CONFLICT (system, scope) DO UPDATE SET creating_stopped_at = excluded.creating_stopped_at;

-- name: creating_stopped
SELECT creating_stopped_at AS at, coalesce(last_full_at > creating_stopped_at, false) AS is_whole
  FROM sync_watermarks
 WHERE system = %(system)s AND scope = %(scope)s AND creating_stopped_at IS NOT NULL;

-- name: in_doubt_since
-- From when on what our account made may be one of these.
SELECT min(fence_at) AS since FROM sync_creates
 WHERE scope = %(scope)s AND resource_type = %(type)s AND state IN ('sent', 'unknown', 'asks');

-- name: doubt_all
-- After a restore: what was under way then, or was still to be asked for, may have gone out since.
UPDATE sync_creates
   SET state = CASE state WHEN 'sent' THEN 'unknown' ELSE state END, restored_at = %(now)s,
       fence_number = coalesce(fence_number, floor), fence_at = coalesce(fence_at, changed_at)
 WHERE state IN ('planned', 'sent', 'unknown', 'asks', 'rejected');

-- name: stop_all
-- Nothing is made for a while.
UPDATE sync_watermarks SET creating_stopped_at = %(now)s;

-- name: made_above
-- What a reply has said was made in this scope; one that has moved out of it has another key there.
SELECT * FROM (
       SELECT remote_id, remote_key, record_id, fence_at, fence_account,
              substring(remote_key FROM '^' || %(scope)s || '-(\d+)$')::bigint AS number
         FROM sync_creates
        WHERE scope = %(scope)s AND resource_type = %(type)s AND state = 'confirmed'
          AND evidence ->> 'by' = 'reply' AND fence_at IS NOT NULL) AS made
 WHERE number > %(above)s;
