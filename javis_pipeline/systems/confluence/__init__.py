"""Confluence: pages of spaces."""
