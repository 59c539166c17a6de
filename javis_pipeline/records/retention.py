"""For how long history is kept."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KeepDays:
    """Days after which history may go; the newest of each kind, and what something open still needs, stays.

    Attributes:
        runs: Runs of Dagster with their events and logs, and the steps of the sync.
        journal: Edits made here that have gone out, and writes that are settled.
        audit: Who changed what, and the conflicts that are over with every value they held. `undo` reaches back so far.
        quarantine: Raw payloads of records that could not be read; that they could not is remembered until they can.
        advice: Suggestions and posts.
    """

    runs: int = 30
    journal: int = 90
    audit: int = 400
    quarantine: int = 90
    advice: int = 180
