-- name: display_names
-- For tables that people read; programs want the ids.
SELECT account_id, display_name FROM users WHERE display_name IS NOT NULL;
