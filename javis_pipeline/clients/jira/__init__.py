"""Jira Cloud: `client` talks, `wire` turns its JSON into records, `fields` finds what differs from site to site."""
