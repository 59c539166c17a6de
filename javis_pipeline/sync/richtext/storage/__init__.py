"""Confluence storage format: XHTML of a page, split, compared and merged by block, untouched where nobody edited."""
