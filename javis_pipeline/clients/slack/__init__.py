"""Slack: `client` posts and reads, `web` is how it talks, `inbox` takes presses of buttons."""
