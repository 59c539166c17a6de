"""What Slack is told about a project: the values that a post is made of, and those that the next one compares with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.forecast import ForecastOutcome
from javis_pipeline.records.risk import Severity
from javis_pipeline.records.suggestion import Action, AdviceOutcome, SuggestionState
from javis_pipeline.records.values import System, Value, dump_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A suggestion as it is shown. `decided_by` is None while nobody has decided.

    Attributes:
        sprint: The sprint that it is about, as findings name it; None for what is about an issue or a person.
    """

    suggestion_id: UUID
    title: str
    rationale: str
    issue_keys: tuple[str, ...]
    actions: tuple[Action, ...]
    state: SuggestionState = "proposed"
    decided_by: str | None = None
    sprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConflict:
    """A conflict that waits for a person.

    Attributes:
        name: Key of the issue, or title of the page.
        resource_id: Id of the issue or page.
        field: Column, or "(row)" when it is about the whole record.
        base: What both sides held last.
        loses: What goes if ours wins, one line each.
        doubts: Why ours cannot go out as it is, one line each.
    """

    conflict_id: UUID
    system: System
    scope: str
    name: str
    resource_id: str
    field: str
    kind: str
    base: Value
    local: Value
    remote: Value
    loses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Of the pair of values that a person chooses between."""
        return fingerprint(self.field, self.local, self.remote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the daily post is made of.

    Attributes:
        engine: "claude", "rules", or empty when nobody was asked yet.
        model: Name of the model; None for the rules.
        proposals: Best first, in whatever state they are.
        notes: What the reader of the advice should know.
    """

    context: WorkContext
    engine: str = ""
    model: str | None = None
    proposals: tuple[Proposal, ...] = ()
    notes: tuple[str, ...] = ()
    conflicts: tuple[OpenConflict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """A week in hindsight.

    Attributes:
        since, until: Its first day, and the day after its last one.
        forecasts: The dates that came due in it.
        record: All dates that came due in the season before, that week included.
        names: Sprints, epics and versions in words, by the subject of their forecast.
    """

    project: str
    since: date
    until: date
    advice: tuple[AdviceOutcome, ...]
    forecasts: tuple[ForecastOutcome, ...]
    record: tuple[ForecastOutcome, ...]
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskFact:
    """A risk without the numbers that grow older. `subject` is what it is about, in words."""

    severity: Severity
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a post tells, for the next one to compare with.

    Attributes:
        risks: By finding id.
        totals: How many risks of each severity there are, listed or not.
        sprint: Name of the running sprint; None without one.
        proposals: What the suggestions come to, which stays the same when it is suggested again, to its state.
        conflicts: Id of each open conflict, sorted.
    """

    risks: Mapping[str, RiskFact] = field(default_factory=dict)
    totals: Mapping[Severity, int] = field(default_factory=dict)
    open: int = 0
    done: int = 0
    sprint: str | None = None
    sprint_items: int = 0
    sprint_done: int = 0
    sprint_added: int = 0
    proposals: Mapping[str, SuggestionState] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The post before this one."""

    facts: Facts
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A run that failed.

    Attributes:
        url: Where it is shown; None for no link.
        cause: Why, in one sentence.
        remedy: What to do; empty where the cause says it.
    """

    job: str
    run_id: str
    url: str | None
    cause: str
    remedy: str = ""


ChangeKind = Literal["new_risks", "worse_risks", "gone_risks", "done", "sprint", "new_conflicts", "settled_conflicts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is new since the earlier post.

    Attributes:
        finding_ids: For risks: which, the worst first.
        before: What it was: a number, or the name of the sprint.
        after: What it is.
    """

    kind: ChangeKind
    finding_ids: tuple[str, ...] = ()
    before: int | str | None = None
    after: int | str | None = None


def fingerprint(field_name: str, local: Value, remote: Value) -> str:
    """Hex digest over the two values of a field."""
    pair = dump_json([field_name, _comparable(local), _comparable(remote)])
    return hashlib.blake2b(pair.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _comparable(value: Value) -> object:
    """A number that was read in another type is the same number."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    return value
