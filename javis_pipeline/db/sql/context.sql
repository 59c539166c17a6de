-- name: issues
-- A pull sees `updated` of Jira only; a local edit that waits to be pushed is somebody touching the issue as well.
-- What only some may read is not told to all who see a context: a restricted issue counts, and has no title.
SELECT i.jira_id, i.key, CASE WHEN i.security_level IS NULL THEN i.title ELSE '(restricted)' END AS title, i.issue_type, i.hierarchy_level, i.is_subtask, i.status, i.status_id,
       i.status_category, i.priority, i.assignee_id, coalesce(i.parent_key, i.epic_key) AS parent_key,
       i.story_points::float8 AS story_points, i.due_date, i.flagged, i.created_at,
       greatest(i.remote_updated_at, i.local_modified_at) AS updated_at, i.resolved_at, i.components, i.fix_versions
  FROM jira_issues AS i
 WHERE i.project_key = %(project_key)s
   AND i.remote_state = 'present'
   AND i.local_deleted_at IS NULL
 ORDER BY i.jira_id;

-- name: links
-- Of every project, because chains run through several. The other end is named by the key it has today; a link to an
-- issue that is known to be gone holds nothing up.
SELECT here.key, link.label, coalesce(other.key, link.other_key) AS other_key, link.link_id
  FROM links_of_issues AS link
  JOIN jira_issues AS here USING (jira_id)
  LEFT JOIN jira_issues AS other ON other.jira_id = link.other_id
 WHERE lower(link.label) = ANY (%(labels)s)
   AND here.remote_state = 'present' AND here.local_deleted_at IS NULL
   AND (other.jira_id IS NULL OR (other.remote_state = 'present' AND other.local_deleted_at IS NULL))
 ORDER BY here.jira_id, link.link_id, link.direction;

-- name: outside_issues
-- What is at the ends of these links and is not of the project; all but the key is null when it is not synced.
SELECT ends.key, CASE WHEN i.security_level IS NULL THEN i.title ELSE '(restricted)' END AS title, i.issue_type, i.status, i.status_category, i.priority, i.assignee_id, i.parent_key,
       i.story_points::float8 AS story_points, i.due_date, i.created_at
  FROM (SELECT here.key
          FROM links_of_issues AS link
          JOIN jira_issues AS here USING (jira_id)
         WHERE lower(link.label) = ANY (%(labels)s)
        UNION
        SELECT coalesce(other.key, link.other_key)
          FROM links_of_issues AS link
          LEFT JOIN jira_issues AS other ON other.jira_id = link.other_id
         WHERE lower(link.label) = ANY (%(labels)s)) AS ends
  LEFT JOIN jira_issues AS i ON i.key = ends.key
 WHERE i.project_key IS DISTINCT FROM %(project_key)s
 ORDER BY ends.key;

-- name: status_changes
-- Issues that were done before the figures begin need no history: they are in none of them. Issue by issue, here and below:
-- the table has the history of all projects, and is not read for one of them.
SELECT change.jira_id, change.from_id, change.from_status, change.to_id, change.to_status, change.changed_at
  FROM jira_issues AS i
 CROSS JOIN LATERAL (SELECT * FROM status_changes AS told WHERE told.jira_id = i.jira_id OFFSET 0) AS change
 WHERE i.project_key = %(project_key)s
   AND (i.status_category IS DISTINCT FROM 'done' OR i.resolved_at IS NULL OR i.resolved_at >= %(since)s)
 ORDER BY change.changed_at, change.jira_id, change.change_id;

-- name: statuses
SELECT status_id, name, category
  FROM statuses
 ORDER BY status_id;

-- name: sprints
SELECT sprint_id, name, state, goal, start_at, end_at, completed_at
  FROM sprints
 WHERE sprint_id IN (
       SELECT member.sprint_id FROM issue_sprints AS member JOIN jira_issues USING (jira_id) WHERE project_key = %(project_key)s)
 ORDER BY sprint_id;

-- name: issue_sprints
SELECT member.jira_id, member.sprint_id
  FROM issue_sprints AS member
  JOIN jira_issues USING (jira_id)
 WHERE project_key = %(project_key)s
 ORDER BY member.jira_id, member.sprint_id;

-- name: sprint_changes
SELECT change.jira_id, change.sprint_id, change.added, change.changed_at
  FROM jira_issues AS i
 CROSS JOIN LATERAL (SELECT * FROM sprint_changes AS told WHERE told.jira_id = i.jira_id OFFSET 0) AS change
 WHERE i.project_key = %(project_key)s
 ORDER BY change.changed_at, change.jira_id, change.change_id, change.sprint_id, change.added;

-- name: users
SELECT account_id, display_name
  FROM users
 WHERE account_id IN (
       SELECT assignee_id FROM jira_issues WHERE project_key = %(project_key)s)
 ORDER BY account_id;

-- name: pages
SELECT page.page_id, page.space_key,
       CASE WHEN page.restriction IS NULL THEN page.title ELSE '(restricted)' END AS title, page.version_created_at AS edited_at
  FROM confluence_pages AS page
 WHERE page.remote_state = 'present'
   AND page.local_deleted_at IS NULL
   AND page.status = 'current'
   AND page.page_id IN (
       SELECT link.page_id FROM page_issue_links AS link JOIN jira_issues AS i ON i.key = link.issue_key
        WHERE i.project_key = %(project_key)s)
 ORDER BY page.page_id;

-- name: page_links
SELECT DISTINCT link.page_id, link.issue_key
  FROM page_issue_links AS link
  JOIN jira_issues AS i ON i.key = link.issue_key
 WHERE i.project_key = %(project_key)s
 ORDER BY link.page_id, link.issue_key;

-- name: conflicts
SELECT resource_type::text AS resource_type, resource_id, field_name, created_at
  FROM sync_conflicts
 WHERE state = 'open'
   AND ((resource_type = 'jira_issue' AND scope = %(project_key)s)
        OR (resource_type = 'confluence_page' AND scope = ANY (%(spaces)s)))
 ORDER BY created_at, id;

-- name: versions
-- Of what is released or archived nothing is due any more.
SELECT version_id, name, release_on
  FROM versions
 WHERE project_key = %(project_key)s
   AND NOT released AND NOT archived
   AND release_on IS NOT NULL
 ORDER BY release_on, version_id;

-- name: visions
SELECT id AS vision_id, title, horizon, owner_id, epic_keys
  FROM roadmap_visions
 WHERE state = 'active'
 ORDER BY horizon NULLS LAST, id;

-- name: known_projects
SELECT DISTINCT project_key
  FROM jira_issues
 ORDER BY project_key;

-- name: lock_contexts
-- Two runs that find the same context store it once.
SELECT pg_advisory_xact_lock(hashtextextended('work_contexts ' || %(project_key)s, 0));

-- name: insert_context
INSERT INTO work_contexts (project_key, as_of, context_hash, context)
SELECT %(project_key)s, %(as_of)s, %(context_hash)s, %(context)s
 WHERE %(context_hash)s IS DISTINCT FROM (
       SELECT context_hash FROM work_contexts WHERE project_key = %(project_key)s ORDER BY as_of DESC, id DESC LIMIT 1);

-- name: forget_contexts
-- A context says what was to be done on its day; a season later nobody asks.
DELETE FROM work_contexts
 WHERE project_key = %(project_key)s
   AND as_of < %(before)s
   AND id <> (SELECT id FROM work_contexts WHERE project_key = %(project_key)s ORDER BY as_of DESC, id DESC LIMIT 1);

-- name: newest_context
SELECT context
  FROM work_contexts
 WHERE project_key = %(project_key)s
 ORDER BY as_of DESC, id DESC
 LIMIT 1;

-- name: daily_forecasts
-- The first context of each day: what was said of sprints and epics, and how far they were.
SELECT DISTINCT ON (as_of::date)
       jsonb_build_object('as_of', context -> 'as_of', 'forecasts', context -> 'forecasts', 'sprints', context -> 'sprints',
                          'epics', context -> 'epics', 'versions', coalesce(context -> 'versions', '[]')) AS said
  FROM work_contexts
 WHERE project_key = %(project_key)s AND as_of >= %(since)s AND as_of < %(until)s
 ORDER BY as_of::date, as_of;
