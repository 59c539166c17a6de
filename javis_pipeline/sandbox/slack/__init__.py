"""Slack as the sandbox plays it: the Web API, Socket Mode, and people who press buttons."""
