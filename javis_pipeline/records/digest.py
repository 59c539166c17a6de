"""What Slack is told about a project, and what of it is new since the last post. Values only."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Literal
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from javis_pipeline.records.context import SEVERITY_ORDER, JsonObject, Risk, Severity, WorkContext
from javis_pipeline.records.suggestion import Action, SuggestionState
from javis_pipeline.records.values import System, Value, dump_json


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggestion as it is shown. `decided_by` is None while nobody has decided."""

    suggestion_id: UUID
    title: str
    rationale: str
    issue_keys: tuple[str, ...]
    actions: tuple[Action, ...]
    state: SuggestionState = "proposed"
    decided_by: str | None = None


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """A conflict that waits for a person.

    Attributes:
        name: Key of the issue, or title of the page.
        resource_id: Id of the issue or page.
        field: Column, or "(row)" when it is about the whole record.
        base: What both sides held last.
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

    @property
    def fingerprint(self) -> str:
        """Of the pair of values that a person chooses between."""
        return fingerprint(self.field, self.local, self.remote)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class RiskFact:
    """A risk without the numbers that grow older. `subject` is what it is about, in words."""

    severity: Severity
    subject: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a post tells. Equal facts are no news.

    Attributes:
        risks: By finding id.
        totals: How many risks of each severity there are, listed or not.
        sprint: Name of the running sprint; None without one.
        proposals: What is suggested, in words that stay the same when it is suggested again, to its state.
        conflicts: Id and fingerprint of each open conflict, sorted.
        engine: Who suggests.
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
    engine: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """The post before this one."""

    facts: Facts
    posted_at: datetime


ChangeKind = Literal["new_risks", "worse_risks", "gone_risks", "done", "sprint", "sprint_done", "conflicts"]


@dataclass(frozen=True, slots=True)
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


def digest_facts(digest: Digest) -> Facts:
    """The facts that a digest tells."""
    context = digest.context
    sprint = context.sprints[0] if context.sprints else None
    return Facts(
        risks=_risk_facts(context, "low"),
        totals=_totals(context, "low"),
        open=context.counts.new + context.counts.indeterminate,
        done=context.counts.done,
        sprint=sprint.name if sprint else None,
        sprint_items=sprint.items if sprint else 0,
        sprint_done=sprint.done if sprint else 0,
        sprint_added=len(sprint.added_keys) if sprint else 0,
        proposals={f"{' '.join(p.issue_keys)}: {p.title}": p.state for p in digest.proposals},
        conflicts=tuple(sorted(f"{conflict.conflict_id} {conflict.fingerprint}" for conflict in digest.conflicts)),
        engine=f"{digest.engine} {digest.model or ''}".strip(),
    )


def alert_facts(context: WorkContext) -> Facts:
    """The facts that an alert tells: the risks of at least medium severity. The others can wait for the digest."""
    return Facts(risks=_risk_facts(context, "medium"), totals=_totals(context, "medium"))


def changes_since(before: Facts, now: Facts) -> tuple[Change, ...]:
    """What became different, the most urgent first."""
    new = [finding for finding in now.risks if finding not in before.risks]
    gone = [finding for finding in before.risks if finding not in now.risks]
    worse = [
        finding
        for finding, risk in now.risks.items()
        if finding in before.risks and SEVERITY_ORDER[risk.severity] < SEVERITY_ORDER[before.risks[finding].severity]
    ]
    changes = [
        Change("new_risks", _worst_first(new, now)),
        Change("worse_risks", _worst_first(worse, now)),
        Change("gone_risks", _worst_first(gone, before)),
        Change("done", before=before.done, after=now.done),
        Change("sprint", before=before.sprint, after=now.sprint),
        Change("conflicts", before=len(before.conflicts), after=len(now.conflicts)),
    ]
    if before.sprint == now.sprint:
        changes.append(Change("sprint_done", before=before.sprint_done, after=now.sprint_done))
    return tuple(change for change in changes if change.finding_ids or change.before != change.after)


def facts_hash(facts: Facts) -> str:
    """Hex digest over facts; equal means that there is no news."""
    return _digest(facts_to_json(facts))


def facts_to_json(facts: Facts) -> JsonObject:
    """The facts as JSON values."""
    document: JsonObject = _adapter().dump_python(facts, mode="json")
    return document


def facts_from_json(document: JsonObject) -> Facts | None:
    """The facts that `facts_to_json` wrote; None for what is none: a post without facts."""
    try:
        return _adapter().validate_python(document) if document else None
    except ValidationError:
        return None


@cache
def _adapter() -> TypeAdapter[Facts]:
    # Built on first use: it takes longer than everything else that importing this module does.
    return TypeAdapter(Facts)


def fingerprint(field_name: str, local: Value, remote: Value) -> str:
    """Hex digest over the two values of a field."""
    pair = dump_json([field_name, _comparable(local), _comparable(remote)])
    return hashlib.blake2b(pair.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _comparable(value: Value) -> object:
    """A number that was read in another type is the same number."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return float(value)
    return value


def _digest(document: object) -> str:
    return hashlib.blake2b(orjson.dumps(document, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _risk_facts(context: WorkContext, least: Severity) -> dict[str, RiskFact]:
    return {
        risk.finding_id: RiskFact(risk.severity, _subject(risk, context))
        for risk in context.risks
        if SEVERITY_ORDER[risk.severity] <= SEVERITY_ORDER[least]
    }


def _subject(risk: Risk, context: WorkContext) -> str:
    """What a risk is about: a person, the sprint, a page, else its first issue."""
    if risk.account_id is not None:
        names = {person.account_id: person.display_name for person in context.people}
        return names.get(risk.account_id, "somebody")
    if risk.kind == "scope_creep":
        return "the sprint"
    if risk.page_ids:
        titles = {page.page_id: page.title for page in context.pages}
        return titles.get(risk.page_ids[0]) or f"page {risk.page_ids[0]}"
    return risk.issue_keys[0] if risk.issue_keys else risk.finding_id


def _totals(context: WorkContext, least: Severity) -> dict[Severity, int]:
    totals: dict[Severity, int] = {}
    for total in context.risk_totals:
        if SEVERITY_ORDER[total.severity] <= SEVERITY_ORDER[least]:
            totals[total.severity] = totals.get(total.severity, 0) + total.count
    return totals


def _worst_first(findings: list[str], facts: Facts) -> tuple[str, ...]:
    return tuple(sorted(findings, key=lambda finding: SEVERITY_ORDER[facts.risks[finding].severity]))
