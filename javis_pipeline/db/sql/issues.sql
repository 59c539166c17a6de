-- name: issues_to_fetch
-- Of the hits of a sweep, those that are not stored as they are: unknown, changed, in another place (a project whose key
-- was changed does not touch its issues), not known to be present or once not found, or with an `updated` that the hit
-- did not tell. What is quarantined is tried again when it changes.
SELECT hit.jira_id
  FROM unnest(%(jira_ids)s::text[], %(keys)s::text[], %(updated)s::timestamptz[]) AS hit (jira_id, key, updated_at)
  LEFT JOIN jira_issues AS known ON known.jira_id = hit.jira_id
  LEFT JOIN sync_quarantine AS held ON held.system = 'jira' AND held.remote_id = hit.jira_id
 WHERE hit.updated_at IS NULL
    OR (held.remote_updated_at IS DISTINCT FROM hit.updated_at
        AND ((known.remote_updated_at, known.key, known.project_key, known.remote_state)
                IS DISTINCT FROM (hit.updated_at, hit.key, %(project)s::text, 'present')
             OR known.remote_missing_since IS NOT NULL))
 ORDER BY hit.updated_at NULLS FIRST, hit.jira_id;

-- name: set_up_batch
-- A batch that a crash of the server loses is fetched again by the next run. The transaction that moves the watermark
-- does wait, and with it all that were committed before. All in it is found by id, but of tables that a first load has
-- just filled PostgreSQL has no statistics yet, and would read them whole, for each batch.
SELECT set_config('synchronous_commit', 'off', true), set_config('enable_seqscan', 'off', true);

-- name: clear_leftovers
-- Of rows that somebody removed for good (a superuser, a half-done restore) what hung on them may be left. It is not
-- what the new rows come with, and would stop their COPY.
WITH links AS (DELETE FROM issue_links WHERE jira_id = ANY (%(jira_ids)s)),
     sprints AS (DELETE FROM issue_sprints WHERE jira_id = ANY (%(jira_ids)s)),
     comments AS (DELETE FROM comments WHERE jira_id = ANY (%(jira_ids)s)),
     work AS (DELETE FROM worklogs WHERE jira_id = ANY (%(jira_ids)s)),
     files AS (DELETE FROM attachments WHERE jira_id = ANY (%(jira_ids)s)),
     status AS (DELETE FROM status_changes WHERE jira_id = ANY (%(jira_ids)s))
DELETE FROM sprint_changes WHERE jira_id = ANY (%(jira_ids)s);

-- name: make_incoming_issues
-- What a batch brought, before it is compared with what is here. LIKE copies how values are stored, so that nothing is
-- compressed twice.
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_issues (
    LIKE jira_issues INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION,
    missing text[] NOT NULL,
    custom_empty text[] NOT NULL
) ON COMMIT DELETE ROWS;

-- name: copy_incoming_issues
-- The columns are those of an `IssueLine`, in its order.
COPY incoming_issues (
    jira_id, key, project_key, title, description, description_adf, environment, labels, priority, priority_id,
    assignee_id, due_date, story_points, status, status_id, status_category, parent_key, parent_id, issue_type,
    issue_type_id, is_subtask, hierarchy_level, reporter_id, creator_id, epic_key, sprint, sprint_id, team, team_id, flagged,
    resolution, resolution_id, security_level, components, fix_versions, affected_versions, estimate_seconds, remaining_seconds,
    spent_seconds, custom_fields, custom_raw, created_at, resolved_at, remote_updated_at, content_hash, missing,
    custom_empty
) FROM STDIN;

-- name: copy_new_issues
-- The columns are those of an `IssueLine` but the last, in its order, and when it was. Nothing is known of these issues,
-- so there is nothing to compare them with.
COPY jira_issues (
    jira_id, key, project_key, title, description, description_adf, environment, labels, priority, priority_id,
    assignee_id, due_date, story_points, status, status_id, status_category, parent_key, parent_id, issue_type,
    issue_type_id, is_subtask, hierarchy_level, reporter_id, creator_id, epic_key, sprint, sprint_id, team, team_id, flagged,
    resolution, resolution_id, security_level, components, fix_versions, affected_versions, estimate_seconds, remaining_seconds,
    spent_seconds, custom_fields, custom_raw, created_at, resolved_at, remote_updated_at, content_hash, last_synced_at
) FROM STDIN;

-- name: known_issues
-- Ids as an array, here and below: without statistics of the temporary table, joins would read the whole of jira_issues.
SELECT jira_id FROM jira_issues WHERE jira_id = ANY (%(jira_ids)s);

-- name: lock_takable_issues
-- The rows that the batch may overwrite: nobody edited or deleted them here (also not behind the trigger's back: the
-- hash tells), no write to Jira is under way, no conflict waits, and the payload is newer than what is stored, or as old
-- and different: places and names change without the issue. They stay locked until the end of the transaction: an edit that comes now
-- waits, and then is an edit of the new values.
SELECT i.jira_id
  FROM jira_issues AS i
  JOIN incoming_issues AS p USING (jira_id)
 WHERE i.jira_id = ANY (%(known)s)
   AND i.local_modified_fields = '{{}}'
   AND i.local_deleted_at IS NULL
   AND (i.content_hash IS NULL
        OR i.content_hash = {hash}(i))
   AND (i.remote_updated_at IS NULL
        OR i.remote_updated_at < p.remote_updated_at
        OR (i.remote_updated_at = p.remote_updated_at
            AND (%(refresh)s OR i.remote_missing_since IS NOT NULL
                 OR (i.remote_state, i.key, i.project_key) IS DISTINCT FROM ('present', p.key, p.project_key)
                 OR (
                    i.title, i.description, i.description_adf, i.environment, i.labels, i.priority, i.priority_id,
                    i.assignee_id, i.due_date, i.story_points, i.status, i.status_id, i.status_category,
                    i.parent_key, i.parent_id, i.issue_type, i.issue_type_id, i.is_subtask, i.hierarchy_level,
                    i.reporter_id, i.creator_id, i.epic_key, i.sprint, i.sprint_id, i.team, i.team_id,
                    i.flagged, i.resolution, i.resolution_id, i.security_level,
                    i.components, i.fix_versions, i.affected_versions, i.estimate_seconds, i.remaining_seconds,
                    i.spent_seconds, i.custom_fields, i.custom_raw, i.created_at, i.resolved_at
                 ) IS DISTINCT FROM (
                    p.title, p.description, p.description_adf, p.environment, p.labels, p.priority, p.priority_id,
                    p.assignee_id, p.due_date, p.story_points, p.status, p.status_id, p.status_category,
                    p.parent_key, p.parent_id, p.issue_type, p.issue_type_id, p.is_subtask, p.hierarchy_level,
                    p.reporter_id, p.creator_id, p.epic_key, p.sprint, p.sprint_id, p.team, p.team_id,
                    p.flagged, p.resolution, p.resolution_id, p.security_level,
                    p.components, p.fix_versions, p.affected_versions, p.estimate_seconds, p.remaining_seconds,
                    p.spent_seconds, p.custom_fields, p.custom_raw, p.created_at, p.resolved_at
                 ))))
   AND NOT EXISTS (SELECT FROM sync_outbox AS o
                    WHERE o.resource_type = 'jira_issue' AND o.resource_id = i.jira_id AND o.needs_care)
   AND NOT EXISTS (SELECT FROM sync_conflicts AS c
                    WHERE c.resource_type = 'jira_issue' AND c.resource_id = i.jira_id
                      AND c.state <> 'closed' AND c.applied_at IS NULL)
 ORDER BY i.jira_id
   FOR UPDATE OF i;

-- name: free_taken_keys
-- Another row still holds a key that an incoming issue has now (keys swapped by moves, or a project made anew): it has
-- lost it, and gets its own when it is fetched.
UPDATE jira_issues AS i
   SET key = i.key || '#' || i.jira_id, remote_state = 'moved'
  FROM unnest(%(keys)s::text[], %(jira_ids)s::text[]) AS p (key, jira_id)
 WHERE i.key = ANY (%(keys)s) AND i.key = p.key AND i.jira_id <> p.jira_id;

-- name: keep_former_keys
-- A changed key is a rename; the old key still leads to the issue.
INSERT INTO key_aliases (jira_id, key, first_seen, last_seen)
SELECT i.jira_id, i.key, coalesce(i.created_at, %(now)s), %(now)s
  FROM jira_issues AS i
  JOIN incoming_issues AS p USING (jira_id)
 WHERE i.jira_id = ANY (%(taken)s) AND i.key <> p.key
    ON CONFLICT (jira_id, key) DO UPDATE SET last_seen = excluded.last_seen
RETURNING jira_id;

-- name: complete_incoming_issues
-- A field that was not in the payload is not known to be empty: it keeps its value.
UPDATE incoming_issues AS p
   SET title = CASE WHEN 'title' = ANY (p.missing) THEN i.title ELSE p.title END,
       description = CASE WHEN 'description' = ANY (p.missing) THEN i.description ELSE p.description END,
       description_adf = CASE WHEN 'description' = ANY (p.missing) THEN i.description_adf ELSE p.description_adf END,
       labels = CASE WHEN 'labels' = ANY (p.missing) THEN i.labels ELSE p.labels END,
       priority = CASE WHEN 'priority' = ANY (p.missing) THEN i.priority ELSE p.priority END,
       priority_id = CASE WHEN 'priority' = ANY (p.missing) THEN i.priority_id ELSE p.priority_id END,
       assignee_id = CASE WHEN 'assignee_id' = ANY (p.missing) THEN i.assignee_id ELSE p.assignee_id END,
       due_date = CASE WHEN 'due_date' = ANY (p.missing) THEN i.due_date ELSE p.due_date END,
       story_points = CASE WHEN 'story_points' = ANY (p.missing) THEN i.story_points ELSE p.story_points END,
       status = CASE WHEN 'status' = ANY (p.missing) THEN i.status ELSE p.status END,
       status_id = CASE WHEN 'status' = ANY (p.missing) THEN i.status_id ELSE p.status_id END,
       status_category = CASE WHEN 'status' = ANY (p.missing) THEN i.status_category ELSE p.status_category END,
       parent_key = CASE WHEN 'parent_key' = ANY (p.missing) THEN i.parent_key ELSE p.parent_key END,
       parent_id = CASE WHEN 'parent_key' = ANY (p.missing) THEN i.parent_id ELSE p.parent_id END,
       issue_type = CASE WHEN 'issue_type' = ANY (p.missing) THEN i.issue_type ELSE p.issue_type END,
       issue_type_id = CASE WHEN 'issue_type' = ANY (p.missing) THEN i.issue_type_id ELSE p.issue_type_id END,
       is_subtask = CASE WHEN 'issue_type' = ANY (p.missing) THEN i.is_subtask ELSE p.is_subtask END,
       hierarchy_level = CASE WHEN 'issue_type' = ANY (p.missing) THEN i.hierarchy_level ELSE p.hierarchy_level END,
       reporter_id = CASE WHEN 'reporter_id' = ANY (p.missing) THEN i.reporter_id ELSE p.reporter_id END,
       creator_id = CASE WHEN 'creator_id' = ANY (p.missing) THEN i.creator_id ELSE p.creator_id END,
       -- One that came from the parent goes with it.
       epic_key = CASE WHEN 'epic_key' = ANY (p.missing)
                        AND (i.epic_key IS DISTINCT FROM i.parent_key OR i.epic_key = p.parent_key) THEN i.epic_key
                       ELSE p.epic_key END,
       environment = CASE WHEN 'environment' = ANY (p.missing) THEN i.environment ELSE p.environment END,
       estimate_seconds = CASE WHEN 'estimate_seconds' = ANY (p.missing) THEN i.estimate_seconds
                               ELSE p.estimate_seconds END,
       remaining_seconds = CASE WHEN 'remaining_seconds' = ANY (p.missing) THEN i.remaining_seconds
                                ELSE p.remaining_seconds END,
       spent_seconds = CASE WHEN 'spent_seconds' = ANY (p.missing) THEN i.spent_seconds ELSE p.spent_seconds END,
       sprint = CASE WHEN 'sprint' = ANY (p.missing) THEN i.sprint ELSE p.sprint END,
       sprint_id = CASE WHEN 'sprint_id' = ANY (p.missing) THEN i.sprint_id ELSE p.sprint_id END,
       team = CASE WHEN 'team' = ANY (p.missing) THEN i.team ELSE p.team END,
       team_id = CASE WHEN 'team' = ANY (p.missing) THEN i.team_id ELSE p.team_id END,
       flagged = CASE WHEN 'flagged' = ANY (p.missing) THEN i.flagged ELSE p.flagged END,
       resolution = CASE WHEN 'resolution' = ANY (p.missing) THEN i.resolution ELSE p.resolution END,
       resolution_id = CASE WHEN 'resolution' = ANY (p.missing) THEN i.resolution_id ELSE p.resolution_id END,
       security_level = CASE WHEN 'security_level' = ANY (p.missing) THEN i.security_level ELSE p.security_level END,
       components = CASE WHEN 'components' = ANY (p.missing) THEN i.components ELSE p.components END,
       fix_versions = CASE WHEN 'fix_versions' = ANY (p.missing) THEN i.fix_versions ELSE p.fix_versions END,
       affected_versions = CASE WHEN 'affected_versions' = ANY (p.missing) THEN i.affected_versions
                                ELSE p.affected_versions END,
       resolved_at = CASE WHEN 'resolved_at' = ANY (p.missing) THEN i.resolved_at ELSE p.resolved_at END
  FROM jira_issues AS i
 WHERE i.jira_id = p.jira_id AND i.jira_id = ANY (%(known)s) AND p.missing <> '{}';

-- name: complete_incoming_custom_fields
-- A custom field that was not in the payload, and not said to be empty, keeps its value as well: which fields a site has,
-- and which of them a project shows, changes from one day to the next. So does one that is changed here only.
UPDATE incoming_issues AS p
   SET custom_fields = (i.custom_fields - p.custom_empty) || (p.custom_fields - %(kept)s::text[]),
       custom_raw = (i.custom_raw - p.custom_empty
                                  - ARRAY(SELECT jsonb_object_keys(p.custom_fields - %(kept)s::text[])))
                    || (p.custom_raw - %(kept)s::text[])
  FROM jira_issues AS i
 WHERE i.jira_id = p.jira_id AND i.jira_id = ANY (%(known)s) AND (i.custom_fields <> '{}' OR %(kept)s::text[] <> '{}');

-- name: audit_taken_issues
-- What the batch overwrites, value by value, for the fields that people can edit on both sides.
INSERT INTO sync_audit (run_id, side, resource_type, resource_id, field, old, new, reason, actor, at)
SELECT %(run_id)s, 'local', 'jira_issue', i.jira_id, change.field, change.old, change.new, 'pulled', 'jira', %(now)s
  FROM jira_issues AS i
  JOIN incoming_issues AS p USING (jira_id)
 CROSS JOIN LATERAL (VALUES
       {audited}
       UNION ALL
       SELECT name, i.custom_fields -> name, p.custom_fields -> name FROM unnest(%(elements)s::text[]) AS name
       ) AS change (field, old, new)
 WHERE i.jira_id = ANY (%(taken)s) AND change.old IS DISTINCT FROM change.new;

-- name: update_taken_issues
UPDATE jira_issues AS i
   SET (
    jira_id, key, project_key, title, description, description_adf, environment, labels, priority, priority_id,
    assignee_id, due_date, story_points, status, status_id, status_category, parent_key, parent_id, issue_type,
    issue_type_id, is_subtask, hierarchy_level, reporter_id, creator_id, epic_key, sprint, sprint_id, team, team_id, flagged,
    resolution, resolution_id, security_level, components, fix_versions, affected_versions, estimate_seconds, remaining_seconds,
    spent_seconds, custom_fields, custom_raw, created_at, resolved_at, remote_updated_at, content_hash
       ) = ROW (
    p.jira_id, p.key, p.project_key, p.title, p.description, p.description_adf, p.environment, p.labels, p.priority,
    p.priority_id, p.assignee_id, p.due_date, p.story_points, p.status, p.status_id, p.status_category,
    p.parent_key, p.parent_id, p.issue_type, p.issue_type_id, p.is_subtask, p.hierarchy_level, p.reporter_id,
    p.creator_id, p.epic_key, p.sprint, p.sprint_id, p.team, p.team_id, p.flagged, p.resolution, p.resolution_id, p.security_level, p.components,
    p.fix_versions,
    p.affected_versions, p.estimate_seconds, p.remaining_seconds, p.spent_seconds, p.custom_fields, p.custom_raw, p.created_at,
    p.resolved_at, p.remote_updated_at,
       {hash_of_p}
       ),
       last_synced_at = %(now)s,
       remote_state = 'present',
       remote_missing_since = NULL,
       sync_errors = '{{}}',
       sync_status = 'synced'
  FROM incoming_issues AS p
 WHERE i.jira_id = p.jira_id AND i.jira_id = ANY (%(taken)s);

-- name: leftover_issues
-- What is known and was not overwritten; `is_same` when that is only because the payload says what is stored. One that is
-- older than what is stored comes from a lagging index, or from a site whose clock or backup went back: asking by id tells.
SELECT i.jira_id, i.project_key, i.key,
       coalesce(i.remote_updated_at > p.remote_updated_at, false) AS is_older,
       i.remote_updated_at = p.remote_updated_at AND NOT %(refresh)s AND i.remote_missing_since IS NULL
       AND (i.remote_state, i.key, i.project_key) IS NOT DISTINCT FROM ('present', p.key, p.project_key) AS is_same
  FROM incoming_issues AS p
  JOIN jira_issues AS i USING (jira_id)
 WHERE i.jira_id = ANY (%(known)s) AND i.jira_id <> ALL (%(taken)s);

-- name: follow_renamed_parents
-- The same parent under a new key is no change of the issue. Edited rows are left to the merge.
UPDATE jira_issues AS i
   SET parent_key = parent.key,
       content_hash = {hash}(jsonb_populate_record(i, jsonb_build_object('parent_key', parent.key)))
  FROM jira_issues AS parent
 WHERE parent.jira_id = ANY (%(renamed)s)
   AND i.parent_id = parent.jira_id
   AND i.parent_key <> parent.key
   AND i.local_modified_fields = '{{}}';

-- name: follow_epics
-- A sub-task belongs to the epic of what it is part of, of which Jira tells with the story only.
UPDATE jira_issues AS part
   SET epic_key = story.epic_key
  FROM jira_issues AS story
 WHERE part.project_key = %(project)s AND part.is_subtask
   AND story.jira_id = part.parent_id
   AND part.epic_key IS DISTINCT FROM story.epic_key;

-- name: count_present_issues
SELECT count(*) AS present FROM jira_issues WHERE project_key = %(project)s AND remote_state = 'present';

-- name: restricted_issues
SELECT jira_id FROM jira_issues WHERE project_key = %(project)s AND security_level IS NOT NULL;
