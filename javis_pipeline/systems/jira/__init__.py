"""Jira: issues of projects."""
