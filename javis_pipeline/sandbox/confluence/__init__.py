"""Confluence Cloud as the sandbox plays it: spaces, pages, versions and labels over REST v2 and what is left of v1."""
