"""A self-hosted Confluence as the sandbox plays it."""
