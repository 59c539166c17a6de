"""What Slack is told: messages from values, and what of them is news. Pure: how they are sent is in `clients/slack`."""
