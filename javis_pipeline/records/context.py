"""The work context of a project: what is going on, what is at risk, what blocks what, and when it will be done.

Values only, ready for JSON: `to_json` and `from_json` are each other's inverse. Days are calendar days in the time zone
that the context was built in; everything that depends on the time of reading is rounded to such days, so a context
changes at midnight or when the data change, and `context_hash` stays the same in between.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter

from javis_pipeline.records.blockers import Blockers
from javis_pipeline.records.flow import Flow

JsonObject = dict[str, Any]

StatusCategory = Literal["new", "indeterminate", "done"]
Severity = Literal["high", "medium", "low"]
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


@dataclass(frozen=True, slots=True)
class IssueBrief:
    """What a reader needs to recognise an issue that the context names. All but the key may be unknown (None)."""

    key: str
    title: str | None
    issue_type: str | None
    status: str | None
    status_category: StatusCategory | None
    priority: str | None
    assignee_id: str | None
    due_date: date | None
    parent_key: str | None
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A person that the context names."""

    account_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Issues by status category and by type (then category).

    `unknown` is how many have no known status category; they are in no other figure.
    """

    total: int
    new: int
    indeterminate: int
    done: int
    unknown: int
    by_type: Mapping[str, Mapping[StatusCategory, int]]


@dataclass(frozen=True, slots=True)
class SprintState:
    """A sprint in the eyes of the project: only the project's issues count.

    Attributes:
        days_left: Whole days until the last one, 0 on the last day, negative when it is overrun; None without dates.
        items: Work items in the sprint now, sub-tasks left out.
        points: Their story points; None when no item has an estimate.
        added_keys: Items that came after the start and are still in it.
        removed_keys: Items that left after the start.
        committed: Items at the start, as far as the history tells.
        notes: What keeps these figures from being complete.
    """

    sprint_id: int
    name: str
    state: str
    goal: str | None
    start_on: date | None
    end_on: date | None
    days_left: int | None
    items: int
    done: int
    in_progress: int
    not_started: int
    points: float | None
    points_done: float | None
    committed: int
    added_keys: tuple[str, ...]
    removed_keys: tuple[str, ...]
    remaining_keys: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether it should have ended before today."""
        return self.days_left is not None and self.days_left < 0


@dataclass(frozen=True, slots=True)
class PersonLoad:
    """The open work of one person in the project (no epics, and no issue whose sub-tasks are still open).

    People of whose issues nobody touched any for very long are no part of the workload.

    Attributes:
        finished_last_4_weeks: The pace to compare with.
        components: Those that most of their work was on.
        moving: Of those in progress, the ones that somebody touched within `Thresholds.forgotten_days`.
    """

    account_id: str
    in_progress: int
    open: int
    in_sprint: int
    overdue: int
    finished_last_4_weeks: int
    components: tuple[str, ...] = ()
    moving: int = 0


@dataclass(frozen=True, slots=True)
class EpicProgress:
    """An open epic: how far its issues are. Points are None when no issue of it has an estimate."""

    key: str
    items: int
    done: int
    in_progress: int
    points: float | None
    points_done: float | None
    unestimated_open: int
    due_date: date | None
    last_finished_on: date | None


VisionVerdict = Literal["on_course", "late", "unclear", "no_live_epic", "finished"]


@dataclass(frozen=True, slots=True)
class VisionState:
    """A goal of the roadmap and what works towards it.

    Attributes:
        live_epic_keys: Its epics in this project that are open.
        other_epic_keys: Its epics that are done, in another project, or not known here.
        expected_on: When the last live epic is done with 85 % likelihood; None when no forecast can be made.
    """

    vision_id: int
    title: str
    horizon: date | None
    owner_id: str | None
    live_epic_keys: tuple[str, ...]
    other_epic_keys: tuple[str, ...]
    items: int
    done: int
    expected_on: date | None
    verdict: VisionVerdict


@dataclass(frozen=True, slots=True)
class PageState:
    """A Confluence page that speaks of issues of the project.

    `behind_days` is how much later one of its issues changed status than the page was edited; 0 when none did.
    """

    page_id: str
    space_key: str
    title: str | None
    edited_on: date | None
    issue_keys: tuple[str, ...]
    behind_days: int


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version that is to be released on a known day.

    Attributes:
        items: Work items that name it; an item in two versions counts in both.
        remaining_keys: Those that are open: what nobody has begun comes first.
        not_started: How many of these nobody has begun.
    """

    version_id: str
    name: str
    release_on: date
    items: int
    done: int
    not_started: int
    remaining_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the remaining items will be done, from random repetitions of the project's own past.

    Attributes:
        subject: "sprint:31", "epic:OQC-4" or "version:10012".
        remaining: Items to finish.
        p50_on: Done by then in half of the repetitions; None when no forecast can be made.
        target_on: When it should be done: the sprint's end, the epic's due date.
        on_time: Share of the repetitions that were done by `target_on`, 0 to 1.
        reason: Why there is no forecast, or what it does not know; empty when there is nothing to say.
        share: Part of the project's throughput that went to the subject lately.
    """

    subject: str
    remaining: int
    p50_on: date | None
    p85_on: date | None
    p95_on: date | None
    target_on: date | None
    on_time: float | None
    reason: str
    share: float


@dataclass(frozen=True, slots=True)
class ForecastOutcome:
    """What came of a forecast.

    Attributes:
        said_on: When it was made.
        due_on: By when it was to be done in 85 of 100 cases.
        left: Items that were left on that day; 0: the date held.
    """

    subject: str
    said_on: date
    due_on: date
    left: int


@dataclass(frozen=True, slots=True)
class WorkContext:
    """Everything that is known about a project at `as_of`.

    Attributes:
        time_zone: IANA name of the zone that days are counted in.
        sprints: Active sprints, the one that ends first at the front; a sprint that was asked for comes before them.
        workload: Busiest first; people without open work, and those who are not at work here, are left out.
        unassigned_open: Open issues that nobody has.
        risks: Worst first, `Thresholds.risks_per_kind` of each kind, among them the worst of each severity that
            `risk_totals` counts, which counts all.
        issues: Every issue that is named anywhere in the context and is known, by key.
        notes: What is missing, odd or left out, in sentences.
        high_priorities: Names of the priorities that count as high here, in lower case.
    """

    project_key: str
    as_of: datetime
    time_zone: str
    counts: Counts
    flow: Flow
    sprints: tuple[SprintState, ...]
    workload: tuple[PersonLoad, ...]
    unassigned_open: int
    epics: tuple[EpicProgress, ...]
    visions: tuple[VisionState, ...]
    pages: tuple[PageState, ...]
    risks: tuple[Risk, ...]
    risk_totals: tuple[RiskTotal, ...]
    blockers: Blockers
    forecasts: tuple[Forecast, ...]
    issues: tuple[IssueBrief, ...] = ()
    people: tuple[Person, ...] = ()
    notes: tuple[str, ...] = field(default=())
    high_priorities: tuple[str, ...] = ()
    versions: tuple[VersionState, ...] = ()

    @property
    def today(self) -> date:
        """The day of `as_of` in `time_zone`."""
        return self.as_of.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def worst(self) -> Severity | None:
        """Severity of the worst risk; None when there is no risk."""
        return min((total.severity for total in self.risk_totals), key=SEVERITY_ORDER.__getitem__, default=None)

    def total(self, kind: RiskKind) -> int:
        """How many risks of `kind` there are, of any severity."""
        return sum(total.count for total in self.risk_totals if total.kind == kind)

    def without(self, *, risks: bool = False, blockers: bool = False) -> "WorkContext":
        """The context with the parts left empty whose argument is true."""
        slim = self
        if risks:
            slim = replace(slim, risks=(), risk_totals=())
        if blockers:
            slim = replace(slim, blockers=Blockers(roots=(), cycles=(), links=(), blocked=0, deepest=0))
        return slim


@cache
def _adapter() -> TypeAdapter[WorkContext]:
    # Built on first use: it takes longer than everything else that importing this module does.
    return TypeAdapter(WorkContext)


def to_json(context: WorkContext) -> JsonObject:
    """The context as JSON values: dates as ISO strings, tuples as lists."""
    document: JsonObject = _adapter().dump_python(context, mode="json")
    return document


def from_json(document: JsonObject) -> WorkContext:
    """The context that `to_json` wrote; pydantic.ValidationError when it is something else."""
    return _adapter().validate_python(document)


def context_hash(context: WorkContext) -> str:
    """Hex digest over everything but `as_of`: equal means that nothing a reader can see has changed."""
    document = to_json(context)
    del document["as_of"]
    return hashlib.blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
