-- Posts to Slack take turns by the same lock: a channel, and what it is told about, is a scope of the system "slack".
ALTER TABLE sync_locks DROP CONSTRAINT sync_locks_system_is_known;
ALTER TABLE sync_locks ADD CONSTRAINT sync_locks_system_is_known CHECK (system IN ('jira', 'confluence', 'slack'));
