"""Confluence Cloud: `client` talks, `wire` turns its JSON into records."""
