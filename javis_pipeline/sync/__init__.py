"""Decisions of the sync: pure functions from (base, local, remote) to what should happen."""
