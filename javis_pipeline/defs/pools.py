"""Pools: how many runs may talk to one remote system at a time."""

import dagster as dg

# A run holds its slots from beginning to end: a pool of one would have the runs of all projects wait for each other.
POOLS = {"jira_api": 2, "confluence_api": 2, "slack_api": 2, "claude_api": 2}


def ensure_pools(instance: dg.DagsterInstance) -> None:
    """Create the pools that are missing; a limit that a person has set stays.

    A pool that comes into being by its first use lets two simultaneous runs through, or loses one of them.
    """
    storage = instance.event_log_storage
    existing = {limit.name for limit in storage.get_pool_limits() if not limit.from_default}
    for name, limit in POOLS.items():
        if name not in existing:
            storage.set_concurrency_slots(name, limit)
