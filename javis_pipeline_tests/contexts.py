"""Work contexts for tests: empty but for what a test is about."""

from datetime import UTC, date, datetime
from typing import Any

from javis_pipeline.records.blockers import Blockers
from javis_pipeline.records.context import Counts, IssueBrief, WorkContext
from javis_pipeline.records.flow import Flow
from javis_pipeline.records.people import Person, PersonLoad
from javis_pipeline.records.plans import SprintState
from javis_pipeline.records.risk import Risk, RiskKind, RiskTotal, Severity

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def a_context(**parts: Any) -> WorkContext:
    """A context of project OQC; `risk_totals` follow from `risks` unless they are given."""
    totals: dict[tuple[RiskKind, Severity], int] = {}
    for risk in parts.get("risks", ()):
        totals[risk.kind, risk.severity] = totals.get((risk.kind, risk.severity), 0) + 1
    nothing: dict[str, Any] = {
        "project_key": "OQC",
        "as_of": NOW,
        "time_zone": "UTC",
        "counts": Counts(0, 0, 0, 0, 0, {}),
        "flow": Flow(0, (), 0, None, None, 0, None, None, None, (), ()),
        "sprints": (),
        "workload": (),
        "unassigned_open": 0,
        "epics": (),
        "visions": (),
        "pages": (),
        "risks": (),
        "risk_totals": tuple(RiskTotal(kind, severity, count) for (kind, severity), count in totals.items()),
        "blockers": Blockers(roots=(), cycles=(), links=(), blocked=0, deepest=0),
        "forecasts": (),
        "high_priorities": ("highest", "high"),
    }
    return WorkContext(**(nothing | parts))


def a_risk(kind: RiskKind, *issue_keys: str, severity: Severity = "high", **parts: Any) -> Risk:
    """A finding about the issues; its id is made of kind and first issue."""
    subject = issue_keys[0] if issue_keys else parts.get("account_id", "")
    return Risk(
        finding_id=f"{kind}:{subject}",
        kind=kind,
        severity=severity,
        summary=parts.pop("summary", f"{subject} is {kind}."),
        issue_keys=issue_keys,
        evidence=parts.pop("evidence", {}),
        since=parts.pop("since", None),
        **parts,
    )


def an_issue_brief(key: str, **parts: Any) -> IssueBrief:
    """An open issue as a context names it."""
    usual: dict[str, Any] = {
        "title": f"Title of {key}",
        "issue_type": "Story",
        "status": "To Do",
        "status_category": "new",
        "priority": "Medium",
        "assignee_id": None,
        "due_date": None,
        "parent_key": None,
    }
    return IssueBrief(key, **(usual | parts))


def a_load(
    account_id: str,
    *,
    in_progress: int = 1,
    open: int = 2,  # noqa: A002 as in the record
    components: tuple[str, ...] = (),
) -> PersonLoad:
    """The open work of a person."""
    return PersonLoad(account_id, in_progress, open, 0, 0, 1, components=components)


def a_sprint(*remaining_keys: str, end_on: date | None = None, days_left: int | None = None) -> SprintState:
    """A running sprint with these issues left to do."""
    return SprintState(
        31, "Sprint 31", "active", None, date(2026, 2, 23), end_on, days_left, len(remaining_keys), 0, 0,
        len(remaining_keys), None, None, len(remaining_keys), (), (), remaining_keys,
    )  # fmt: skip


ANN, BOB = Person("ann", "Ann Smith"), Person("bob", "Bob Miller")
