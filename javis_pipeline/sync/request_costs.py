"""What a sync asks of the sites, in requests: what `javis status --requests` tells, and the benchmark counts. Pure."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from javis_pipeline.records.values import System

# A run that finds nothing new, with one board and what the site told lately known: `make bench ARGS=requests`.
UNCHANGED: Final[Mapping[System, int]] = {"jira": 8, "confluence": 8}
# Of Atlassian's cloud: a token has no quota an hour, and of each endpoint and method so many a second, which is the
# least of them. https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
BURST: Final = 50
MINUTES: Final = (1, 5, 15, 60)


class Asked(NamedTuple):
    """What the runs of all scopes of a system ask for, when nothing changes.

    Attributes:
        scopes: Projects or spaces.
        each: Requests of one run of one of them, at most.
        hourly: Requests an hour, for each of `MINUTES` between two runs.
    """

    system: System
    scopes: int
    each: int
    hourly: tuple[int, ...]


def requests_an_hour(scopes: Mapping[System, int]) -> list[Asked]:
    """What so many projects and spaces come to."""
    return [
        Asked(
            system,
            number,
            UNCHANGED[system],
            tuple(number * UNCHANGED[system] * 60 // minutes for minutes in MINUTES),
        )
        for system, number in scopes.items()
        if number
    ]
