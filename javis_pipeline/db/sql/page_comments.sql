-- name: comments_standing
-- What is to be read now: what was said since the newest comment that is here, after an hour, or at once where one of ours
-- was not read yet; all, after a day.
SELECT coalesce(bool_and(w.comments_at < now() - interval '1 hour'), true)
       OR EXISTS (SELECT FROM page_comments
                   WHERE space_key = %(space)s AND comment_id IS NOT NULL AND updated_at IS NULL) AS due,
       coalesce(bool_and(w.all_comments_at > now() - interval '1 day'), false) AS listed,
       (SELECT max(updated_at) FROM page_comments WHERE space_key = %(space)s) AS newest
  FROM sync_watermarks AS w
 WHERE w.system = 'confluence' AND w.scope = %(space)s;

-- name: note_comments
UPDATE sync_watermarks SET comments_at = now(), all_comments_at = CASE WHEN %(whole)s THEN now() ELSE all_comments_at END
 WHERE system = 'confluence' AND scope = %(space)s;

-- name: known_comments
-- `is_over`: it was deleted here, and is gone there.
SELECT c.comment_id, c.page_id, c.author_id, c.created_at, c.updated_at, c.remote_missing_since AS missing_since,
       c.remote_missing_since < now() - interval '10 minutes' AS was_missing,
       c.local_deleted_at IS NOT NULL AND c.remote_state = 'gone' AS is_over
  FROM page_comments AS c JOIN confluence_pages AS p USING (page_id)
 WHERE c.space_key = %(space)s AND c.comment_id IS NOT NULL AND p.status = 'current' AND p.remote_state = 'present';

-- name: stored_comments
SELECT comment_id FROM page_comments WHERE comment_id = ANY (%(ids)s);

-- name: note_missing
-- Any sight ends the first proof that one is gone.
UPDATE page_comments AS c
   SET remote_missing_since = CASE WHEN c.comment_id = ANY (%(missing)s) THEN now() END
 WHERE c.comment_id = ANY (%(missing)s) AND c.remote_missing_since IS NULL AND c.remote_state = 'present'
    OR c.comment_id = ANY (%(seen)s) AND c.remote_missing_since IS NOT NULL AND c.remote_state = 'present';

-- name: restrict_comments
-- Whoever may not see the page does not see what is said below it.
UPDATE page_comments AS c SET restricted = NOT c.restricted
  FROM confluence_pages AS p
 WHERE p.page_id = c.page_id AND c.page_id = ANY (%(pages)s) AND c.restricted <> (p.restriction IS NOT NULL);
