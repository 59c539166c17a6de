"""The sandbox's Jira Cloud: REST API v3 and the agile API."""
