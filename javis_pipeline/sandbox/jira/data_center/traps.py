"""Habits of self-hosted sites that break clients, each by a name under which it is switched on."""

import random
from collections.abc import Iterable
from enum import StrEnum


class Trap(StrEnum):
    """One habit."""

    BASIC_OFF = "basic-off"  # user and password are refused, as since Jira 11
    LOGIN_PAGE = "login-page"  # who is not let in gets a login page with 200
    REDIRECT = "redirect"  # who is not let in is sent to a login page
    LOW_CAP = "low-cap"  # searches give at most 100 issues, whatever is asked
    UNKNOWN_ID = "unknown-id"  # one unknown issue spoils a list, and a comparison with it, for whatever is asked
    NO_MARKS = "no-marks"  # nothing is kept of what comes with an edit: properties, metadata, messages of versions
    NARROW_SCREEN = "narrow-screen"  # story points and due date are not on the edit screen
    TRANSITION_500 = "transition-500"  # a transition that is not open is an internal error
    TWO_NODES = "two-nodes"  # each with an index of its own; requests go to either
    HUB = "hub"  # issues with links are not answered in time when their links are asked for
    LONG_HISTORIES = "long-histories"  # an answer with more than twenty changes does not come in time
    NO_SOFTWARE = "no-software"  # there is no Jira Software: no boards, no sprints, no epics
    NO_ARCHIVE = "no-archive"  # the licence, or the plan on Cloud, has no archive for issues
    HIDDEN_PEOPLE = "hidden-people"  # the account lacks "Browse users"
    NO_EDIT = "no-edit"  # the account lacks "Edit issues", and may only look at pages
    ARCHIVED = "archived"  # all projects are archived: listed only when asked for, and nothing of them is found
    CLOSED = "closed"  # who says nothing of who he is is told nothing
    SERVER_ZONE = "server-zone"  # dates in queries are read in the zone of the server and not of the account
    TIGHT_BUCKET = "tight-bucket"  # the rate limit of a careful administrator; each node has a bucket of its own
    BLOCKED = "blocked"  # an administrator allows the account no requests at all
    READ_ONLY = "read-only"  # maintenance: nobody may write
    READ_ONLY_ADMIN = "read-only-admin"  # maintenance: the account is an administrator, and its writes go through
    MAINTENANCE = "maintenance"  # 503 for everything
    REINDEX = "reindex"  # 503 for searches
    OLD = "old"  # version 8.13
    AGING = "aging"  # version 9.4
    EXPIRING = "expiring"  # the personal access token ends within days


# With these everything still works, only differently.
_BEARABLE = (
    *(Trap.BASIC_OFF, Trap.LOW_CAP, Trap.UNKNOWN_ID, Trap.NO_MARKS, Trap.TRANSITION_500, Trap.TWO_NODES),
    *(Trap.LONG_HISTORIES, Trap.CLOSED, Trap.SERVER_ZONE, Trap.TIGHT_BUCKET, Trap.EXPIRING, Trap.AGING),
)


def parse_traps(text: str, *, seed: int) -> frozenset[Trap]:
    """Traps by their names, separated by commas; `seed` is a choice by chance of those one can live with, `all` all of
    those.

    Raises:
        ValueError: There is no such trap.
    """
    found: set[Trap] = set()
    for word in filter(None, (part.strip() for part in text.split(","))):
        found.update(_meant(word, seed))
    return frozenset(found)


def _meant(word: str, seed: int) -> Iterable[Trap]:
    if word == "all":
        return _BEARABLE
    if word == "seed":
        chance = random.Random(f"{seed}:traps")  # noqa: S311 - chance in a test double, not a secret
        return [trap for trap in _BEARABLE if chance.random() < 0.5]
    if word not in list(Trap):
        raise ValueError(f"trap {word!r} is unknown; there are: seed, all, {', '.join(Trap)}")
    return [Trap(word)]
