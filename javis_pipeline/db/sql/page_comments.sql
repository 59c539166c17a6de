-- name: comments_standing
-- What is to be read now: what was said since the newest comment that is here, after an hour; all, after a day.
SELECT coalesce(bool_and(w.comments_at < now() - interval '1 hour'), true) AS due,
       coalesce(bool_and(w.all_comments_at > now() - interval '1 day'), false) AS listed,
       (SELECT max(c.updated_at) FROM page_comments AS c JOIN confluence_pages AS p USING (page_id)
         WHERE p.space_key = %(space)s) AS newest
  FROM sync_watermarks AS w
 WHERE w.system = 'confluence' AND w.scope = %(space)s;

-- name: note_comments
UPDATE sync_watermarks SET comments_at = now(), all_comments_at = CASE WHEN %(whole)s THEN now() ELSE all_comments_at END
 WHERE system = 'confluence' AND scope = %(space)s;

-- name: known_comments
SELECT c.comment_id, c.page_id, c.author_id IS NOT NULL AS has_author, c.missing_since
  FROM page_comments AS c JOIN confluence_pages AS p USING (page_id)
 WHERE p.space_key = %(space)s AND p.status = 'current' AND p.remote_state = 'present';

-- name: store_comments
-- Who wrote one is told once; an answer that is older than what is here tells nothing.
INSERT INTO page_comments AS c (comment_id, page_id, parent_id, author_id, body_storage, version_number, created_at, updated_at)
SELECT t.comment_id, t.page_id, t.parent_id, t.author_id, t.body_storage, t.version_number, t.created_at, t.updated_at
  FROM unnest(%(ids)s::text[], %(pages)s::text[], %(parents)s::text[], %(authors)s::text[], %(bodies)s::text[],
              %(numbers)s::bigint[], %(created)s::timestamptz[], %(updated)s::timestamptz[])
       AS t (comment_id, page_id, parent_id, author_id, body_storage, version_number, created_at, updated_at)
    ON CONFLICT (comment_id) DO UPDATE
   SET (page_id, parent_id, author_id, body_storage, version_number, created_at, updated_at, missing_since) =
       (excluded.page_id, excluded.parent_id, coalesce(c.author_id, excluded.author_id), excluded.body_storage,
        excluded.version_number, coalesce(c.created_at, excluded.created_at), excluded.updated_at, NULL)
 WHERE c.updated_at <= excluded.updated_at;

-- name: miss_comments
UPDATE page_comments SET missing_since = now() WHERE comment_id = ANY (%(ids)s) AND missing_since IS NULL;

-- name: drop_comments
DELETE FROM page_comments WHERE comment_id = ANY (%(ids)s) AND missing_since < now() - interval '10 minutes';
