"""A finding: one thing in a project that may go wrong, or that somebody has to act on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

RiskKind = Literal[
    "overdue",
    "due_soon_not_started",
    "blocked",
    "blocker_not_synced",
    "blocks_many",
    "idle_in_progress",
    "unassigned_in_sprint",
    "high_priority_untouched",
    "overloaded_person",
    "held_by_one",
    "scope_creep",
    "sprint_off_track",
    "epic_late",
    "version_late",
    "epic_without_estimate",
    "dependency_cycle",
    "reopened",
    "conflict_open",
    "page_stale",
    "asleep",
]

Severity = Literal["high", "medium", "low"]

# What these are about is a sprint, named by the evidence `sprint_id`; their issues are some of it.
SPRINT_KINDS: Final = frozenset[RiskKind]({"scope_creep", "sprint_off_track"})

SEVERITY_ORDER: Final[Mapping[Severity, int]] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that may go wrong.

    Attributes:
        finding_id: What a suggestion cites: the kind and what it is about, as in "overdue:OQC-7".
        summary: One sentence with the numbers, without any text that people wrote in an issue.
        issue_keys: The issues concerned, the most important one first.
        evidence: The numbers behind it; their units are in their names.
        since: First day on which it was so; None when the data do not tell.
        page_ids: The Confluence pages concerned.
        account_id: The person concerned.
    """

    finding_id: str
    kind: RiskKind
    severity: Severity
    summary: str
    issue_keys: tuple[str, ...]
    evidence: Mapping[str, int | float | str]
    since: date | None
    page_ids: tuple[str, ...] = ()
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class RiskTotal:
    """How many risks of a kind and severity there are; the context itself lists the worst of each kind."""

    kind: RiskKind
    severity: Severity
    count: int
