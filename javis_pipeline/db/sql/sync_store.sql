-- {table}, {id}, {key}, {scope} and {base_hash} are the table of records, its columns, and the content hash of a row
-- without what was edited since the last sync.

-- name: key
SELECT {key} AS key FROM {table} WHERE {id} = %(id)s;

-- name: lock_record
SELECT FROM {table} WHERE {id} = %(id)s FOR UPDATE;

-- name: state
-- All of one moment. The hash is over the base values: it differs when columns were changed and the trigger did not see it.
-- The operations are those that are not settled for good; of the conflicts not those about its making: no field of it
-- waits for them. Of what was edited: the newest write of the sync to each column, and what the remote held before losses
-- that somebody accepted, newest first: an undo gives it back as it was.
SELECT to_jsonb(r)::text AS doc,
       coalesce(r.content_hash <> {base_hash}(r), false) AS unmarked,
       ARRAY(SELECT to_jsonb(o)::text FROM sync_outbox AS o
              WHERE o.resource_type = %(type)s AND o.resource_id = %(id)s AND o.needs_care
              ORDER BY o.created_at, o.op_id) AS operations,
       ARRAY(SELECT to_jsonb(c)::text FROM sync_conflicts AS c
              WHERE c.resource_type = %(type)s AND c.resource_id = %(id)s AND c.state <> 'closed' AND c.applied_at IS NULL
                AND c.kind NOT IN ('creation_unknown', 'made_twice')
              ORDER BY c.created_at, c.id) AS conflicts,
       ARRAY(SELECT DISTINCT ON (a.field) to_jsonb(a)::text FROM sync_audit AS a
              WHERE a.resource_type = %(type)s AND a.resource_id = %(id)s AND a.side = 'local'
                AND a.field = ANY (edited.fields) AND edited.fields <> '{{}}'
              ORDER BY a.field, a.id DESC) AS writes,
       ARRAY(SELECT jsonb_build_array(a.field, a.old_raw)::text FROM sync_audit AS a
              WHERE a.resource_type = %(type)s AND a.resource_id = %(id)s AND a.old_raw IS NOT NULL
                AND a.field = ANY (edited.fields) AND edited.fields <> '{{}}'
              ORDER BY a.id DESC
              LIMIT 5) AS former
  FROM (SELECT) AS once
  LEFT JOIN {table} AS r ON r.{id} = %(id)s
 CROSS JOIN LATERAL (SELECT ARRAY(SELECT jsonb_object_keys(r.local_modified_fields)) AS fields) AS edited;

-- name: insert_record
INSERT INTO {table} ({columns})
SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %(doc)s::jsonb);

-- name: update_record
-- Only the row that was decided on: whoever edited it since has a higher local_seq, and nothing of theirs is touched.
UPDATE {table}
   SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %(doc)s::jsonb))
 WHERE {id} = %(id)s AND local_seq = %(local_seq)s;

-- name: rehash_record
UPDATE {table} AS r
   SET content_hash = {base_hash}(r)
 WHERE r.{id} = %(id)s;

-- name: free_key
-- Another row still holds the key that this record has now: it has lost it, and gets its own when it is read.
UPDATE {table} SET {key} = {key} || '#' || {id}, remote_state = 'moved' WHERE {key} = %(key)s AND {id} <> %(id)s;

-- name: keep_former_key
INSERT INTO key_aliases (jira_id, key, first_seen, last_seen)
VALUES (%(id)s, %(key)s, %(now)s, %(now)s)
    ON CONFLICT (jira_id, key) DO UPDATE SET last_seen = excluded.last_seen;

-- name: move_conflicts
UPDATE sync_conflicts SET scope = %(place)s
 WHERE resource_type = %(type)s AND resource_id = %(id)s AND scope <> %(place)s AND applied_at IS NULL;

-- name: move_operations
UPDATE sync_outbox SET scope = %(place)s
 WHERE resource_type = %(type)s AND resource_id = %(id)s AND scope <> %(place)s AND needs_care;

-- name: put_operation
INSERT INTO sync_outbox (
    op_id, resource_type, resource_id, scope, kind, fields, expected_remote, desired, local_values, "add", remove,
    local_seq, state, attempts, evidence, last_error, run_id, created_at, sent_at, settled_at
) VALUES (
    %(op_id)s, %(type)s, %(id)s, %(scope)s, %(kind)s, %(fields)s, %(expected)s::jsonb, %(desired)s::jsonb,
    %(local)s::jsonb, %(add)s::jsonb, %(remove)s::jsonb, %(local_seq)s, %(state)s, %(attempts)s, %(evidence)s::jsonb,
    %(last_error)s, %(run_id)s, %(created_at)s, %(sent_at)s, %(settled_at)s
)
    ON CONFLICT (op_id) DO UPDATE
   SET state = excluded.state, attempts = excluded.attempts, evidence = excluded.evidence,
       last_error = excluded.last_error, sent_at = excluded.sent_at, settled_at = excluded.settled_at;

-- name: put_conflict
INSERT INTO sync_conflicts (
    id, resource_type, resource_id, scope, field_name, kind, base_value, local_value, remote_value, remote_raw, local_seq,
    remote_revision, details, state, resolution, resolved_value, resolved_by, created_at, resolved_at, applied_at
) VALUES (
    %(conflict_id)s, %(type)s, %(id)s, %(scope)s, %(field)s, %(kind)s, %(base)s::jsonb, %(local)s::jsonb,
    %(remote)s::jsonb, %(remote_raw)s::jsonb, %(local_seq)s, %(revision)s, %(details)s::jsonb, %(state)s,
    %(resolution)s, %(resolved_value)s::jsonb, %(resolved_by)s, %(created_at)s, %(resolved_at)s, %(applied_at)s
)
    ON CONFLICT (id) DO UPDATE
   SET kind = excluded.kind, base_value = excluded.base_value, local_value = excluded.local_value,
       remote_value = excluded.remote_value, remote_raw = excluded.remote_raw, local_seq = excluded.local_seq,
       remote_revision = excluded.remote_revision, details = excluded.details, state = excluded.state,
       resolution = excluded.resolution, resolved_value = excluded.resolved_value, resolved_by = excluded.resolved_by,
       resolved_at = excluded.resolved_at, applied_at = excluded.applied_at;

-- name: keep_conflict_value
INSERT INTO sync_conflict_values (conflict_id, side, value, raw, seen_at)
VALUES (%(conflict_id)s, %(side)s, %(value)s::jsonb, %(raw)s::jsonb, %(now)s);

-- name: audit
INSERT INTO sync_audit (
    run_id, op_id, side, resource_type, resource_id, field, old, new, reason, actor, at, undo_of, old_raw
) VALUES (
    %(run_id)s, %(op_id)s, %(side)s, %(type)s, %(id)s, %(field)s, %(old)s::jsonb, %(new)s::jsonb, %(reason)s, %(actor)s,
    %(at)s, %(undo_of)s, %(old_raw)s::jsonb
);

-- name: fail_record
-- One sort of failure is noted once: a run that finds it again changes nothing.
UPDATE {table}
   SET sync_errors = sync_errors || jsonb_build_object('(row)', %(why)s::text),
       sync_status = CASE sync_status WHEN 'conflict' THEN sync_status ELSE 'error' END
 WHERE {id} = %(id)s AND sync_errors ->> '(row)' IS DISTINCT FROM %(why)s;

-- name: records_to_decide
-- Edited rows by the partial index; rows with a planned write, or a person's choice, that has not gone out; rows that
-- could not be synced; on demand, those with an open conflict. Edits that all wait for a person, with the values that the
-- person is shown, need no look: when the remote moves, a pull hands the record on.
WITH waiting AS (
    SELECT r.{id} AS id FROM {table} AS r
     WHERE r.{scope} = %(scope)s AND r.local_modified_fields <> '{{}}'
       AND EXISTS (
           SELECT FROM jsonb_object_keys(r.local_modified_fields) AS edited (field)
            WHERE NOT EXISTS (
                SELECT FROM sync_conflicts AS c
                 WHERE c.resource_type = %(type)s AND c.resource_id = r.{id} AND c.state = 'open'
                   AND c.kind NOT IN ('overwrote_remote', 'undo_of_changed', 'edited_twice')
                   AND c.field_name = edited.field AND c.local_value = coalesce({fields_of_r} -> edited.field, 'null')))
    UNION
    SELECT {id} FROM {table} WHERE {scope} = %(scope)s AND sync_errors ? '(row)'
    UNION
    SELECT resource_id FROM sync_outbox
     WHERE resource_type = %(type)s AND scope = %(scope)s AND needs_care AND state = 'planned'
    UNION
    SELECT resource_id FROM sync_conflicts
     WHERE resource_type = %(type)s AND scope = %(scope)s AND applied_at IS NULL
       AND (state = 'resolved' OR (%(conflicts)s AND state = 'open'))
    UNION
    SELECT r.{id} FROM {table} AS r WHERE r.{scope} = %(scope)s AND {to_put_away}
)
SELECT r.{id} AS id, r.{key} AS key, r.{scope} AS scope
  FROM waiting
  JOIN {table} AS r ON r.{id} = waiting.id
 WHERE r.local_deleted_at IS NULL OR ({to_put_away} AND r.remote_state IN ('present', 'hidden'))
 ORDER BY r.sync_errors ? '(row)', r.{key};

-- name: something_waits
-- Whether there is something to decide, or a write whose outcome is open.
SELECT EXISTS ({to_decide})
    OR EXISTS (SELECT FROM sync_outbox AS o
                 JOIN {table} AS r ON r.{id} = o.resource_id
                WHERE o.resource_type = %(type)s AND o.scope = %(scope)s AND o.needs_care AND o.state IN ('planned', 'sent'))
    AS waits;

-- name: count_wishes
-- How many writes deciding the edited records may come to at most: one for each sort of request, of fields that were not
-- refused and about which nobody has to choose.
SELECT coalesce(sum(sorts), 0)
       + (SELECT count(*) FROM {table} AS r
           WHERE r.{scope} = %(scope)s AND {to_put_away} AND r.remote_state IN ('present', 'hidden')) AS wishes
  FROM (SELECT count(DISTINCT edited.field = ANY (%(alone)s)) AS sorts
          FROM {table} AS r
         CROSS JOIN LATERAL jsonb_object_keys(r.local_modified_fields) AS edited (field)
         WHERE r.{scope} = %(scope)s AND r.local_modified_fields <> '{{}}' AND r.local_deleted_at IS NULL AND r.{id} IS NOT NULL
           AND NOT (r.sync_errors || r.sync_refused) ?| ARRAY[edited.field, '(row)']
           AND NOT EXISTS (SELECT FROM sync_conflicts AS c
                            WHERE c.resource_type = %(type)s AND c.resource_id = r.{id} AND c.state = 'open'
                              AND c.kind NOT IN ('overwrote_remote', 'undo_of_changed', 'edited_twice')
                              AND c.field_name IN (edited.field, '(row)'))
         GROUP BY r.{id}) AS counted;

-- name: count_put_away
SELECT count(*) AS records FROM {table} AS r
 WHERE r.{scope} = %(scope)s AND {to_put_away} AND r.remote_state IN ('present', 'hidden');

-- name: operations_in_state
SELECT to_jsonb(o)::text AS doc, r.{key} AS key
  FROM sync_outbox AS o
  JOIN {table} AS r ON r.{id} = o.resource_id
 WHERE o.resource_type = %(type)s AND o.scope = %(scope)s AND o.state = %(state)s
 ORDER BY r.sync_errors ? '(row)', o.created_at, o.op_id
 LIMIT %(limit)s;

-- name: records_to_push
-- In the order of their operations, each of which may hold a long text.
SELECT r.{id} AS id, r.{key} AS key, r.{scope} AS scope
  FROM sync_outbox AS o
  JOIN {table} AS r ON r.{id} = o.resource_id
 WHERE o.resource_type = %(type)s AND o.scope = %(scope)s AND o.state = 'planned'
 ORDER BY r.sync_errors ? '(row)', o.created_at, o.op_id;

-- name: records_of_scope
SELECT {id} AS id, {key} AS key, {scope} AS scope
  FROM {table}
 WHERE {scope} = %(scope)s AND remote_state IN ('present', 'hidden')
 ORDER BY {id};

-- name: count_records
SELECT count(*) AS records FROM {table} WHERE {scope} = %(scope)s AND remote_state IN ('present', 'hidden');

-- name: unmarked_records
-- For a full reconciliation: rows whose columns are not what the sync or the trigger wrote.
SELECT {id} AS id, {key} AS key, {scope} AS scope
  FROM {table} AS r
 WHERE {scope} = %(scope)s AND (%(ids)s::text[] IS NULL OR {id} = ANY (%(ids)s))
   AND content_hash <> {base_hash}(r)
 ORDER BY {id};

-- name: records_after
SELECT {id} AS id FROM {table}
 WHERE {scope} = %(scope)s AND remote_state = 'present' AND {id} > coalesce(%(after)s, '')
 ORDER BY {id}
 LIMIT %(limit)s;

-- name: conflict
SELECT to_jsonb(c)::text AS doc, coalesce(r.{key}, c.resource_id) AS key
  FROM sync_conflicts AS c
  LEFT JOIN {table} AS r ON r.record_id = c.record_id
 WHERE c.id = %(conflict_id)s AND c.resource_type = %(type)s;

-- name: audit_of_run
SELECT to_jsonb(a)::text AS doc, r.{key} AS key
  FROM sync_audit AS a
  JOIN {table} AS r ON r.record_id = a.record_id
 WHERE a.run_id = %(run_id)s AND a.resource_type = %(type)s AND r.{scope} = %(scope)s
 ORDER BY a.id;

-- name: ask_again
-- Fields that the remote refused; of all records of the scope, or of these.
UPDATE {table} AS r
   SET sync_refused = (
           SELECT jsonb_object_agg(name, CASE WHEN name = coalesce(%(field)s, name)
                                              THEN refusal || jsonb_build_object('again', %(now)s::timestamptz)
                                              ELSE refusal END)
             FROM jsonb_each(r.sync_refused) AS refused (name, refusal))
 WHERE {scope} = %(scope)s AND sync_refused <> '{{}}' AND (%(ids)s::text[] IS NULL OR {id} = ANY (%(ids)s))
   AND (%(field)s::text IS NULL OR sync_refused ? %(field)s)
RETURNING (SELECT count(*) FROM jsonb_object_keys(sync_refused) AS name WHERE name = coalesce(%(field)s, name)) AS fields;

-- name: statuses
SELECT status_id AS id, name, category = 'done' AS is_closed FROM statuses ORDER BY status_id;

-- name: priorities
SELECT priority_id AS id, name FROM priorities ORDER BY rank;

-- name: resolutions
SELECT resolution_id AS id, name FROM resolutions ORDER BY resolution_id DESC;

-- name: teams
SELECT team_id AS id, name FROM teams ORDER BY team_id;

-- name: sprints
SELECT sprint_id AS id, name, state = 'closed' AS is_over FROM sprints;

-- name: users
SELECT account_id AS id, display_name AS name FROM users;

-- name: elements
-- The site's own fields that are read under their ids.
SELECT field_id AS id, sort, policy IN ('two_way', 'local_to_remote') AS is_written FROM jira_fields WHERE policy <> 'none';

-- name: last_census
SELECT last_census_count AS found FROM sync_watermarks WHERE system = %(system)s AND scope = %(scope)s;

-- name: note_census
INSERT INTO sync_watermarks (system, scope, last_census_at, last_census_count)
VALUES (%(system)s, %(scope)s, %(at)s, %(found)s)
    ON CONFLICT (system, scope) DO UPDATE
   SET last_census_at = excluded.last_census_at, last_census_count = excluded.last_census_count;

-- name: site_fields
-- What the last sync read from which of the site's own fields: a resolution here, which asks no site, goes by it too.
SELECT field_ids FROM sync_watermarks WHERE system = %(system)s AND scope = %(scope)s;
