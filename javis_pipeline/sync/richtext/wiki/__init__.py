"""Wiki markup, the text of a self-hosted Jira: it is edited as it stands, and merged block by block."""
