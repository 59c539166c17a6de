"""Rows of issues and of what hangs on them, in the form in which COPY takes them quickest.

Needs no database driver: a first load makes its rows in a process of its own (`steps/worker_processes.py`).
"""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from hashlib import md5
from typing import Any, Final, Literal, NamedTuple

_NULL: Final = "\x1e"
_DAY_ZERO: Final = date(2000, 1, 1)

Satellite = Literal["issue_links", "issue_sprints", "comments", "worklogs", "status_changes", "sprint_changes"]
SatelliteRow = tuple[str | int | bool | datetime | None, ...]
"""A row for COPY, `jira_id` first, the columns as in `copy_<table>`; instants may be text."""

SATELLITES: Final[tuple[Satellite, ...]] = (
    "issue_links",
    "issue_sprints",
    "comments",
    "worklogs",
    "status_changes",
    "sprint_changes",
)


class IssueRow(NamedTuple):
    """An issue for COPY: the columns of `jira_issues`, other types than numbers as PostgreSQL's text of them."""

    jira_id: str
    key: str
    project_key: str
    title: str | None
    description: str | None
    description_adf: str | None
    environment: str | None
    labels: str
    priority: str | None
    priority_id: str | None
    assignee_id: str | None
    due_date: str | None
    story_points: str | None
    status: str | None
    status_id: str | None
    status_category: str | None
    parent_key: str | None
    parent_id: str | None
    issue_type: str | None
    issue_type_id: str | None
    is_subtask: bool
    hierarchy_level: int | None
    reporter_id: str | None
    creator_id: str | None
    epic_key: str | None
    sprint: str | None
    sprint_id: int | None
    team: str | None
    flagged: bool
    resolution: str | None
    components: str
    fix_versions: str
    affected_versions: str
    estimate_seconds: int | None
    remaining_seconds: int | None
    spent_seconds: int | None
    custom_fields: str
    created_at: str
    resolved_at: str | None
    remote_updated_at: str
    missing: str

    @property
    def new_columns(self) -> tuple[Any, ...]:
        """The values of the columns of an issue that is not stored yet, up to `content_hash`, for COPY."""
        return (*self[:-1], self.content_hash)

    @property
    def content_hash(self) -> str:
        """What `jira_issue_content_hash` makes of the row."""
        parts = (
            _NULL if self.title is None else self.title,
            _NULL if self.description is None else _md5(self.description),
            _NULL if self.status is None else self.status,
            _NULL if self.priority is None else self.priority,
            self.labels,
            _NULL if self.assignee_id is None else self.assignee_id,
            _NULL if self.due_date is None else str((date.fromisoformat(self.due_date) - _DAY_ZERO).days),
            _NULL if self.story_points is None else _trimmed(Decimal(self.story_points)),
            _NULL if self.parent_key is None else self.parent_key,
        )
        return _md5("\x1f".join(parts))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def _trimmed(number: Decimal) -> str:
    """A number as PostgreSQL's `trim_scale` shows it."""
    return f"{number.normalize():f}" if number else "0"


# What PostgreSQL writes without quotes in an array.
_UNQUOTED: Final = re.compile(r'[^\s{},"\\]+', re.ASCII)


def array_text(items: Iterable[str]) -> str:
    """A list of texts as PostgreSQL spells an array: psycopg's own way takes ten times as long."""
    return "{" + ",".join([item if _is_unquoted(item) else _quoted(item) for item in items]) + "}"


def _is_unquoted(item: str) -> bool:
    return _UNQUOTED.fullmatch(item) is not None and item.upper() != "NULL"


def _quoted(item: str) -> str:
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
