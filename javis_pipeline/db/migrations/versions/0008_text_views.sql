-- Descriptions are kept as Markdown, and the way they are written may change from one release to the next. A project whose
-- rows are of another version is carried over by its next run.
ALTER TABLE sync_watermarks ADD COLUMN text_view integer;
COMMENT ON COLUMN sync_watermarks.text_view IS 'version of the form that descriptions are kept in; null before the first carry-over';
