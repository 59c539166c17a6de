-- name: pages_to_fetch
-- Of the hits of a sweep, those that are not stored as they are: unknown, with another version, state or place, or not
-- known to be present or once not found. What is quarantined is tried again when it changes.
SELECT hit.page_id
  FROM unnest(
           %(page_ids)s::text[], %(numbers)s::integer[], %(created)s::timestamptz[], %(statuses)s::text[],
           %(parents)s::text[], %(space_ids)s::text[]
       ) AS hit (page_id, version_number, version_created_at, status, parent_id, space_id)
  LEFT JOIN confluence_pages AS known ON known.page_id = hit.page_id
  LEFT JOIN sync_quarantine AS held ON held.system = 'confluence' AND held.remote_id = hit.page_id
 WHERE hit.version_created_at IS NULL
    OR (held.remote_updated_at IS DISTINCT FROM hit.version_created_at
        AND (known.page_id IS NULL
             OR known.remote_state <> 'present'
             OR known.remote_missing_since IS NOT NULL
             OR (known.version_number, known.version_created_at, known.status, known.space_id, known.space_key)
                IS DISTINCT FROM
                (hit.version_number, hit.version_created_at, hit.status, hit.space_id, %(space)s::text)
             OR CASE WHEN known.local_modified_fields ? 'parent_id' THEN known.local_modified_fields ->> 'parent_id'
                     ELSE known.parent_id END IS DISTINCT FROM hit.parent_id));

-- name: clear_leftovers
-- As for issues: what hung on rows that somebody removed for good.
WITH links AS (DELETE FROM page_issue_links WHERE page_id = ANY (%(page_ids)s))
DELETE FROM page_versions WHERE page_id = ANY (%(page_ids)s);

-- name: make_incoming_pages
-- What a batch brought, before it is compared with what is here. LIKE copies how values are stored, so that nothing is
-- compressed twice.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_pages (
    LIKE confluence_pages INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION,
    labels_known boolean NOT NULL
) ON COMMIT DELETE ROWS;

-- name: copy_incoming_pages
-- The columns are the fields of `PageRow`, in its order.
COPY incoming_pages (
    page_id, space_key, space_id, title, body_storage, parent_id, status, version_number, version_created_at,
    version_author_id, version_message, author_id, labels, created_at, labels_known
) FROM STDIN;

-- name: copy_new_pages
-- The columns are the fields of `PageRow`, in its order, and those that every new row has. Nothing is known of these
-- pages, so there is nothing to compare them with.
COPY confluence_pages (
    page_id, space_key, space_id, title, body_storage, parent_id, status, version_number, version_created_at,
    version_author_id, version_message, author_id, labels, created_at, content_hash, last_synced_at
) FROM STDIN;

-- name: known_pages
SELECT page_id FROM confluence_pages WHERE page_id = ANY (%(page_ids)s);

-- name: lock_known_pages
-- The rows that the batch is about stay locked until the end of the transaction: an edit that comes now waits, and then
-- is an edit of the new values. `is_clean`: nobody edited or deleted the row here, seen or unseen by the trigger, no write
-- to Confluence may still be executed, and no conflict waits. `has_news`: the payload is not what is stored. `is_older`: as for issues.
SELECT i.page_id, i.space_key,
       i.local_modified_fields = '{{}}'
       AND i.local_deleted_at IS NULL
       AND (i.content_hash IS NULL
            OR i.content_hash = {hash}(i))
       AND NOT EXISTS (SELECT FROM sync_outbox AS o
                        WHERE o.resource_type = 'confluence_page' AND o.resource_id = i.page_id AND o.needs_care)
       AND NOT EXISTS (SELECT FROM sync_conflicts AS c
                        WHERE c.resource_type = 'confluence_page' AND c.resource_id = i.page_id
                          AND c.state <> 'closed' AND c.applied_at IS NULL) AS is_clean,
       i.version_created_at > p.version_created_at AS is_older,
       i.version_created_at IS DISTINCT FROM p.version_created_at
       OR (i.version_created_at = p.version_created_at
           AND (i.remote_state <> 'present'
                OR i.remote_missing_since IS NOT NULL
                OR (i.version_number, i.status, i.space_id, i.space_key)
                   IS DISTINCT FROM (p.version_number, p.status, p.space_id, p.space_key)
                OR CASE WHEN i.local_modified_fields ? 'parent_id' THEN i.local_modified_fields ->> 'parent_id'
                        ELSE i.parent_id END IS DISTINCT FROM p.parent_id
                OR (p.labels_known
                    AND coalesce(i.local_modified_fields -> 'labels', to_jsonb(i.labels)) <> to_jsonb(p.labels))
               )) AS has_news
  FROM confluence_pages AS i
  JOIN incoming_pages AS p USING (page_id)
 WHERE i.page_id = ANY (%(known)s)
 ORDER BY i.page_id
   FOR UPDATE OF i;

-- name: complete_incoming_pages
-- Labels that were not read are not known to be none: they stay. So does what is left alone by policy.
UPDATE incoming_pages AS p
   SET labels = CASE WHEN NOT p.labels_known OR 'labels' = ANY (%(left)s) THEN i.labels ELSE p.labels END,
       title = CASE WHEN 'title' = ANY (%(left)s) THEN i.title ELSE p.title END,
       body_storage = CASE WHEN 'body_storage' = ANY (%(left)s) THEN i.body_storage ELSE p.body_storage END,
       parent_id = CASE WHEN 'parent_id' = ANY (%(left)s) THEN i.parent_id ELSE p.parent_id END
  FROM confluence_pages AS i
 WHERE i.page_id = p.page_id AND i.page_id = ANY (%(taken)s) AND (NOT p.labels_known OR %(left)s::text[] <> '{{}}');

-- name: leave_out_unread
-- Of new rows, what is not read by policy.
UPDATE {table} AS i
   SET labels = CASE WHEN 'labels' = ANY (%(unread)s) THEN '{{}}' ELSE i.labels END,
       title = CASE WHEN 'title' = ANY (%(unread)s) THEN NULL ELSE i.title END,
       body_storage = CASE WHEN 'body_storage' = ANY (%(unread)s) THEN NULL ELSE i.body_storage END,
       parent_id = CASE WHEN 'parent_id' = ANY (%(unread)s) THEN NULL ELSE i.parent_id END,
       content_hash = {hash}(
           jsonb_populate_record(i, (SELECT jsonb_object_agg(name, CASE name WHEN 'labels' THEN '[]'::jsonb ELSE 'null' END)
                                       FROM unnest(%(unread)s::text[]) AS name)))
 WHERE i.page_id = ANY (%(new)s);

-- name: audit_taken_pages
-- What the batch overwrites, value by value, for the fields that people can edit on both sides.
INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
SELECT %(run_id)s, 'local', 'confluence_page', i.page_id, change.field, change.old, change.new, 'pulled', 'confluence',
       %(now)s
  FROM confluence_pages AS i
  JOIN incoming_pages AS p USING (page_id)
 CROSS JOIN LATERAL (VALUES
       {audited}
       ) AS change (field, old, new)
 WHERE i.page_id = ANY (%(taken)s) AND change.old IS DISTINCT FROM change.new;

-- name: update_taken_pages
UPDATE confluence_pages AS i
   SET space_key = p.space_key, space_id = p.space_id, title = p.title, body_storage = p.body_storage,
       parent_id = p.parent_id, status = p.status, version_number = p.version_number,
       version_created_at = p.version_created_at, version_author_id = p.version_author_id,
       version_message = p.version_message, author_id = p.author_id, labels = p.labels, created_at = p.created_at,
       last_synced_at = %(now)s, remote_state = 'present', remote_missing_since = NULL, sync_errors = '{{}}',
       sync_status = 'synced',
       content_hash = {hash_of_p}
  FROM incoming_pages AS p
 WHERE i.page_id = p.page_id AND i.page_id = ANY (%(taken)s);

-- name: relabelled_pages
-- Pages whose labels are not those that were listed. A label is no new version of its page, so only comparing tells.
SELECT i.page_id, i.space_key
  FROM confluence_pages AS i
  LEFT JOIN jsonb_each(%(labels)s::jsonb) AS listed (page_id, labels) ON listed.page_id = i.page_id
 WHERE i.space_key = %(space)s
   AND i.status = 'current'
   AND i.remote_state = 'present'
   AND coalesce(i.local_modified_fields -> 'labels', to_jsonb(i.labels)) <> coalesce(listed.labels, '[]')
 ORDER BY i.page_id;

-- name: labels_of_space
SELECT DISTINCT label FROM confluence_pages, jsonb_array_elements_text(
           coalesce(local_modified_fields -> 'labels', to_jsonb(labels))) AS label
 WHERE space_key = %(space)s AND status = 'current' AND remote_state = 'present';

-- name: pages_labelled_otherwise
-- Pages that have one of some labels here and not there, or there and not here.
SELECT DISTINCT i.page_id, i.space_key
  FROM confluence_pages AS i
  JOIN jsonb_each(%(listed)s::jsonb) AS listed (label, page_ids)
    ON (coalesce(i.local_modified_fields -> 'labels', to_jsonb(i.labels)) ? listed.label) <> (listed.page_ids ? i.page_id)
 WHERE i.space_key = %(space)s AND i.status = 'current' AND i.remote_state = 'present'
 ORDER BY i.page_id;

-- name: clear_issue_links
DELETE FROM page_issue_links WHERE page_id = ANY (%(page_ids)s);

-- name: copy_issue_links
COPY page_issue_links (page_id, issue_key, kind) FROM STDIN;

-- name: copy_versions
COPY page_versions (page_id, number, created_at, author_id, message) FROM STDIN;

-- name: store_versions
-- Numbers are positions: when a version is deleted, the later ones move up, and its instant tells which it is.
WITH told AS (
    SELECT * FROM unnest(
        %(page_ids)s::text[], %(numbers)s::integer[], %(created)s::timestamptz[], %(authors)s::text[],
        %(messages)s::text[]
    ) AS told (page_id, number, created_at, author_id, message)
), moved AS (
    DELETE FROM page_versions AS v USING told
     WHERE v.page_id = told.page_id AND v.created_at = told.created_at AND v.number <> told.number
)
INSERT INTO page_versions (page_id, number, created_at, author_id, message)
SELECT page_id, number, created_at, author_id, message FROM told
    ON CONFLICT (page_id, created_at, number) DO NOTHING;

-- name: store_current_versions
-- The version that a write of ours made, which no pull has to fetch.
INSERT INTO page_versions (page_id, number, created_at, author_id, message)
SELECT page_id, version_number, version_created_at, version_author_id, version_message
  FROM confluence_pages
 WHERE page_id = ANY (%(page_ids)s) AND version_number IS NOT NULL AND version_created_at IS NOT NULL
    ON CONFLICT (page_id, created_at, number) DO NOTHING;

-- name: rewritten_bodies
-- Pages whose text another step than the pull has changed on either side.
SELECT DISTINCT i.page_id, i.body_storage
  FROM sync_audit AS a
  JOIN confluence_pages AS i ON i.page_id = a.resource_id
 WHERE a.run_id = %(run_id)s AND a.resource_type = 'confluence_page' AND a.field = 'body_storage'
   AND a.reason <> 'pulled' AND i.space_key = %(space)s;

-- name: unknown_people
SELECT asked.account_id
  FROM unnest(%(account_ids)s::text[]) AS asked (account_id)
 WHERE NOT EXISTS (SELECT FROM users AS u WHERE u.account_id = asked.account_id AND u.display_name <> '');

-- name: count_present_pages
SELECT count(*) AS present FROM confluence_pages WHERE space_key = %(space)s AND remote_state = 'present';

-- name: latest_pages
-- For people who want to see that something arrived.
SELECT i.page_id, i.space_key, CASE WHEN i.restriction IS NULL THEN i.title ELSE '(restricted)' END AS title, i.status,
       coalesce(u.display_name, i.version_author_id) AS author,
       i.version_created_at
  FROM confluence_pages AS i
  LEFT JOIN users AS u ON u.account_id = i.version_author_id
 WHERE i.space_key = ANY (%(spaces)s) AND i.remote_state = 'present'
 ORDER BY i.version_created_at DESC NULLS LAST, i.page_id
 LIMIT %(limit)s;

-- name: stored_pages
SELECT page_id FROM confluence_pages WHERE space_key = %(space)s AND remote_state = 'present' ORDER BY page_id;

-- name: restrictions_are_due
SELECT NOT EXISTS (SELECT FROM sync_watermarks
                WHERE system = 'confluence' AND scope = %(space)s AND restrictions_at > now() - interval '1 hour') AS due;

-- name: note_restrictions
UPDATE sync_watermarks SET restrictions_at = now() WHERE system = 'confluence' AND scope = %(space)s;

-- name: unread_restrictions
-- Pages of which it is not known who may read them, and which the index does not tell: archived ones.
SELECT page_id FROM confluence_pages
 WHERE space_key = %(space)s AND remote_state = 'present' AND restriction = %(unknown)s AND page_id <> ALL (%(told)s)
 ORDER BY page_id
 LIMIT %(limit)s;

-- name: restrict_pages
-- What was told of pages themselves; what lies below a restricted page, or below one of which it is not known, is so too.
-- A page of which nothing was told keeps what it had of its own.
WITH RECURSIVE told AS (
    SELECT page_id, readers FROM unnest(%(page_ids)s::text[], %(readers)s::text[]) AS t (page_id, readers)
), own AS (
    SELECT p.page_id, p.parent_id,
           CASE WHEN told.page_id IS NOT NULL THEN told.readers
                WHEN p.restriction NOT LIKE 'as page %%' THEN p.restriction END AS readers
      FROM confluence_pages AS p LEFT JOIN told USING (page_id)
     WHERE p.space_key = %(space)s
), below AS (
    SELECT page_id, CASE WHEN readers = %(unknown)s THEN readers ELSE 'as page ' || page_id END AS restriction
      FROM own WHERE readers IS NOT NULL
    UNION
    SELECT child.page_id, below.restriction FROM below JOIN own AS child ON child.parent_id = below.page_id
), found AS (
    -- 'as page ...' comes first: of it more is known.
    SELECT own.page_id, coalesce(own.readers, min(below.restriction COLLATE "C")) AS restriction
      FROM own LEFT JOIN below USING (page_id)
     GROUP BY own.page_id, own.readers
)
UPDATE confluence_pages AS p
   SET restriction = found.restriction
  FROM found
 WHERE found.page_id = p.page_id AND p.restriction IS DISTINCT FROM found.restriction;

-- name: page_place
-- One that has just been made here is still to be read.
SELECT space_key, CASE remote_state WHEN 'present' THEN status WHEN 'wanted' THEN 'current'
                                    ELSE 'not in Confluence any more' END AS status
  FROM confluence_pages WHERE page_id = %(page_id)s;

-- name: restricted_pages
SELECT page_id FROM confluence_pages WHERE space_key = ANY (%(spaces)s) AND restriction IS NOT NULL;
