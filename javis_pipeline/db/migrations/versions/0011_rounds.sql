-- How far a round over all records, and one over all labels, has come; see `steps/rounds.py`.
ALTER TABLE sync_watermarks ADD COLUMN reconciled_at timestamptz;
ALTER TABLE sync_watermarks ADD COLUMN reconciled_to text;
ALTER TABLE sync_watermarks ADD COLUMN labels_to text;
COMMENT ON COLUMN sync_watermarks.reconciled_at IS 'when records were last compared with the remote although nothing said that they had changed';
COMMENT ON COLUMN sync_watermarks.reconciled_to IS 'id of the last of them';
COMMENT ON COLUMN sync_watermarks.labels_to IS 'label whose pages were compared last';
COMMENT ON COLUMN jira_issues.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the record itself';
COMMENT ON COLUMN confluence_pages.sync_errors IS '{field: why it is not in step, and the remedy}; (row) is the record itself';
