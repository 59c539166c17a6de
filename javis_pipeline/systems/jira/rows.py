"""An issue as rows of our tables: its own, and those of what came with it."""

from collections.abc import Iterable
from typing import Final, TypeVar

import orjson

from javis_pipeline.db.content_hash import array_text, jsonb_text
from javis_pipeline.db.issue_rows import IssueRow, Satellite, SatelliteRow
from javis_pipeline.records import MISSING, Missing
from javis_pipeline.records.jira import Comment, FieldMap, Issue, JsonObject, Link, Worklog
from javis_pipeline.sync.richtext.markdown_writer import adf_to_markdown
from javis_pipeline.systems.jira.made import Maker

T = TypeVar("T")

NO_ROLES: Final = FieldMap()


def issue_row(issue: Issue, fields: FieldMap = NO_ROLES) -> IssueRow:
    """The row of an issue; what is MISSING is named in it and empty."""
    document = _known(issue.description_adf)
    due_date, story_points, resolved_at = issue.due_date, issue.story_points, issue.resolved_at
    return IssueRow(
        jira_id=issue.jira_id,
        key=issue.key,
        project_key=issue.project_key,
        title=_known(issue.title),
        description=adf_to_markdown(document) if document else _known(issue.description),
        description_adf=_json(document) if document else None,
        environment=_markdown(_known(issue.environment)),
        labels=_names(issue.labels),
        priority=_known(issue.priority),
        priority_id=_known(issue.priority_id),
        assignee_id=_known(issue.assignee_id),
        due_date=due_date.isoformat() if due_date else None,
        story_points=None if story_points is None or story_points is MISSING else str(story_points),
        status=_known(issue.status),
        status_id=_known(issue.status_id),
        status_category=issue.status_category,
        parent_key=_known(issue.parent_key),
        parent_id=issue.parent_id,
        issue_type=_known(issue.issue_type),
        issue_type_id=issue.issue_type_id,
        is_subtask=issue.is_subtask,
        hierarchy_level=issue.hierarchy_level,
        reporter_id=_known(issue.reporter_id),
        creator_id=_known(issue.creator_id),
        epic_key=_known(issue.epic_key),
        sprint=_known(issue.sprint),
        sprint_id=_known(issue.sprint_id),
        team=_known(issue.team),
        team_id=_known(issue.team_id),
        flagged=bool(issue.flagged),
        resolution=_known(issue.resolution),
        resolution_id=_known(issue.resolution_id),
        security_level=_known(issue.security_level),
        components=_names(issue.components),
        fix_versions=_names(issue.fix_versions),
        affected_versions=_names(issue.affected_versions),
        estimate_seconds=_known(issue.estimate_seconds),
        remaining_seconds=_known(issue.remaining_seconds),
        spent_seconds=_known(issue.spent_seconds),
        custom_fields=jsonb_text(issue.custom_fields) if issue.custom_fields else "{}",
        custom_raw=_json(issue.custom_raw) if issue.custom_raw else "{}",
        created_at=issue.created_at.isoformat(),
        resolved_at=resolved_at.isoformat() if resolved_at else None,
        remote_updated_at=issue.remote_updated_at.isoformat(),
        missing=_names(issue.missing),
        custom_empty="{" + ",".join([*issue.custom_empty, *filter(None, fields)]) + "}",
    )


def satellite_rows(issue: Issue, maker: Maker | None = None) -> dict[Satellite, list[SatelliteRow]]:
    """Rows of what came with the issue, per table; a table whose part of the issue is MISSING is left out.

    Args:
        issue: The issue.
        maker: Our account: of what it wrote, and may edit, more is kept.
    """
    jira_id, us = issue.jira_id, maker.account_id if maker else None
    found: dict[Satellite, list[SatelliteRow]] = {}
    if issue.links is not MISSING:
        links = {link.link_id: _link_row(issue, link) for link in issue.links if _is_of(link, maker)}
        found["issue_links"] = list(links.values())
    if issue.sprints is not MISSING:
        found["issue_sprints"] = [(jira_id, sprint.sprint_id) for sprint in issue.sprints]
    if issue.comments is not MISSING:
        comments = {comment.comment_id: _comment_row(issue, comment, us) for comment in issue.comments}
        found["comments"] = list(comments.values())
    if issue.worklogs is not MISSING:
        worklogs = {worklog.worklog_id: _worklog_row(issue, worklog, us) for worklog in issue.worklogs}
        found["worklogs"] = list(worklogs.values())
    if issue.attachments is not MISSING:
        attachments = {one.attachment_id: (jira_id, *one[:-1], one.created_at.isoformat()) for one in issue.attachments}
        found["attachments"] = list(attachments.values())
    return found


def _comment_row(issue: Issue, comment: Comment, us: str | None) -> SatelliteRow:
    text, raw = _text_of(comment.body, us is not None and comment.author_id == us)
    place = _place(issue, comment.comment_id, f"{issue.key}#{comment.comment_id}")
    return *place, *_written(comment), text, comment.restriction, raw


def _is_of(link: Link, maker: Maker | None) -> bool:
    """Whether a link is a row of this end of it: of the one that its outward words speak of, and of the other one where
    that is not synced."""
    is_brought = maker is not None and link.other_key.rpartition("-")[0] in maker.synced
    return link.direction == "outward" or not is_brought


def _link_row(issue: Issue, link: Link) -> SatelliteRow:
    place = _place(issue, link.link_id, f"{issue.key}#link-{link.link_id}")
    return *place, link.type, link.direction, link.label, link.back_label, link.other_key, link.other_id


def _worklog_row(issue: Issue, worklog: Worklog, us: str | None) -> SatelliteRow:
    text, raw = _text_of(worklog.comment, us is not None and worklog.author_id == us)
    place = _place(issue, worklog.worklog_id, f"{issue.key}#worklog-{worklog.worklog_id}")
    started_at = worklog.started_at.isoformat()
    return *place, *_written(worklog), worklog.seconds, text, started_at, worklog.restriction, raw


def _place(issue: Issue, own_id: str, key: str) -> SatelliteRow:
    """Where something hangs, as `Table.brought` begins."""
    return issue.jira_id, own_id, key, issue.key, issue.project_key


def _written(one: Comment | Worklog) -> SatelliteRow:
    """By whom, and when."""
    created_at, updated_at = one.created_at, one.updated_at
    return one.author_id, created_at.isoformat() if created_at else None, updated_at.isoformat() if updated_at else None


def _text_of(text: JsonObject | str | None, is_ours: bool) -> tuple[str | None, str | None]:
    """A text as people read it and, of what may be edited here, as Jira has it."""
    return _markdown(text), _json(text) if is_ours and isinstance(text, dict) else None


def _known(value: T | Missing) -> T | None:
    return None if value is MISSING else value


def _names(names: Iterable[str] | Missing) -> str:
    return array_text(names) if names else "{}"


def _markdown(rich_text: JsonObject | str | None) -> str | None:
    return adf_to_markdown(rich_text) if isinstance(rich_text, dict) else rich_text


def _json(value: JsonObject) -> str:
    return orjson.dumps(value).decode()
