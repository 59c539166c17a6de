-- name: list_conflicts
-- Open conflicts, oldest first, with the key and title that people know the record by. Where everybody may read what is
-- made of it, a restricted one is named, and not quoted; the same holds for those that come after the first `quoted` ones.
SELECT c.id, c.resource_type, c.resource_id, c.system, c.scope, c.field_name, c.kind, shown.base_value, shown.local_value,
       shown.remote_value, shown.details, c.state, c.resolution, c.created_at, c.resolved_by, c.resolved_at, c.applied_at,
       coalesce(r.key, c.resource_id) AS key,
       CASE WHEN c.restricted AND NOT %(quote_restricted)s THEN '(restricted)' ELSE r.title END AS title,
       coalesce(u.display_name, c.details ->> 'remote_author_name', c.details ->> 'remote_author') AS remote_author
  FROM (SELECT found.*, k.system, row_number() OVER (ORDER BY found.created_at, found.id) AS place
          FROM sync_conflicts AS found
          JOIN record_kinds k ON k.kind = found.resource_type::text
         WHERE found.state = 'open' AND (%(only)s::uuid IS NULL OR found.id = %(only)s)
           AND (%(scopes)s::text[] IS NULL
                OR (k.system, found.scope) IN (SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[])))
         ORDER BY found.created_at, found.id
         LIMIT %(limit)s) AS c
  LEFT JOIN records r ON r.record_id = c.record_id
  LEFT JOIN users u ON u.account_id = c.details ->> 'remote_author'
 CROSS JOIN LATERAL (
       SELECT CASE WHEN hidden THEN '"(restricted)"' WHEN quoted THEN c.base_value END AS base_value,
              CASE WHEN hidden THEN '"(restricted)"' WHEN quoted THEN c.local_value END AS local_value,
              CASE WHEN hidden THEN '"(restricted)"' WHEN quoted THEN c.remote_value END AS remote_value,
              -- What else is kept of it may quote it, such as the words that a choice would cost.
              CASE WHEN quoted AND NOT hidden THEN c.details
                   ELSE jsonb_strip_nulls(jsonb_build_object(
                            'remote_author', c.details -> 'remote_author', 'remote_at', c.details -> 'remote_at'))
              END AS details
         FROM (SELECT c.restricted AND NOT %(quote_restricted)s,
                      c.place <= coalesce(%(quoted)s, c.place)) AS h (hidden, quoted)
       ) AS shown
 ORDER BY c.created_at, c.id;

-- name: outline_conflicts
-- All open conflicts by name, oldest first; `held` tells whether what is held against each other is still the same.
SELECT coalesce(r.key, c.resource_id) AS key, c.field_name AS field,
       md5(concat_ws(' ', c.id, c.local_value, c.remote_value)) AS held
  FROM sync_conflicts c
  JOIN record_kinds k ON k.kind = c.resource_type::text
  LEFT JOIN records r ON r.record_id = c.record_id
 WHERE c.state = 'open'
   AND (%(scopes)s::text[] IS NULL
        OR (k.system, c.scope) IN (SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[])))
 ORDER BY c.created_at, c.id;

-- name: find_conflicts
-- People type the first characters of an id. Two rows: the prefix is ambiguous.
SELECT c.id, c.resource_type, k.system, c.scope, c.state, c.kind, c.record_id
  FROM sync_conflicts c
  JOIN record_kinds k ON k.kind = c.resource_type::text
 WHERE c.id::text LIKE %(prefix)s || '%%'
 ORDER BY c.created_at DESC
 LIMIT 2;

-- name: list_errors
-- What could not be synced, with the reason and the remedy: edits that cannot be sent, records that cannot be read. The
-- reason names values, so it is kept back as the title is.
SELECT system, scope, key, CASE WHEN hidden THEN '(restricted)' ELSE title END AS title, field,
       CASE WHEN hidden THEN '(restricted); javis conflicts list --errors tells it' ELSE reason END AS reason
  FROM records
 CROSS JOIN LATERAL jsonb_each_text(sync_errors) AS error (field, reason)
 CROSS JOIN LATERAL (SELECT is_restricted AND NOT %(quote_restricted)s) AS h (hidden)
 WHERE sync_errors <> '{}'
   AND (%(scopes)s::text[] IS NULL
        OR (system, scope) IN (SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[])))
 ORDER BY 1 DESC, 2, 3, 5
 LIMIT %(limit)s;

-- name: outline_errors
-- The same without titles and reasons, of which `held` tells whether one is another than before.
SELECT system, scope, key, field, md5(reason) AS held
  FROM records
 CROSS JOIN LATERAL jsonb_each_text(sync_errors) AS error (field, reason)
 WHERE sync_errors <> '{}'
   AND (%(scopes)s::text[] IS NULL
        OR (system, scope) IN (SELECT * FROM unnest(%(systems)s::text[], %(scopes)s::text[])))
 ORDER BY 1 DESC, 2, 3, 4;
