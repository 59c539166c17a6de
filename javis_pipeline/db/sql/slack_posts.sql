-- name: newest_posts
-- The last one, which may be a claim whose message was not confirmed, and the one before it.
SELECT post_id, state_hash, content_hash, facts, channel, ts, claimed_at, posted_at, updated_at
  FROM slack_posts
 WHERE kind = %(kind)s AND project_key = %(project_key)s AND channel = %(channel)s
 ORDER BY claimed_at DESC, post_id
 LIMIT 2;

-- name: waiting_posts
-- What Slack has not taken: the last one of its kind, and no message of it is known.
SELECT kind, project_key, claimed_at
  FROM (SELECT DISTINCT ON (kind, project_key, channel) kind, project_key, claimed_at, ts
          FROM slack_posts
         ORDER BY kind, project_key, channel, claimed_at DESC, post_id) newest
 WHERE ts IS NULL
 ORDER BY claimed_at, kind, project_key;

-- name: claim_post
-- Before the message is sent. A claim whose message is not there is claimed anew, under its old id: if the message
-- comes to light after all, it is known by it.
INSERT INTO slack_posts (post_id, kind, project_key, channel, state_hash, facts, claimed_at)
VALUES (%(post_id)s, %(kind)s, %(project_key)s, %(channel)s, %(state_hash)s, %(facts)s, %(now)s)
ON CONFLICT (post_id) DO UPDATE
   SET state_hash = excluded.state_hash, facts = excluded.facts, claimed_at = excluded.claimed_at;

-- name: confirm_post
UPDATE slack_posts SET ts = %(ts)s, posted_at = %(now)s WHERE post_id = %(post_id)s;

-- name: change_post
-- The message tells another state now; its thread does not yet.
UPDATE slack_posts
   SET state_hash = %(state_hash)s, facts = %(facts)s, content_hash = NULL, updated_at = %(now)s
 WHERE post_id = %(post_id)s;

-- name: complete_post
UPDATE slack_posts SET content_hash = %(content_hash)s WHERE post_id = %(post_id)s;

-- name: note_again
-- The state came again soon after it was last seen: nothing new to tell, and it is still going on.
UPDATE slack_posts SET updated_at = %(now)s
 WHERE kind = %(kind)s AND project_key = %(project_key)s AND channel = %(channel)s AND state_hash = %(state_hash)s
   AND ts IS NOT NULL AND coalesce(updated_at, claimed_at) >= %(since)s;

-- name: post_at
-- The post that a message is, or whose thread it is in.
SELECT post_id, kind, project_key FROM slack_posts WHERE channel = %(channel)s AND ts = %(ts)s;

-- name: forget_requests
DELETE FROM slack_requests WHERE received_at < %(before)s;

-- name: note_request
INSERT INTO slack_requests (signature, received_at) VALUES (%(signature)s, %(now)s) ON CONFLICT DO NOTHING;
