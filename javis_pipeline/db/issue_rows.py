"""Rows of issues and of what hangs on them, and how COPY wants them written.

Needs no database driver: a long load makes them in processes of their own (`steps/worker_processes.py`).
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from javis_pipeline.db.content_hash import content_hasher
from javis_pipeline.db.copy_lines import CopyValue, copy_lines
from javis_pipeline.records.tables import Table

Satellite = Literal[
    "issue_links", "issue_sprints", "comments", "worklogs", "attachments", "status_changes", "sprint_changes"
]
SatelliteRow = tuple[CopyValue, ...]
"""A row for COPY, `jira_id` first, the columns as in `copy_<table>`; other types than numbers as text."""

SATELLITES: Final[tuple[Satellite, ...]] = (
    "issue_links",
    "issue_sprints",
    "comments",
    "worklogs",
    "attachments",
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
    team_id: str | None
    flagged: bool
    resolution: str | None
    resolution_id: str | None
    security_level: str | None
    components: str
    fix_versions: str
    affected_versions: str
    estimate_seconds: int | None
    remaining_seconds: int | None
    spent_seconds: int | None
    custom_fields: str
    custom_raw: str
    created_at: str
    resolved_at: str | None
    remote_updated_at: str
    missing: str
    custom_empty: str


class IssueLine(NamedTuple):
    """An issue written for COPY.

    Attributes:
        columns: The columns of `IssueRow` but the last two, and the content hash.
        told: The last two: what was told of what is not there.
    """

    jira_id: str
    key: str
    remote_updated_at: str
    columns: bytes
    told: bytes


def issue_lines(rows: Sequence[IssueRow], table: Table) -> list[IssueLine]:
    """Issues written for COPY, with their content hashes."""
    content_hash = content_hasher(table)
    columns = copy_lines([(*row[:-2], content_hash(row)) for row in rows])
    told = copy_lines([row[-2:] for row in rows])
    return [
        IssueLine(row.jira_id, row.key, row.remote_updated_at, *line)
        for row, *line in zip(rows, columns, told, strict=True)
    ]
