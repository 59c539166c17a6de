-- name: attachments_of
-- Of one issue, or the one with an id; the issue as people call it.
SELECT a.attachment_id, i.key, a.name, a.mime_type, a.size, coalesce(u.display_name, a.author_id) AS author, a.created_at
  FROM attachments AS a
  JOIN jira_issues AS i USING (jira_id)
  LEFT JOIN users AS u ON u.account_id = a.author_id
 WHERE (i.key = javis_key(%(key)s) OR %(key)s::text IS NULL)
   AND (a.attachment_id = %(attachment_id)s OR %(attachment_id)s::text IS NULL)
 ORDER BY a.created_at, a.attachment_id;
