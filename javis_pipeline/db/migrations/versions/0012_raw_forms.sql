-- What the remote held before a loss that somebody accepted, for undo; conflicts may be gone by then.
ALTER TABLE sync_audit ADD COLUMN old_raw jsonb;
COMMENT ON COLUMN sync_audit.old_raw IS 'remote form before a loss that somebody accepted; NULL where old says it all';
ALTER TABLE sync_conflict_values ADD COLUMN raw jsonb;
COMMENT ON COLUMN sync_conflict_values.raw IS 'remote form, where value is only a view of it';
-- Losses that were accepted before.
UPDATE sync_audit AS a SET old_raw = c.remote_raw
  FROM sync_conflicts AS c
 WHERE c.kind = 'lossy_edit' AND c.state = 'resolved' AND c.resolution = 'local' AND c.applied_at IS NOT NULL
   AND a.side = 'remote' AND a.resource_type = c.resource_type AND a.resource_id = c.resource_id
   AND a.field = c.field_name AND a.old = c.remote_value AND a.new = c.local_value AND a.at >= c.resolved_at;
