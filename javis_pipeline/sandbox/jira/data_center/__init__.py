"""Jira Data Center: the same site, as it speaks where a company runs it by itself."""
