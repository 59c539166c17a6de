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
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson
from pydantic import TypeAdapter

from javis_pipeline.records.blockers import Blockers
from javis_pipeline.records.flow import Flow
from javis_pipeline.records.forecast import Forecast
from javis_pipeline.records.people import Person, PersonLoad
from javis_pipeline.records.plans import EpicProgress, SprintState, VersionState, VisionState
from javis_pipeline.records.risk import SEVERITY_ORDER, Risk, RiskKind, RiskTotal, Severity

JsonObject = dict[str, Any]

StatusCategory = Literal["new", "indeterminate", "done"]


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
