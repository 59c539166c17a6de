-- What tells that a key leads to another project now, and that a field that was not clear is so again.
ALTER TABLE sync_watermarks ADD COLUMN remote_id text;
ALTER TABLE sync_watermarks ADD COLUMN field_ids jsonb;
COMMENT ON COLUMN sync_watermarks.remote_id IS 'id of the project or space, which stays when its key changes';
COMMENT ON COLUMN sync_watermarks.field_ids IS '{what: id of the field of the site that it was last read from}';
