"""Small worlds for the work context: rows for `frames_of`, with only what a test is about."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from javis_pipeline.context.build import build_work_context
from javis_pipeline.context.days import Today
from javis_pipeline.context.frames import COLUMNS, Frames, frames_of
from javis_pipeline.context.thresholds import Thresholds
from javis_pipeline.records.context import WorkContext
from javis_pipeline.records.risk import Risk

# A Wednesday.
NOW = datetime(2026, 3, 18, 9, 30, tzinfo=UTC)
TODAY = Today(NOW, ZoneInfo("UTC"))
STATUSES = [("1", "To Do", "new"), ("3", "In Progress", "indeterminate"), ("5", "Done", "done")]
_STATUS_OF = {category: (status_id, name) for status_id, name, category in STATUSES}


def ago(days: float) -> datetime:
    """An instant some days before now."""
    return NOW - timedelta(days=days)


def day(offset: int) -> date:
    """A day, counted from today."""
    return NOW.date() + timedelta(days=offset)


def an_issue(key: str, category: str = "new", **fields: Any) -> dict[str, Any]:
    """An issue that was made a month ago, is assigned and was touched yesterday, unless told otherwise."""
    status_id, status = _STATUS_OF.get(category, (None, None))
    return {
        "jira_id": f"id-{key}",
        "key": key,
        "title": f"Title of {key}",
        "issue_type": "Story",
        "hierarchy_level": 0,
        "is_subtask": False,
        "status": status,
        "status_id": status_id,
        "status_category": category,
        "priority": "Medium",
        "assignee_id": "ann",
        "flagged": False,
        "created_at": ago(30),
        "updated_at": ago(1),
        **fields,
    }


def a_change(key: str, from_: str, to: str, days_ago: float) -> dict[str, Any]:
    """A change of status between two categories."""
    (from_id, from_status), (to_id, to_status) = _STATUS_OF[from_], _STATUS_OF[to]
    return {
        "jira_id": f"id-{key}",
        "from_id": from_id,
        "from_status": from_status,
        "to_id": to_id,
        "to_status": to_status,
        "changed_at": ago(days_ago),
    }


def a_sprint(sprint_id: int = 1, **fields: Any) -> dict[str, Any]:
    """An active sprint that began a week ago and ends in a week."""
    return {
        "sprint_id": sprint_id,
        "name": f"Sprint {sprint_id}",
        "state": "active",
        "start_at": ago(7),
        "end_at": ago(-7),
        **fields,
    }


def in_sprint(*keys: str, sprint_id: int = 1) -> list[dict[str, Any]]:
    """Rows of `issue_sprints`."""
    return [{"jira_id": f"id-{key}", "sprint_id": sprint_id} for key in keys]


def blocks(blocker: str, blocked: str, number: int | None = None) -> dict[str, Any]:
    """A link as it is seen from the blocker."""
    return {"key": blocker, "label": "blocks", "other_key": blocked, "link_id": number and str(number)}


def some_frames(**tables: Iterable[dict[str, Any]]) -> Frames:
    """Frames of rows that are dicts; columns that are left out are missing values."""
    rows: dict[str, Iterable[dict[str, Any]]] = {
        "statuses": [dict(zip(COLUMNS["statuses"], row, strict=True)) for row in STATUSES],
        **tables,
    }
    return frames_of(
        {name: [[row.get(column) for column in COLUMNS[name]] for row in table] for name, table in rows.items()}
    )


def a_context(
    *,
    now: datetime = NOW,
    zone: str = "UTC",
    thresholds: Thresholds | None = None,
    sprint: str | None = None,
    **tables: Any,
) -> WorkContext:
    """The context of project OQC with these tables."""
    return build_work_context(
        some_frames(**tables),
        "OQC",
        now=now,
        zone=ZoneInfo(zone),
        thresholds=thresholds or Thresholds(),
        sprint=sprint,
    )


def risks_of(context: WorkContext, kind: str) -> list[Risk]:
    """The risks of one kind."""
    return [risk for risk in context.risks if risk.kind == kind]


def with_thresholds(**limits: Any) -> Thresholds:
    """The defaults but for these limits."""
    return replace(Thresholds(), **limits)
