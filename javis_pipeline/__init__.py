"""Keeps Jira and Confluence in step with PostgreSQL, in both directions, and turns what it knows into advice."""
